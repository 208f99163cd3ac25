// What strict mode and the versions allow: texts and outcomes as Keepalived 2.2.7's.
import type { Context } from "../context.ts";
import type { InstanceDraft } from "../draft.ts";

/** What strictness may change in an instance before it is built. */
export interface StrictChanges {
  readonly isStrict: boolean;
  readonly priority: number;
  readonly version: 2 | 3;
  readonly isOwner: boolean;
}

/** Clears in a draft what strict mode does not allow. */
export function applyStrict(draft: InstanceDraft, facts: StrictChanges, context: Context): void {
  if (!facts.isStrict) return;
  const of = `(${draft.name})`;
  const { position } = draft;
  const drop = (message: string): void => context.error(`${of} ${message}`, position);
  if ((draft.state === "MASTER") !== facts.isOwner && draft.state === "MASTER") {
    drop("State MASTER must match being address owner");
    draft.state = "BACKUP";
  }
  if (draft.password !== undefined && draft.authType !== undefined) {
    drop("Strict mode does not support authentication. Ignoring.");
    delete draft.password;
    delete draft.authType;
  }
  if ((draft.preemptDelayMs ?? 0) > 0) {
    drop("preempt_delay is incompatible with strict mode - resetting");
    delete draft.preemptDelayMs;
  }
  const down = draft.downTimerAdverts ?? context.draft.global.downTimerAdverts;
  if (down !== undefined && down !== 3) {
    drop("down_timer_adverts is incompatible with strict mode - resetting");
    draft.downTimerAdverts = 3;
  }
  if (facts.version === 2 && draft.accept === true) {
    drop("warning - accept mode for VRRP version 2 does not comply with RFC3768 - resetting");
    draft.accept = false;
  }
  if (draft.isLowerPriorityUnanswered === false) {
    drop("Strict mode requires no lower priority advert. resetting");
  }
  draft.isLowerPriorityUnanswered = true;
  if ((draft.isHigherPriorityAnswered ?? context.draft.global.isHigherPriorityAnswered) === true) {
    drop("strict mode requires higher_prio_send_advert to be clear. resetting");
  }
  draft.isHigherPriorityAnswered = false;
  if (draft.sendsOnParent) {
    drop("xmit_base is incompatible with strict mode - resetting");
    draft.sendsOnParent = false;
  }
  draft.accept ??= facts.isOwner;
  const hint =
    "Remove vrrp_strict: the addresses do not answer pings, and Tandem's own repairs are off.";
  context.report.add("hint", `${of} strict mode is set`, position, hint);
}

/** Version-2 intervals are whole seconds, version-3 ones multiples of 10 ms up to 40.95 s. */
export function advertInterval(draft: InstanceDraft, version: 2 | 3, context: Context): number {
  const wantedMs = draft.advertIntervalMs ?? 1_000;
  const of = `(${draft.name}) VRRPv${version} advertisement interval`;
  const say = (text: string): void => context.error(`${of} ${text}`, draft.position);
  if (version === 2) {
    if (wantedMs % 1_000 === 0) return wantedMs;
    say(`${(wantedMs / 1_000).toFixed(6)}s must be an integer. rounding`);
    return Math.max(1, Math.round(wantedMs / 1_000)) * 1_000;
  }
  if (wantedMs >= 40_960) {
    say(
      `${(wantedMs / 1_000).toFixed(2)}s is out of range. Must be less than 40.96s. Setting to 40.95s`,
    );
    return 40_950;
  }
  if (wantedMs % 10 === 0) return wantedMs;
  say(`${(wantedMs / 1_000).toFixed(6)}s must be in units of 10ms - rounding`);
  return Math.max(1, Math.round(wantedMs / 10)) * 10;
}
