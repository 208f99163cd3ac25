// What a virtual router does about an advert, by its state (RFC 9568 §6.4.2 and §6.4.3, RFC 3768
// §6.4.2 and §6.4.3). Where a pair is better served
// otherwise: docs/decisions/0007-where-the-election-differs.md.
import { printIp, type IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import { STEP_DOWN_REMINDERS } from "../limits.ts";
import { PRIORITY_OWNER, PRIORITY_RESIGN, type Advert } from "./advert.ts";
import { compareIp, standingOf } from "./rivalry.ts";
import type { RouterBody } from "./router-body.ts";

/** An advert that passed all checks, and the address it came from. */
export interface HeardAdvert {
  readonly advert: Advert;
  readonly source: IpBytes;
}

/** Heeds an advert as backup. */
export function hearAsBackup(router: RouterBody, heard: HeardAdvert, nowMs: Millis): void {
  const { priority } = heard.advert;
  if (priority === PRIORITY_RESIGN) hearResignation(router, heard, nowMs);
  else if (priority >= router.priority) {
    if (router.preemptDelay.end()) router.log("info", "stop preempt delay");
    heed(router, heard, nowMs);
    remind(router, nowMs);
  } else if (mustBearWeaker(router, nowMs)) heed(router, heard, nowMs);
  // Else it is discarded: the down timer runs on, and the router takes over from the weaker one.
  else router.weakerHeardAtMs = nowMs;
}

/** Heeds an advert as master. */
export function hearAsMaster(router: RouterBody, heard: HeardAdvert, nowMs: Millis): void {
  const { priority } = heard.advert;
  if (priority === PRIORITY_RESIGN) {
    say(router, "info", "Master received priority 0 message", nowMs);
    // Somebody else's word, if the sender goes on: the next one is not believed after a stepping down.
    router.resignations.hear(heard.source, nowMs);
    answer(router, nowMs);
    announceAgain(router, `priority 0 from ${printIp(heard.source)}`, nowMs);
    return;
  }
  const rival = { priority, source: heard.source };
  if (priority === PRIORITY_OWNER && router.isOwner) clash(router, heard, nowMs);
  switch (standingOf(rival, router)) {
    case "stronger":
      stepDown(router, heard, nowMs);
      return;
    case "weaker":
      contest(router, heard, nowMs);
      return;
    case "self":
      say(
        router,
        "warning",
        "WARNING - equal priority advert received from remote host with our IP address.",
        nowMs,
      );
      return;
  }
}

/** Notes an advert in FAULT: when the fault ends, it tells whether there is a master. */
export function hearInFault(router: RouterBody, heard: HeardAdvert, nowMs: Millis): void {
  if (heard.advert.priority === PRIORITY_RESIGN) {
    const goneMs = router.masterDownMs - router.skewMs;
    router.silentSinceMs = Math.min(router.silentSinceMs, nowMs - goneMs);
  } else noteMaster(router, heard, nowMs);
}

function hearResignation(router: RouterBody, heard: HeardAdvert, nowMs: Millis): void {
  say(router, "info", "Backup received priority 0 advertisement", nowMs);
  const isBelieved = router.resignations.note(heard.source, router.masterIntervalMs, nowMs);
  if (isBelieved) router.resignationHeardAtMs = nowMs;
  if (!isBelieved || !isMaster(router, heard.source)) {
    // The master gets a hearing.
    const waitMs = Math.max(router.skewMs, 1.5 * router.masterIntervalMs);
    router.downAtMs = Math.min(router.downAtMs!, nowMs + waitMs);
  } else if (router.settings.isPair) {
    // The skew arbitrates between several backups, and a pair has one.
    router.wish = `${printIp(heard.source)} resigned`;
    router.downAtMs = nowMs + router.masterDownMs;
  } else {
    // Never later than before: repeated priority 0 must not keep a backup waiting.
    router.downAtMs = Math.min(router.downAtMs!, nowMs + router.skewMs);
  }
}

/** Whether adverts come from there, as far as known: who is not master has nothing to resign. */
function isMaster({ masterAddress }: RouterBody, source: IpBytes): boolean {
  return masterAddress === undefined || compareIp(masterAddress, source) === 0;
}

/** Whether a weaker master is left alone: nopreempt, preempt_delay, or after our own resignation. */
function mustBearWeaker(router: RouterBody, nowMs: Millis): boolean {
  if (nowMs < router.holdUntilMs) return true;
  if (router.isOwner) return false;
  const { isNopreempt, preemptDelayMs } = router.settings.configuration;
  if (isNopreempt) return true;
  if (router.preemptDelay.begin(preemptDelayMs, nowMs)) {
    router.log("info", `start preempt delay (${preemptDelayMs / 1_000})`);
  }
  return router.preemptDelay.isRunning(nowMs);
}

/** There is a master: the down timer starts again. */
function heed(router: RouterBody, heard: HeardAdvert, nowMs: Millis): void {
  noteMaster(router, heard, nowMs);
  router.wish = undefined;
  router.lateness.end();
  router.armDown(nowMs);
}

/** Takes over what the master says of itself, its interval in either version (RFC 9568 §6.4.2). */
function noteMaster(router: RouterBody, heard: HeardAdvert, nowMs: Millis): void {
  const { priority, intervalMs } = heard.advert;
  if (intervalMs !== router.masterIntervalMs) {
    const text = `advertisement interval updated from ${router.masterIntervalMs}ms to ${intervalMs}ms by master`;
    say(router, "info", text, nowMs);
    router.masterIntervalMs = intervalMs;
  }
  router.masterPriority = priority;
  router.masterAddress = heard.source;
  router.silentSinceMs = nowMs;
  router.resignations.noteMaster(heard.source, intervalMs, nowMs);
}

function stepDown(router: RouterBody, heard: HeardAdvert, nowMs: Millis): void {
  const { priority } = heard.advert;
  const from = printIp(heard.source);
  const reason =
    priority === router.priority
      ? `Master received advert from ${from} with same priority ${priority} but higher IP address than ours`
      : `Master received advert from ${from} with higher priority ${priority}, ours ${router.priority}`;
  router.log("info", reason);
  // The winner learns that it had a rival, and announces its VIPs again.
  const isAnswered = router.settings.configuration.isHigherPriorityAnswered;
  if (isAnswered) router.advertise(nowMs);
  router.release();
  noteMaster(router, heard, nowMs);
  router.become("BACKUP", reason, nowMs);
  if (isAnswered) router.remindersOwed = STEP_DOWN_REMINDERS;
}

/** A network may heal in the winner's direction first: the answer that is lost then is given again. */
function remind(router: RouterBody, nowMs: Millis): void {
  if (router.remindersOwed === 0 || nowMs - router.sentAtMs < router.intervalMs / 2) return;
  router.remindersOwed -= 1;
  router.advertise(nowMs);
}

function contest(router: RouterBody, heard: HeardAdvert, nowMs: Millis): void {
  const { priority } = heard.advert;
  const isAnswered = !router.settings.configuration.isLowerPriorityUnanswered;
  const rival = `from ${printIp(heard.source)} with lower priority ${priority}, ours ${router.priority}`;
  const ending = isAnswered ? ", forcing new election" : "";
  const line = `Received advert ${rival}${ending}`;
  if (router.rivals.hear(nowMs)) tellOfRival(router, heard, line, nowMs);
  else say(router, "info", line, nowMs);
  if (router.rivals.mayTell(nowMs)) router.tellOfWeaker(priority);
  if (isAnswered) answer(router, nowMs);
  announceAgain(router, `advert ${rival}`, nowMs);
}

function tellOfRival(router: RouterBody, heard: HeardAdvert, line: string, nowMs: Millis): void {
  router.rivals.maySay(line, nowMs);
  router.log("info", line, {
    kind: "vrrp.rival",
    severity: "warning",
    subject: router.name,
    data: { address: printIp(heard.source), priority: heard.advert.priority },
  });
}

function clash(router: RouterBody, heard: HeardAdvert, nowMs: Millis): void {
  const standing = standingOf({ priority: PRIORITY_OWNER, source: heard.source }, router);
  if (standing === "self") return;
  const isWeaker = standing === "stronger";
  const forgottenMs = router.masterDownMs;
  if (!router.ownerClash.mustYield(isWeaker, forgottenMs, nowMs)) return;
  router.log(
    "error",
    "CONFIGURATION ERROR: local instance and a remote instance are both configured as address owner, please fix - reducing local priority",
  );
  router.priority = router.ownerClash.limit(PRIORITY_OWNER);
}

function answer(router: RouterBody, nowMs: Millis): void {
  if (router.rivals.mayAnswer(router.intervalMs, nowMs)) router.advertiseNow(nowMs);
}

function announceAgain(router: RouterBody, reason: string, nowMs: Millis): void {
  if (router.rivals.shouldAnnounce(router.intervalMs, nowMs)) router.announce(reason);
}

/** Says something that others may cause as often as they like. */
function say(router: RouterBody, level: "info" | "warning", text: string, nowMs: Millis): void {
  if (router.rivals.maySay(text, nowMs)) router.log(level, text);
}
