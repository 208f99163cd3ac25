// What comes before a session: connection rules, the PROXY header, the TLS handshake and session
// rules, in this order (haproxy configuration §4.2 `tcp-request connection`, `tcp-request session`,
// §5.1 `accept-proxy`, `ssl`).
import type { Millis } from "../base/units.ts";
import type { TrackedCounters } from "../stick/tracked.ts";
import type { FrontendState, ListenerState } from "./frontend-state.ts";
import type { CloseManner, TlsContext, TlsFacts } from "./mover.ts";
import { decodeProxyHeader } from "./proxy-protocol/decode.ts";
import { runRules, type RunnableRule } from "./rule-runner.ts";
import type { SessionContext } from "./session-context.ts";

/** What is to be done next. */
export type OpeningStep =
  /** First bytes are needed. */
  | { readonly kind: "inspect" }
  | { readonly kind: "wait" }
  /** The first `consume` bytes were a PROXY header; then TLS begins. */
  | { readonly kind: "secure"; readonly consume: number; readonly context: TlsContext }
  /** The connection is a session. */
  | { readonly kind: "open"; readonly consume: number }
  /** A rule does not want it. */
  | { readonly kind: "denied"; readonly manner: CloseManner }
  /** It went wrong; the message is for the log. */
  | { readonly kind: "failed"; readonly message: string };

/** Opens one connection. */
export class Opening {
  readonly #frontend: FrontendState;
  readonly #listener: ListenerState;
  readonly #context: SessionContext;
  readonly #trackers: TrackedCounters;
  #isHeaderAwaited = false;

  constructor(
    frontend: FrontendState,
    listener: ListenerState,
    context: SessionContext,
    trackers: TrackedCounters,
  ) {
    this.#frontend = frontend;
    this.#listener = listener;
    this.#context = context;
    this.#trackers = trackers;
  }

  /** The connection has been accepted. */
  start(nowMs: Millis): OpeningStep {
    this.#isHeaderAwaited = this.#listener.bind.acceptProxy;
    const verdict = this.#judge(this.#frontend.rules.connection);
    if (verdict !== "pass") {
      this.#frontend.counters.deniedConnections++;
      return denied(verdict);
    }
    return this.#isHeaderAwaited ? { kind: "inspect" } : this.#secureOrOpen(0, nowMs);
  }

  /** First bytes, all there are so far. */
  onBytes(bytes: Uint8Array, isEnded: boolean, nowMs: Millis): OpeningStep {
    if (!this.#isHeaderAwaited) {
      return isEnded ? this.interrupted("closed", undefined) : { kind: "wait" };
    }
    const decoded = decodeProxyHeader(bytes);
    if (decoded.kind === "need-more") {
      return isEnded ? this.interrupted("closed", undefined) : { kind: "wait" };
    }
    if (decoded.kind === "malformed") {
      return { kind: "failed", message: `Invalid PROXY header: ${decoded.reason}` };
    }
    const { source, destination } = decoded.header;
    if (source !== undefined) this.#context.source = source;
    if (destination !== undefined) this.#context.destination = destination;
    this.#isHeaderAwaited = false;
    const { byteCount } = decoded;
    this.#context.request = { bytes: bytes.subarray(byteCount), final: isEnded };
    return this.#secureOrOpen(byteCount, nowMs);
  }

  /** The TLS handshake is done. */
  onSecured(tls: TlsFacts, nowMs: Millis): OpeningStep {
    this.#context.tls = tls;
    return this.#open(0, nowMs);
  }

  /** The client left, or took too long. */
  interrupted(how: "closed" | "timeout", code: string | undefined): OpeningStep {
    const phase = this.#isHeaderAwaited ? "while waiting for PROXY header" : "during SSL handshake";
    if (how === "timeout") return { kind: "failed", message: `Timeout ${phase}` };
    return code === undefined || this.#isHeaderAwaited
      ? { kind: "failed", message: `Connection closed ${phase}` }
      : { kind: "failed", message: `SSL handshake failure: ${code}` };
  }

  #secureOrOpen(consume: number, nowMs: Millis): OpeningStep {
    const { tls } = this.#listener;
    if (tls === undefined) return this.#open(consume, nowMs);
    // What has been seen of the stream is ciphertext.
    this.#context.request = { bytes: new Uint8Array(0), final: false };
    return { kind: "secure", consume, context: tls };
  }

  #open(consume: number, nowMs: Millis): OpeningStep {
    this.#frontend.counters.sessionRate.add(nowMs);
    const verdict = this.#judge(this.#frontend.rules.session);
    if (verdict !== "pass") {
      this.#frontend.counters.deniedSessions++;
      return denied(verdict);
    }
    this.#trackers.onSession(nowMs);
    return { kind: "open", consume };
  }

  /** Runs rules that bytes are not for: one that asks for them never applies, as in HAProxy. */
  #judge(rules: readonly RunnableRule[]): "pass" | "reject" | "silent-drop" {
    for (let start = 0; ;) {
      const { verdict, index } = runRules(rules, start, this.#context);
      if (verdict === "reject" || verdict === "silent-drop") return verdict;
      if (verdict === "expect-proxy") this.#isHeaderAwaited = true;
      else if (verdict !== "wait") return "pass";
      start = index + 1;
    }
  }
}

function denied(verdict: "reject" | "silent-drop"): OpeningStep {
  return { kind: "denied", manner: verdict === "reject" ? "reset" : "silent" };
}
