// Virtual routers that move together (`vrrp_sync_group`). A router without a group is a group of one
// without a name, so that there is one set of rules.
import type { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Millis } from "../../src/base/units.ts";
import type { ElectionEffect, VrrpState } from "./election-events.ts";
import type { VirtualRouter } from "./virtual-router.ts";

/** Routers that are master together or not at all. */
export class SyncGroup {
  /** `undefined`: a router of its own. */
  readonly name: string | undefined;
  readonly members: readonly VirtualRouter[];
  readonly #out: EffectQueue<ElectionEffect>;
  #state: VrrpState;

  constructor(
    name: string | undefined,
    members: readonly VirtualRouter[],
    out: EffectQueue<ElectionEffect>,
    state: VrrpState = "INIT",
  ) {
    this.name = name;
    this.members = members;
    this.#out = out;
    this.#state = state;
  }

  get state(): VrrpState {
    return this.#state;
  }

  /** Makes the members agree after something happened to one of them. */
  settle(nowMs: Millis): void {
    this.#shareFaults(nowMs);
    this.#leaveMasterTogether(nowMs);
    this.#becomeMasterTogether(nowMs);
    this.#tell();
  }

  /** Resigns with all members: half a group cannot be handed over. */
  resign(reason: string, holdMs: Millis, nowMs: Millis): void {
    for (const member of this.members) member.resign(reason, holdMs, nowMs);
  }

  /** A member in FAULT pulls all others there. */
  #shareFaults(nowMs: Millis): void {
    if (this.name === undefined) {
      // It has nobody to share with, but may come from a group that had.
      for (const member of this.members) member.setGroupFault(undefined, nowMs);
      return;
    }
    const faulty = this.members.find((member) => member.hasOwnFault);
    const reason =
      faulty === undefined ? undefined : `${faulty.name} of sync group ${this.name} is in FAULT`;
    for (const member of this.members) member.setGroupFault(reason, nowMs);
  }

  #leaveMasterTogether(nowMs: Millis): void {
    const hasLeft = this.members.map((member) => member.takeHasLeftMaster()).includes(true);
    if (!hasLeft || this.name === undefined) return;
    for (const member of this.members) {
      if (member.state !== "MASTER") member.dropWish(nowMs);
      else member.resign(`sync group ${this.name} left MASTER`, 0, nowMs);
      member.takeHasLeftMaster();
    }
    this.#log("Syncing instances to BACKUP state");
  }

  #becomeMasterTogether(nowMs: Millis): void {
    const waiting = this.members.filter((member) => member.state !== "MASTER");
    if (waiting.length === 0 || waiting.some(({ wish }) => wish === undefined)) return;
    for (const member of waiting) member.promote(nowMs);
    if (this.name !== undefined) this.#log("Syncing instances to MASTER state");
  }

  #tell(): void {
    const from = this.#state;
    const to = this.#commonState();
    this.#state = to;
    if (this.name === undefined || from === to) return;
    if (to === "FAULT") this.#log("Syncing instances to FAULT state");
    const reason = this.members.map(({ name, state }) => `${name} ${state}`).join(", ");
    const { name } = this;
    this.#out.push({ kind: "state", scope: "GROUP", name, from, to, priority: 0, reason });
  }

  #commonState(): VrrpState {
    const states = this.members.map((member) => member.state);
    if (states.every((state) => state === "INIT")) return "INIT";
    if (states.includes("FAULT")) return "FAULT";
    return states.every((state) => state === "MASTER") ? "MASTER" : "BACKUP";
  }

  #log(text: string): void {
    const instance = this.members[0]?.name;
    if (instance === undefined) return;
    // Keepalived's words, which people search their logs for.
    const line = `VRRP_Group(${this.name ?? ""}) ${text}`;
    this.#out.push({ kind: "log", level: "info", instance, text: line });
  }
}
