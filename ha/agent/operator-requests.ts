// What an operator asks of an agent at its control socket: to hand its addresses over and stay away
// for a while, or to stay away no longer.
import type { Millis } from "../../src/base/units.ts";
import { OPERATOR_HOLD_MS_MAX } from "../limits.ts";
import type { AgentEvent } from "./agent-events.ts";
import type { AgentStatus } from "./status.ts";

type ResignEvent = Extract<AgentEvent, { kind: "resign" }>;

/** What becomes of a request: events for the agent, or why there are none. */
export type OperatorOutcome =
  | {
      readonly ok: true;
      readonly instances: readonly string[];
      readonly events: readonly ResignEvent[];
    }
  | { readonly ok: false; readonly message: string };

const PRIORITY_OWNER = 255;

/** `hand-over`: every instance that is master resigns, and takes over again only when nobody else is there. */
export function handOver(
  request: Readonly<Record<string, unknown>>,
  { instances }: Pick<AgentStatus, "instances">,
): OperatorOutcome {
  const holdMs = readHold(request["holdMs"]);
  if (holdMs === undefined) {
    const found = JSON.stringify(request["holdMs"] ?? null).slice(0, 80);
    return refusal(`holdMs: found ${found}, expected 1 to ${OPERATOR_HOLD_MS_MAX}`);
  }
  const masters = instances.filter(({ election }) => election.state === "MASTER");
  if (masters.length === 0) return refusal("this node is master of no virtual router");
  const owned = masters.find(({ election }) => election.effectivePriority === PRIORITY_OWNER);
  if (owned !== undefined) {
    const { name } = owned.configuration;
    return refusal(`(${name}) has priority 255: it owns its addresses and gives them to nobody`);
  }
  return resigning(
    masters.map(({ configuration }) => configuration.name),
    holdMs,
  );
}

/** `end-hold`: instances that are not master may take over by their priority again. */
export function endHold({ instances }: Pick<AgentStatus, "instances">): OperatorOutcome {
  const others = instances.filter(({ election }) => election.state === "BACKUP");
  return resigning(
    others.map(({ configuration }) => configuration.name),
    0,
  );
}

function resigning(names: readonly string[], holdMs: Millis): OperatorOutcome {
  const reason = holdMs > 0 ? "an operator hands the addresses over" : "an operator ends the hold";
  const events = names.map((instance): ResignEvent => ({
    kind: "resign",
    instance,
    reason,
    holdMs,
  }));
  return { ok: true, instances: names, events };
}

function readHold(value: unknown): Millis | undefined {
  const isTime = typeof value === "number" && Number.isSafeInteger(value);
  return isTime && value >= 1 && value <= OPERATOR_HOLD_MS_MAX ? value : undefined;
}

function refusal(message: string): OperatorOutcome {
  return { ok: false, message };
}
