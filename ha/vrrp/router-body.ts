// What a virtual router is and has, and the few moves it can make. Which move comes when is decided
// in virtual-router.ts and advert-rules.ts.
import type { EffectQueue } from "../../src/base/effect-queue.ts";
import type { EventMark, EventSeverity } from "../../src/base/event.ts";
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import { HOLD_DOWNS_MAX } from "../limits.ts";
import { PRIORITY_OWNER, PRIORITY_RESIGN } from "./advert.ts";
import type { ElectionEffect, InstanceStatus, VrrpState } from "./election-events.ts";
import { Lateness } from "./lateness.ts";
import { OwnerClash } from "./owner-clash.ts";
import { PreemptDelay } from "./preempt-delay.ts";
import { ResignationWatch } from "./resignation-watch.ts";
import { RivalWatch } from "./rival-watch.ts";
import { masterDownMs, skewMs } from "./timers.ts";

/** What a virtual router is told at its making and at a reload. */
export interface RouterSettings {
  readonly configuration: InstanceConfiguration;
  /** This node has exactly one peer, so nobody else competes when the master resigns. */
  readonly isPair: boolean;
}

const EVENT_WORDS: Readonly<Record<VrrpState, string>> = {
  INIT: "stopped",
  BACKUP: "backup",
  MASTER: "master",
  FAULT: "fault",
};

/** State, timers and counters of one virtual router. */
export class RouterBody {
  readonly rivals = new RivalWatch();
  readonly resignations = new ResignationWatch();
  readonly preemptDelay = new PreemptDelay();
  readonly ownerClash = new OwnerClash();
  readonly lateness = new Lateness();
  settings: RouterSettings;
  /** Effective priority. */
  priority: number;
  source: IpBytes | undefined;
  faults: readonly string[] = [];
  /** Why its group keeps it in FAULT; `undefined`: the group does not. */
  groupFault: string | undefined;
  /** Why it wants to be master; `undefined`: it does not. */
  wish: string | undefined;
  /** It was master and became backup, and the group has not been told. */
  hasLeftMaster = false;
  /** Master_Adver_Interval. */
  masterIntervalMs: Millis;
  masterPriority = 0;
  masterAddress: IpBytes | undefined;
  /** Since when no master is heard though one could have been. */
  silentSinceMs: Millis = 0;
  /** When a master's resignation was last heard and believed. */
  resignationHeardAtMs: Millis = -Infinity;
  /** When a weaker master was last heard as backup, that is to be taken over from. */
  weakerHeardAtMs: Millis = -Infinity;
  /** Master_Down_Timer; armed exactly in BACKUP. */
  downAtMs: Millis | undefined;
  /** A backup looks once an interval whether its process runs at all; armed exactly in BACKUP. */
  checkAtMs: Millis | undefined;
  /** Adver_Timer; armed exactly in MASTER. */
  advertAtMs: Millis | undefined;
  /** When it last sent an advert. */
  sentAtMs: Millis = 0;
  /** Until then it takes over from nobody who is alive. */
  holdUntilMs = -Infinity;
  /** How often the winner is still to be told that it had a rival; of a backup that was master. */
  remindersOwed = 0;
  zeroReceivedCount = 0;
  readonly #out: EffectQueue<ElectionEffect>;
  #resignedAtMs: Millis = -Infinity;
  #state: VrrpState = "INIT";
  #sinceMs: Millis = 0;
  #reason = "not started";
  #transitionCount = 0;
  #lastOutageMs: Millis | undefined;
  #becameMasterCount = 0;
  #releasedMasterCount = 0;
  #zeroSentCount = 0;

  constructor(settings: RouterSettings, out: EffectQueue<ElectionEffect>) {
    this.settings = settings;
    this.#out = out;
    this.priority = settings.configuration.priority;
    this.masterIntervalMs = settings.configuration.advertIntervalMs;
  }

  get name(): string {
    return this.settings.configuration.name;
  }

  get state(): VrrpState {
    return this.#state;
  }

  /** Advertisement_Interval, our own. */
  get intervalMs(): Millis {
    return this.settings.configuration.advertIntervalMs;
  }

  /** Skew_Time with the present priority and the master's interval. */
  get skewMs(): Millis {
    const { version } = this.settings.configuration;
    return skewMs({ version, priority: this.priority, masterIntervalMs: this.masterIntervalMs });
  }

  /** Master_Down_Interval with the present priority and the master's interval. */
  get masterDownMs(): Millis {
    const { version, downTimerAdverts } = this.settings.configuration;
    const { priority, masterIntervalMs } = this;
    return masterDownMs({ version, priority, masterIntervalMs, downTimerAdverts });
  }

  /** How long a backup takes at most to say that it took over, and to say it once more. */
  get #answerMs(): Millis {
    const { version } = this.settings.configuration;
    const { masterIntervalMs } = this;
    return skewMs({ version, priority: 1, masterIntervalMs }) + masterIntervalMs;
  }

  /** Whether it is the address owner; one that yielded to another owner is none any more. */
  get isOwner(): boolean {
    return this.priority === PRIORITY_OWNER;
  }

  /** Sends one advert. */
  send(priority: number): void {
    if (priority === PRIORITY_RESIGN) this.#zeroSentCount += 1;
    this.#out.push({ kind: "send", instance: this.name, priority });
  }

  /** Sends an advert as master. */
  advertise(nowMs: Millis): void {
    this.send(this.priority);
    this.sentAtMs = nowMs;
  }

  /** Sends an advert as master out of turn, and starts the period again. */
  advertiseNow(nowMs: Millis): void {
    this.advertise(nowMs);
    this.advertAtMs = nowMs + this.intervalMs;
  }

  /** Announces the VIPs again. */
  announce(reason: string): void {
    this.#out.push({ kind: "reannounce", instance: this.name, reason });
  }

  /** Tells of a rival that is weaker (`notify_master_rx_lower_pri`). */
  tellOfWeaker(priority: number): void {
    this.#out.push({ kind: "lower-priority-advert", instance: this.name, priority });
  }

  release(): void {
    this.#releasedMasterCount += 1;
    this.#out.push({ kind: "release", instance: this.name });
  }

  /** Gives the VIPs up as somebody who knows it: priority 0 comes first, so that a backup moves at once. */
  giveUp(): void {
    if (this.#state !== "MASTER") return;
    this.send(PRIORITY_RESIGN);
    this.#log("sent 0 priority");
    this.release();
  }

  /** It has resigned. A silence from here on soon tells that nobody took over. */
  noteResigned(nowMs: Millis): void {
    this.silentSinceMs = nowMs;
    this.#resignedAtMs = nowMs;
  }

  /** RFC 9568 §6.4.1 and §6.4.2: the advert comes first, then the addresses. */
  takeOver(reason: string, nowMs: Millis): void {
    this.masterIntervalMs = this.intervalMs;
    this.advertiseNow(nowMs);
    this.#out.push({ kind: "claim", instance: this.name });
    this.#becameMasterCount += 1;
    this.become("MASTER", reason, nowMs);
  }

  /** The one way to change state. Effects that belong to the change come before. */
  become(to: VrrpState, reason: string, nowMs: Millis): void {
    const from = this.#state;
    const event = this.#changeEvent(to, reason, nowMs);
    this.#transitionCount += 1;
    this.#state = to;
    this.#sinceMs = nowMs;
    this.#reason = reason;
    this.wish = undefined;
    this.remindersOwed = 0;
    if (from === "MASTER" && to === "BACKUP") this.hasLeftMaster = true;
    this.downAtMs = undefined;
    this.checkAtMs = undefined;
    this.preemptDelay.end();
    if (to === "MASTER") {
      this.masterPriority = this.priority;
      this.masterAddress = this.source;
      this.holdUntilMs = -Infinity;
    } else {
      this.advertAtMs = undefined;
      this.rivals.end();
    }
    if (to === "BACKUP") this.armDown(nowMs);
    const text =
      to === "INIT"
        ? `Stopped: ${reason}`
        : `Entering ${to} STATE${from === "INIT" ? " (init)" : ""}`;
    this.log("info", text, event);
    const { name, priority } = this;
    this.#out.push({ kind: "state", scope: "INSTANCE", name, from, to, priority, reason });
  }

  /**
   * Arms the down timer for what remains of the silence, one skew at least. Nobody who lives keeps
   * silent for long after a resignation of ours (decision 0006). After one with a hold it waits for the end of the hold, or for a silence that nobody alive would keep.
   */
  armDown(nowMs: Millis): void {
    const downMs = this.masterDownMs;
    const isUnanswered = this.silentSinceMs === this.#resignedAtMs;
    let atMs = this.silentSinceMs + (isUnanswered ? Math.min(this.#answerMs, downMs) : downMs);
    if (this.holdUntilMs > atMs) {
      atMs = Math.min(this.holdUntilMs, this.silentSinceMs + HOLD_DOWNS_MAX * downMs);
    }
    this.downAtMs = Math.max(atMs, nowMs + this.skewMs);
    this.armCheck(nowMs);
  }

  /** Arms the look at the clock. */
  armCheck(nowMs: Millis): void {
    this.checkAtMs = nowMs + this.masterIntervalMs;
  }

  /** A line for the log, with the instance's name before it as Keepalived writes it. */
  log(level: "info" | "warning" | "error", text: string, event?: EventMark): void {
    const { name } = this;
    const line = { kind: "log", level, instance: name, text: `(${name}) ${text}` } as const;
    this.#out.push(event === undefined ? line : { ...line, event });
  }

  /** What status pages and dumps show. */
  status(): InstanceStatus {
    const groupFaults = this.groupFault === undefined ? [] : [this.groupFault];
    return {
      name: this.name,
      state: this.#state,
      effectivePriority: this.priority,
      masterPriority: this.masterPriority,
      masterAddress: this.masterAddress,
      masterIntervalMs: this.masterIntervalMs,
      faults: this.faults.length > 0 ? this.faults : groupFaults,
      sinceMs: this.#sinceMs,
      reason: this.#reason,
      transitionCount: this.#transitionCount,
      lastOutageMs: this.#lastOutageMs,
      becameMasterCount: this.#becameMasterCount,
      releasedMasterCount: this.#releasedMasterCount,
      priorityZeroReceivedCount: this.zeroReceivedCount,
      priorityZeroSentCount: this.#zeroSentCount,
    };
  }

  /** A change of state as an event; how long nobody served, too, for a master that was waited for. */
  #changeEvent(to: VrrpState, reason: string, nowMs: Millis): EventMark {
    const from = this.#state;
    const isPreempting = nowMs - this.weakerHeardAtMs < this.masterDownMs;
    const hadMaster = to === "MASTER" && this.masterAddress !== undefined && !isPreempting;
    const outageMs = nowMs - Math.max(this.silentSinceMs, this.resignationHeardAtMs);
    if (hadMaster) this.#lastOutageMs = Math.max(0, Math.round(outageMs));
    return {
      kind: `vrrp.${EVENT_WORDS[to]}`,
      severity: severityOf(from, to),
      subject: this.name,
      cause: reason,
      ...(from === "INIT" ? {} : { durationMs: nowMs - this.#sinceMs }),
      data: {
        from,
        to,
        priority: this.priority,
        ...(hadMaster ? { outageMs: this.#lastOutageMs! } : {}),
      },
    };
  }

  #log(text: string): void {
    this.log("info", text);
  }
}

/**
 * At a start, a fault is what nobody has looked at yet: a balancer that is starting, a script's first
 * run. Stopping is what somebody wants.
 */
function severityOf(from: VrrpState, to: VrrpState): EventSeverity {
  if (to === "FAULT" && from !== "INIT") return "error";
  return from === "MASTER" && to !== "INIT" ? "warning" : "notice";
}
