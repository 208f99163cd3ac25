// One run of one check, as a machine.
//
// Theory of operation. The plan's steps are carried out in order. `connect` waits for the
// connection (and for TLS on it), `send` goes on at once, `expect` waits until the answer decides.
// Bytes received stay in one bounded buffer, which consecutive `expect` steps share and any other
// step empties. `mqtt` leaves the connection to a dialogue of its own until that has a verdict. The
// first step that fails ends the check; so does the last one, with the verdict of the highest layer
// that was tried. One timer runs: for connecting, then for answers (haproxy configuration §4.2
// `timeout check`). Texts of failures are HAProxy's.
import type { Endpoint } from "../base/address.ts";
import { assert } from "../base/assert.ts";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import { CHECK_ANSWER_BYTES_MAX } from "../limits.ts";
import { parseAgentReply, reportAgentReply } from "./agent-reply.ts";
import { describeErrno, isLocalErrno } from "./errno-text.ts";
import type { Judgement } from "./expectation.ts";
import { judgeBytes, judgeHttp } from "./expectation.ts";
import { type DialogueEvent, MqttDialogue } from "./mqtt-dialogue.ts";
import type { CheckPlan, CheckStep, ConnectStep } from "./plan.ts";
import type { CheckCode, CheckReport } from "./result.ts";
import { isDataCode, isPassingCode, parseCheckCode } from "./result.ts";
import { commentOf, locateStep, quotedCommentOf } from "./step-text.ts";

/** What happens to a running check. `failed.code` is an errno name. */
export type ScriptEvent =
  | { readonly kind: "start" }
  | { readonly kind: "tcp-connected" }
  /** The connection can be used: after `tcp-connected` and, where asked for, TLS. */
  | { readonly kind: "connected" }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly code: string }
  | { readonly kind: "timeout" };

/** What a running check wants done. After `done` it wants nothing more. */
export type ScriptEffect =
  | {
      readonly kind: "connect";
      readonly endpoint: Endpoint;
      readonly tls: boolean;
      readonly sni?: string;
      readonly alpn?: readonly string[];
      readonly sendProxy?: 1 | 2;
    }
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** `linger`: in order, by FIN; else by reset, which leaves no TIME_WAIT behind. */
  | { readonly kind: "close"; readonly linger: boolean }
  | { readonly kind: "done"; readonly report: CheckReport; readonly reply?: string };

type Phase = "idle" | "connecting" | "securing" | "open" | "done";

/** Runs one check from `start` to `done`. */
export class CheckScript implements Machine<ScriptEvent, ScriptEffect> {
  readonly #plan: CheckPlan;
  readonly #effects: ScriptEffect[] = [];
  #phase: Phase = "idle";
  #stepIndex = 0;
  #connect: ConnectStep | undefined;
  #answer = "";
  #isEnded = false;
  #dialogue: MqttDialogue | undefined;
  #startMs: Millis = 0;
  #deadlineMs: Millis | undefined;
  #passed:
    { readonly code: CheckCode; readonly status: number; readonly info?: string } | undefined;

  constructor(plan: CheckPlan) {
    assert(plan.steps[0]?.kind === "connect", "a check connects first");
    this.#plan = plan;
  }

  handle(event: ScriptEvent, nowMs: Millis): void {
    if (this.#phase === "done") return;
    switch (event.kind) {
      case "start":
        this.#startMs = nowMs;
        this.#run(nowMs);
        return;
      case "tcp-connected":
        if (this.#phase === "connecting") this.#phase = "securing";
        return;
      case "connected":
        this.#onConnected(nowMs);
        return;
      case "data":
        this.#onData(event.bytes, nowMs);
        return;
      case "ended":
        this.#onEnded(nowMs);
        return;
      case "failed":
        this.#onFailed(event.code, nowMs);
        return;
      case "timeout":
        if (this.#deadlineMs !== undefined && nowMs >= this.#deadlineMs) this.#onTimeout(nowMs);
        else this.#converse(event, nowMs);
        return;
    }
  }

  poll(): ScriptEffect | undefined {
    return this.#effects.shift();
  }

  nextTimeout(): Millis | undefined {
    const dialogueMs = this.#dialogue?.nextTimeout() ?? Infinity;
    return this.#deadlineMs === undefined ? undefined : Math.min(this.#deadlineMs, dialogueMs);
  }

  get #step(): CheckStep | undefined {
    return this.#plan.steps[this.#stepIndex];
  }

  /** Carries out steps until one has to wait or the check is decided. */
  #run(nowMs: Millis): void {
    for (;;) {
      const step = this.#step;
      if (step === undefined) {
        this.#becomePassed(nowMs);
        return;
      }
      switch (step.kind) {
        case "connect": {
          this.#beginConnect(step, nowMs);
          return;
        }
        case "send":
          this.#answer = "";
          this.#effects.push({ kind: "send", bytes: step.bytes });
          this.#passed = { code: "L7OK", status: 0 };
          break;
        case "expect-bytes":
        case "expect-http":
        case "expect-agent":
          if (!this.#judge(step, nowMs)) return;
          break;
        case "mqtt":
          this.#dialogue = new MqttDialogue(step.spec);
          this.#converse({ kind: "start" }, nowMs);
          return;
      }
      this.#stepIndex += 1;
    }
  }

  #beginConnect(step: ConnectStep, nowMs: Millis): void {
    this.#closeConnection();
    this.#connect = step;
    this.#answer = "";
    this.#isEnded = false;
    this.#phase = "connecting";
    const { endpoint } = step;
    if (endpoint === undefined) {
      this.#becomeFailed("SOCKERR", locateStep(this.#plan.kind, step), nowMs);
      return;
    }
    this.#deadlineMs = nowMs + this.#plan.connectTimeoutMs;
    this.#effects.push({
      kind: "connect",
      endpoint,
      tls: step.tls,
      ...(step.sni === undefined ? {} : { sni: step.sni }),
      ...(step.alpn === undefined ? {} : { alpn: step.alpn }),
      ...(step.sendProxy === undefined ? {} : { sendProxy: step.sendProxy }),
    });
  }

  #onConnected(nowMs: Millis): void {
    if (this.#phase !== "connecting" && this.#phase !== "securing") return;
    this.#phase = "open";
    const { readTimeoutMs, totalTimeoutMs } = this.#plan;
    this.#deadlineMs =
      readTimeoutMs === undefined ? this.#startMs + totalTimeoutMs : nowMs + readTimeoutMs;
    const rank = { code: this.#connect?.tls === true ? "L6OK" : "L4OK", status: 0 } as const;
    // Verdicts of a higher layer on an earlier connection stand.
    if (this.#passed === undefined || !isDataCode(this.#passed.code)) this.#passed = rank;
    this.#stepIndex += 1;
    this.#run(nowMs);
  }

  #onData(bytes: Uint8Array, nowMs: Millis): void {
    if (this.#phase !== "open" || this.#isEnded) return;
    if (this.#dialogue !== undefined) return this.#converse({ kind: "data", bytes }, nowMs);
    const room = CHECK_ANSWER_BYTES_MAX - this.#answer.length;
    if (room <= 0) return;
    this.#answer += Buffer.from(bytes.subarray(0, room)).toString("latin1");
    this.#run(nowMs);
  }

  #onEnded(nowMs: Millis): void {
    if (this.#phase === "open") {
      this.#isEnded = true;
      if (this.#dialogue === undefined) this.#run(nowMs);
      else this.#converse({ kind: "ended" }, nowMs);
    } else if (this.#phase !== "idle") {
      this.#onFailed("ECONNRESET", nowMs);
    }
  }

  /** Lets the dialogue of an `mqtt` step, which is the last step, hear and speak. */
  #converse(event: DialogueEvent, nowMs: Millis): void {
    const dialogue = this.#dialogue;
    if (dialogue === undefined) return;
    dialogue.handle(event, nowMs);
    for (let effect = dialogue.poll(); effect !== undefined; effect = dialogue.poll()) {
      if (effect.kind === "send") this.#effects.push(effect);
      else {
        if (effect.isPolite) this.#connect = { ...this.#connect!, linger: true };
        this.#becomeDone(effect.code, effect.status, effect.info, nowMs, effect.answerMs);
      }
    }
  }

  /** Judges the answer by an `expect` step; true: accepted, go on. */
  #judge(step: Exclude<CheckStep, { kind: "connect" | "send" | "mqtt" }>, nowMs: Millis): boolean {
    if (step.kind === "expect-agent") {
      this.#judgeAgent(step, nowMs);
      return false;
    }
    const final = this.#isEnded || this.#answer.length >= CHECK_ANSWER_BYTES_MAX;
    const answer = { text: this.#answer, final };
    const judgement =
      step.kind === "expect-bytes" ? judgeBytes(step.rule, answer) : judgeHttp(step.rule, answer);
    switch (judgement.kind) {
      case "wait":
        return false;
      case "accept":
        this.#onAccepted(step, judgement.status);
        return true;
      case "reject":
        this.#onRejected(step, judgement, nowMs);
        return false;
    }
  }

  #onAccepted(step: Extract<CheckStep, { rule: unknown }>, status: number): void {
    const rule = step.rule === "default" ? undefined : step.rule;
    const code = parseCheckCode(rule?.okStatus ?? "") ?? "L7OK";
    const info = rule?.onSuccess;
    this.#passed = { code, status, ...(info === undefined ? {} : { info }) };
  }

  #onRejected(
    step: Extract<CheckStep, { rule: unknown }>,
    judgement: Extract<Judgement, { kind: "reject" }>,
    nowMs: Millis,
  ): void {
    const rule = step.rule === "default" ? undefined : step.rule;
    const code =
      parseCheckCode(rule?.errorStatus ?? "") ?? (judgement.isStatus ? "L7STS" : "L7RSP");
    const isEmpty = step.kind === "expect-bytes" && this.#answer === "";
    const place = step.kind === "expect-bytes" ? ` at step ${step.number}` : "";
    // An empty answer was never compared, so the rule's own text has nothing to say about it.
    const info = isEmpty
      ? `${judgement.reason}${place}${quotedCommentOf(step)}`
      : `${rule?.onError ?? `${judgement.reason}${place}`}${commentOf(step)}`;
    this.#becomeDone(code, judgement.status, info, nowMs);
  }

  #judgeAgent(step: CheckStep, nowMs: Millis): void {
    const end = this.#answer.search(/[\r\n]/);
    if (end >= 0) {
      const reply = this.#answer.slice(0, end);
      const report = reportAgentReply(parseAgentReply(reply), nowMs - this.#startMs);
      this.#becomeReported(report, reply);
    } else if (this.#isEnded && this.#answer === "") {
      this.#becomeFailed("L7RSP", `TCPCHK got an empty response at step ${step.number}`, nowMs);
    } else if (this.#isEnded || this.#answer.length >= CHECK_ANSWER_BYTES_MAX) {
      this.#becomeFailed("L7TOUT", "Ignoring incomplete line from agent", nowMs);
    }
  }

  #onFailed(code: string, nowMs: Millis): void {
    // A peer can reset only what was established: the connection lived, too briefly to be told.
    if (this.#phase === "connecting" && code === "ECONNRESET") {
      if (this.#connect?.tls === true) this.#phase = "securing";
      else this.#onConnected(nowMs);
    }
    const place = locateStep(this.#plan.kind, this.#step);
    switch (this.#phase) {
      case "connecting": {
        const verdict = isLocalErrno(code) ? "SOCKERR" : code === "ETIMEDOUT" ? "L4TOUT" : "L4CON";
        this.#becomeFailed(verdict, `${describeErrno(code)}${place}`, nowMs);
        return;
      }
      case "securing": {
        this.#becomeFailed("L6RSP", `SSL handshake failure${place}`, nowMs);
        return;
      }
      case "open": {
        const missing = this.#dialogue === undefined ? place : `: ${this.#dialogue.waitingFor}`;
        this.#becomeFailed("SOCKERR", `${describeErrno(code)}${missing}`, nowMs);
        return;
      }
      case "idle":
      case "done":
        return;
    }
  }

  #onTimeout(nowMs: Millis): void {
    const step = this.#step;
    const place = locateStep(this.#plan.kind, step);
    const chosen =
      step !== undefined && "rule" in step && step.rule !== "default"
        ? parseCheckCode(step.rule.timeoutStatus ?? "")
        : undefined;
    const code =
      this.#phase === "connecting" ? "L4TOUT" : this.#phase === "securing" ? "L6TOUT" : chosen;
    this.#becomeFailed(code ?? "L7TOUT", this.#dialogue?.waitingFor ?? place, nowMs);
  }

  #becomePassed(nowMs: Millis): void {
    const passed = this.#passed;
    assert(passed !== undefined, "a check that ended has connected");
    const isScripted = this.#plan.kind === "tcp-check" && this.#connect !== this.#impliedOnly();
    const info = passed.info ?? (isScripted ? "(tcp-check)" : "");
    this.#becomeDone(passed.code, passed.status, info, nowMs);
  }

  /** The connection that `option tcp-check` without any rule makes. */
  #impliedOnly(): CheckStep | undefined {
    const { steps } = this.#plan;
    return steps.length === 1 && steps[0]!.number === 0 ? steps[0] : undefined;
  }

  #becomeFailed(code: CheckCode, info: string, nowMs: Millis): void {
    this.#becomeDone(code, 0, info, nowMs);
  }

  #becomeDone(
    code: CheckCode,
    status: number,
    info: string,
    nowMs: Millis,
    answerMs?: Millis,
  ): void {
    const durationMs = nowMs - this.#startMs;
    const ok = isPassingCode(code);
    const more = {
      ...(isDataCode(code) ? { status } : {}),
      ...(answerMs === undefined ? {} : { answerMs }),
    };
    this.#becomeReported({ ok, code, info, durationMs, ...more });
  }

  /** The only way to `done`: closes what is open and reports once. */
  #becomeReported(report: CheckReport, reply?: string): void {
    this.#closeConnection();
    this.#phase = "done";
    this.#deadlineMs = undefined;
    this.#effects.push({ kind: "done", report, ...(reply === undefined ? {} : { reply }) });
  }

  #closeConnection(): void {
    if (this.#connect === undefined) return;
    this.#effects.push({ kind: "close", linger: this.#connect.linger });
  }
}
