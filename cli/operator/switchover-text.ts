// What `tandem switchover` says at its end.
import { durationText } from "../../src/base/duration-text.ts";
import { plural } from "../status/words.ts";

/** How a switchover went. */
export interface SwitchoverOutcome {
  /** The address that the new master's adverts come from. */
  readonly master: string;
  /** From the order to the new master's first advert that was seen, ms. */
  readonly tookMs: number;
  /** The longest time in which no connection to the address was answered, ms; `null`: not measured. */
  readonly outageMs: number | null;
  /** Client connections of this node that were told to the other one, before. */
  readonly deviceCount: number;
  /** How many the other node has told of since; `null`: not waited for. */
  readonly backCount: number | null;
  /** Sessions that are left on this node. */
  readonly leftCount: number;
}

/** Lines for a person. */
export function switchoverText(outcome: SwitchoverOutcome, holdMs: number): string {
  const { master, outageMs, tookMs, deviceCount, backCount, leftCount } = outcome;
  const outage = outageMs === null ? "not measured" : durationText(outageMs);
  const back = backCount === null ? "" : `${backCount} of ${plural(deviceCount, "device")} back, `;
  const left = leftCount === 0 ? "none" : plural(leftCount, "session");
  return [
    `master     ${master}, after ${durationText(tookMs)}`,
    `outage     ${outage}`,
    `sessions   ${back}${left} left here`,
    `hold       ${durationText(holdMs)}: this node does not take the addresses back before;`,
    `           "tandem switchover --return" ends it`,
    "",
  ].join("\n");
}
