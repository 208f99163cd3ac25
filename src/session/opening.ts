// What comes before a session: connection rules, the PROXY header, the TLS handshake and session
// rules, in this order (haproxy configuration §4.2 `tcp-request connection`, `tcp-request session`,
// §5.1 `accept-proxy`, `ssl`).
import type { Millis } from "../base/units.ts";
import type { FrontendState, ListenerState } from "./frontend-state.ts";
import type { CloseManner, TlsContext, TlsFacts } from "./mover.ts";
import {
  describeBadHeader,
  describeFailedHandshake,
  describeListener,
  describeMissingHeader,
  type Interruption,
} from "./opening-failure.ts";
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
  /** It went wrong; the message names the listener and is for the log. */
  | { readonly kind: "failed"; readonly message: string };

const CLOSED: Interruption = { kind: "closed" };

/** Opens one connection. */
export class Opening {
  readonly #frontend: FrontendState;
  readonly #listener: ListenerState;
  readonly #context: SessionContext;
  #isHeaderAwaited = false;

  constructor(listener: ListenerState, context: SessionContext) {
    this.#frontend = listener.frontend;
    this.#listener = listener;
    this.#context = context;
  }

  /** The connection has been accepted. */
  start(nowMs: Millis): OpeningStep {
    this.#isHeaderAwaited = this.#listener.bind.acceptProxy;
    const verdict = this.#judge(this.#frontend.rules.connection);
    if (verdict !== "pass") {
      this.#frontend.counters.deniedConnections++;
      this.#context.listenerCounters.deniedConnections++;
      return denied(verdict);
    }
    return this.#isHeaderAwaited ? { kind: "inspect" } : this.#secureOrOpen(0, nowMs);
  }

  /** First bytes, all there are so far. */
  onBytes(bytes: Uint8Array, isEnded: boolean, nowMs: Millis): OpeningStep {
    if (!this.#isHeaderAwaited) {
      return isEnded ? this.#interrupted(CLOSED) : { kind: "wait" };
    }
    const decoded = decodeProxyHeader(bytes);
    if (decoded.kind === "need-more") {
      return isEnded ? this.#interrupted(CLOSED) : { kind: "wait" };
    }
    if (decoded.kind === "malformed") return this.#failed(describeBadHeader(decoded));
    const { source, destination } = decoded.header;
    if (source !== undefined) this.#context.source = source;
    if (destination !== undefined) this.#context.destination = destination;
    this.#isHeaderAwaited = false;
    const { byteCount } = decoded;
    const rest = this.#context.stream.hold(bytes.subarray(byteCount));
    this.#context.request = { bytes: rest, final: isEnded };
    return this.#secureOrOpen(byteCount, nowMs);
  }

  /** The TLS handshake is done. */
  onSecured(tls: TlsFacts, nowMs: Millis): OpeningStep {
    this.#context.tls = tls;
    return this.#open(0, nowMs);
  }

  /** The client broke off, or cannot be understood, which the code says. */
  lost(code: string | undefined): OpeningStep {
    return this.#interrupted(code === undefined ? CLOSED : { kind: "error", reason: code });
  }

  /** The client took too long. */
  late(): OpeningStep {
    return this.#interrupted({ kind: "timeout" });
  }

  #interrupted(how: Interruption): OpeningStep {
    if (!this.#isHeaderAwaited) return this.#failed(describeFailedHandshake(how));
    return this.#failed(describeMissingHeader(how, this.#context.request.bytes.length > 0));
  }

  #failed(what: string): OpeningStep {
    const { name, side } = this.#frontend;
    const listener = describeListener(name, side, this.#listener.bind);
    return { kind: "failed", message: `${listener}: ${what}` };
  }

  #secureOrOpen(consume: number, nowMs: Millis): OpeningStep {
    const { tls } = this.#listener;
    if (tls === undefined) return this.#open(consume, nowMs);
    // What has been seen of the stream is ciphertext.
    this.#context.request = { bytes: this.#context.stream.hold(new Uint8Array(0)), final: false };
    return { kind: "secure", consume, context: tls };
  }

  #open(consume: number, nowMs: Millis): OpeningStep {
    const verdict = this.#judge(this.#frontend.rules.session);
    if (verdict !== "pass") {
      this.#frontend.counters.deniedSessions++;
      this.#context.listenerCounters.deniedSessions++;
      return denied(verdict);
    }
    this.#context.countOpened(nowMs);
    if (this.#frontend.proxy.flags.has("mqtt-websocket")) this.#context.expectWebSocket();
    this.#context.trackers?.onSession(nowMs);
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
