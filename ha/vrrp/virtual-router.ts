// One virtual router of this node (RFC 9568 §6, RFC 3768 §6) with Keepalived's FAULT.
//
// Theory of operation. A router moves by its own timers, by adverts, and by what its node says of
// itself (faults, priority, source). It never promotes itself: it wants to be master, and its group
// (sync-group.ts) promotes it when all members want that; a router without a group is a group of
// one. Every other move is its own, and the group follows.
import type { EffectQueue } from "../../src/base/effect-queue.ts";
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import { PRIORITY_OWNER, PRIORITY_RESIGN } from "./advert.ts";
import { hearAsBackup, hearAsMaster, hearInFault, type HeardAdvert } from "./advert-rules.ts";
import type { ElectionEffect, InstanceStatus, VrrpState } from "./election-events.ts";
import { RouterBody, type RouterSettings } from "./router-body.ts";

/** See the head of this file. */
export class VirtualRouter {
  readonly name: string;
  readonly #body: RouterBody;
  #isDeaf = false;

  constructor(settings: RouterSettings, out: EffectQueue<ElectionEffect>) {
    this.name = settings.configuration.name;
    this.#body = new RouterBody(settings, out);
  }

  get state(): VrrpState {
    return this.#body.state;
  }

  get settings(): RouterSettings {
    return this.#body.settings;
  }

  /** Why its time has come; `undefined`: it has not. The group decides. */
  get wish(): string | undefined {
    return this.#body.wish;
  }

  /** Faults of its own, the group's not counted. */
  get hasOwnFault(): boolean {
    return this.#body.faults.length > 0;
  }

  /** Master_Down_Interval with the present priority and the master's interval. */
  get masterDownMs(): Millis {
    return this.#body.masterDownMs;
  }

  /** When Master_Down_Timer (BACKUP) or Adver_Timer (MASTER) is due; `undefined` in other states. */
  get timerAtMs(): Millis | undefined {
    return this.#body.advertAtMs ?? this.#body.downAtMs;
  }

  /** The earliest of its timers. */
  nextTimeout(): Millis | undefined {
    const { downAtMs, checkAtMs, advertAtMs, rivals } = this.#body;
    const timerMs = advertAtMs ?? downAtMs;
    const otherMs = rivals.nextTimeout() ?? checkAtMs;
    if (otherMs === undefined || timerMs === undefined) return timerMs;
    return Math.min(otherMs, timerMs);
  }

  /** Whether it was master and became backup since the last call. */
  takeHasLeftMaster(): boolean {
    const hasLeft = this.#body.hasLeftMaster;
    this.#body.hasLeftMaster = false;
    return hasLeft;
  }

  /** Takes over a reload's settings; state and timers stay. */
  reconfigure(settings: RouterSettings, nowMs: Millis): void {
    const body = this.#body;
    const former = body.settings.configuration;
    const { configuration } = settings;
    body.settings = settings;
    if (configuration.priority !== former.priority) {
      body.ownerClash.end();
      // Tracking tells the exact sum soon; until then its weights count as before.
      const weights = body.priority - former.priority;
      const sum = Math.min(PRIORITY_OWNER - 1, Math.max(1, configuration.priority + weights));
      this.setPriority(configuration.priority === PRIORITY_OWNER ? PRIORITY_OWNER : sum, nowMs);
    }
    if (configuration.advertIntervalMs === former.advertIntervalMs) return;
    if (body.advertAtMs !== undefined) {
      body.masterIntervalMs = body.intervalMs;
      body.advertAtMs = Math.min(body.advertAtMs, nowMs + body.intervalMs);
    } else if (body.masterAddress === undefined) body.masterIntervalMs = body.intervalMs;
  }

  /** Leaves INIT (RFC 9568 §6.4.1). */
  start(nowMs: Millis): void {
    if (this.state !== "INIT") return;
    this.#body.silentSinceMs = nowMs;
    this.#stand("startup", nowMs);
  }

  /** Resigns and ends in INIT. */
  stop(reason: string, nowMs: Millis): void {
    if (this.state === "INIT") return;
    this.#body.giveUp();
    this.#body.become("INIT", reason, nowMs);
  }

  /** Resigns as master. For `holdMs` it takes over only from a master that resigns or is long silent. */
  resign(reason: string, holdMs: Millis, nowMs: Millis): void {
    const body = this.#body;
    if (this.state === "INIT") return;
    body.holdUntilMs = holdMs > 0 ? nowMs + holdMs : -Infinity;
    if (this.state === "MASTER") {
      body.noteResigned(nowMs);
      body.giveUp();
      body.become("BACKUP", reason, nowMs);
    } else this.dropWish(nowMs);
  }

  /** It no longer wants to be master, and waits anew. */
  dropWish(nowMs: Millis): void {
    this.#body.wish = undefined;
    if (this.state === "BACKUP") this.#body.armDown(nowMs);
  }

  /** Feeds faults of its own; none ends them. `isDeaf`: nothing can be heard meanwhile. */
  setFaults(faults: readonly string[], isDeaf: boolean, nowMs: Millis): void {
    this.#endDeafness(nowMs);
    this.#body.faults = faults;
    this.#isDeaf = isDeaf && faults.length > 0;
    this.#followFaults(nowMs);
  }

  /** Feeds another member's fault, which keeps the group in FAULT. `undefined` ends it. */
  setGroupFault(reason: string | undefined, nowMs: Millis): void {
    if (reason === this.#body.groupFault) return;
    this.#body.groupFault = reason;
    this.#followFaults(nowMs);
  }

  /** The address that our adverts come from. */
  setSource(source: IpBytes | undefined, nowMs: Millis): void {
    // Without an address there was nobody whom unicast adverts could have reached.
    if (this.#body.source === undefined) this.#body.silentSinceMs = nowMs;
    this.#body.source = source;
  }

  /** Feeds the effective priority. A running down timer moves by the difference of the skews. */
  setPriority(priority: number, nowMs: Millis): void {
    const body = this.#body;
    const former = body.priority;
    const limited = body.ownerClash.limit(priority);
    if (limited === former) return;
    const formerSkewMs = body.skewMs;
    body.priority = limited;
    if (this.state === "MASTER") body.masterPriority = limited;
    if (body.downAtMs !== undefined) {
      body.downAtMs = Math.max(nowMs, body.downAtMs + body.skewMs - formerSkewMs);
    }
    if (this.state !== "INIT") {
      body.log("info", `Changing effective priority from ${former} to ${limited}`, {
        kind: "vrrp.priority",
        severity: limited < former ? "warning" : "notice",
        subject: this.name,
        data: { from: former, to: limited },
      });
    }
  }

  /** RFC 9568 §6.4.2 and §6.4.3: the parts about received adverts. */
  onAdvert(heard: HeardAdvert, nowMs: Millis): void {
    const body = this.#body;
    const { priority } = heard.advert;
    if (this.state === "INIT") return;
    if (priority === PRIORITY_RESIGN) body.zeroReceivedCount += 1;
    else if (body.resignations.isStale(heard.source, priority, nowMs)) return;
    if (this.state === "MASTER") hearAsMaster(body, heard, nowMs);
    else if (this.state === "BACKUP") hearAsBackup(body, heard, nowMs);
    else hearInFault(body, heard, nowMs);
  }

  /** Its earliest timer is due. */
  onTimeout(nowMs: Millis): void {
    const body = this.#body;
    if (body.advertAtMs !== undefined) {
      if (body.rivals.takeOwed(nowMs)) body.announce("a rival was heard shortly before");
      this.#noteRivalGone(nowMs);
      if (nowMs >= body.advertAtMs) this.#advertiseInTurn(body.advertAtMs, nowMs);
      return;
    }
    if (body.downAtMs === undefined) return;
    body.armCheck(nowMs);
    if (nowMs >= body.downAtMs) {
      body.log("info", "Receive advertisement timeout");
      body.lateness.end();
      body.wish = "no master is heard";
      // In a group the others may not be ready; the timer then says that this one still is.
      body.downAtMs = nowMs + body.masterDownMs;
    }
  }

  /** Becomes master (RFC 9568 §6.4.2). */
  promote(nowMs: Millis): void {
    this.#body.takeOver(this.#body.wish ?? "its group is master", nowMs);
  }

  /** Whether it is master and was silent for so long that a backup has taken over. */
  hasOverslept(sleptMs: Millis, nowMs: Millis): boolean {
    return this.state === "MASTER" && this.#unheardMs(sleptMs, nowMs) > this.masterDownMs;
  }

  /** The first thing after oversleeping: there is another owner by now. */
  releaseOverslept(): void {
    this.#body.release();
  }

  /**
   * The rest of it. The lowest advert there is and priority 0 make whoever is master announce
   * itself again, Keepalived included; an address owner's number could only unseat it.
   */
  yieldOverslept(sleptMs: Millis, nowMs: Millis): void {
    const body = this.#body;
    const silentMs = Math.round(this.#unheardMs(sleptMs, nowMs));
    const reason = `no advert was sent for ${silentMs} ms, longer than the down interval of ${Math.round(this.masterDownMs)} ms: this process did not run`;
    body.log("warning", reason);
    if (!body.isOwner) body.send(1);
    body.send(PRIORITY_RESIGN);
    body.silentSinceMs = nowMs;
    // What waits to be read is old.
    body.resignations.distrust(nowMs + body.masterIntervalMs);
    body.become("BACKUP", reason, nowMs);
  }

  /**
   * Looks at how late this turn is. A backup that did not run may have missed the master's adverts,
   * or has them still to read: its timer says nothing about the master then.
   */
  noteLateness(sleptMs: Millis, nowMs: Millis): void {
    const body = this.#body;
    if (body.advertAtMs !== undefined) this.#noteLateAdvert(sleptMs, nowMs);
    else if (body.downAtMs !== undefined) this.#noteLateTimer(body.downAtMs, sleptMs, nowMs);
    else if (sleptMs > body.masterIntervalMs) body.silentSinceMs = nowMs;
  }

  status(): InstanceStatus {
    return this.#body.status();
  }

  /** Where a router without faults belongs: an address owner waits for nobody (RFC 9568 §6.4.1). */
  #stand(reason: string, nowMs: Millis): void {
    const body = this.#body;
    if (this.#faultReason() !== undefined) body.become("FAULT", this.#faultReason()!, nowMs);
    else {
      body.become("BACKUP", reason, nowMs);
      if (body.isOwner) body.wish = "address owner";
    }
  }

  #faultReason(): string | undefined {
    return this.hasOwnFault ? this.#body.faults.join("; ") : this.#body.groupFault;
  }

  #followFaults(nowMs: Millis): void {
    const body = this.#body;
    const reason = this.#faultReason();
    if (this.state === "INIT" || (reason !== undefined) === (this.state === "FAULT")) return;
    if (reason === undefined) {
      this.#stand("faults ended", nowMs);
      return;
    }
    if (this.state === "MASTER") body.noteResigned(nowMs);
    body.giveUp();
    body.become("FAULT", reason, nowMs);
  }

  #endDeafness(nowMs: Millis): void {
    if (this.#isDeaf) this.#body.silentSinceMs = nowMs;
    this.#isDeaf = false;
  }

  #advertiseInTurn(dueMs: Millis, nowMs: Millis): void {
    const body = this.#body;
    body.advertise(nowMs);
    // The period is kept unless a whole one was missed.
    const nextMs = dueMs + body.intervalMs;
    body.advertAtMs = nextMs > nowMs ? nextMs : nowMs + body.intervalMs;
  }

  #noteRivalGone(nowMs: Millis): void {
    const body = this.#body;
    const durationMs = body.rivals.takeGone(body.masterDownMs, nowMs);
    if (durationMs === undefined) return;
    body.log("info", "No rival is heard any more", {
      kind: "vrrp.rival-gone",
      severity: "notice",
      subject: this.name,
      durationMs,
    });
  }

  /** How long nobody can have heard an advert of ours. */
  #unheardMs(sleptMs: Millis, nowMs: Millis): Millis {
    return nowMs - this.#body.sentAtMs + sleptMs;
  }

  /** A backup with less skew than ours may have been master for a moment: it steps down at our next advert. */
  #noteLateAdvert(sleptMs: Millis, nowMs: Millis): void {
    const body = this.#body;
    const unheardMs = this.#unheardMs(sleptMs, nowMs);
    if (unheardMs <= body.settings.configuration.downTimerAdverts * body.intervalMs) return;
    if (!body.rivals.shouldAnnounce(body.intervalMs, nowMs)) return;
    body.announce(`no advert was sent for ${Math.round(unheardMs)} ms`);
  }

  #noteLateTimer(downAtMs: Millis, sleptMs: Millis, nowMs: Millis): void {
    const body = this.#body;
    const lateMs = Math.max(0, nowMs - Math.min(downAtMs, body.checkAtMs ?? downAtMs)) + sleptMs;
    const waitMs = body.lateness.extraWait(lateMs, body.masterIntervalMs, this.masterDownMs);
    if (waitMs === undefined) return;
    // What waits to be read is old.
    body.resignations.distrust(nowMs + body.masterIntervalMs);
    body.armCheck(nowMs);
    if (lateMs > this.masterDownMs) body.silentSinceMs = nowMs;
    if (downAtMs >= nowMs + waitMs) return;
    body.downAtMs = nowMs + waitMs;
    body.log(
      "warning",
      `this process did not run for ${Math.round(lateMs)} ms: listening for ${Math.round(waitMs)} ms before taking over`,
    );
  }
}
