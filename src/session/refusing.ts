// `option mqtt-refuse`: a client that cannot be served gets a CONNACK that says so before it is closed.
//
// Who speaks MQTT, and which version, its CONNECT tells. Where no rule has asked for first bytes, that
// is waited for, within `REFUSAL_WAIT_MS`; nothing is waited for once the answer is handed to the
// kernel. Whoever sends something else is closed as without the option.
import type { Millis } from "../base/units.ts";
import { REFUSAL_WAIT_MS } from "../limits.ts";
import { inspectOnce } from "../mqtt/cached-inspection.ts";
import { encodeRefusal, parseRefusalCause, type RefusalCause } from "../mqtt/refusal.ts";
import type { AccountedParts } from "./accounts.ts";
import type { ClientSide } from "./client-side.ts";
import type { SessionState } from "./session-state.ts";

/** The variable by which a rule gives the cause: a name of `RefusalCause`. */
const CAUSE_VARIABLE = "txn.mqtt_refusal";

/** The variable in which log formats find the code that was answered. */
const CODE_VARIABLE = "txn.mqtt_refused";

/** Tells one session's client that it is refused, at most once. */
export class Refusing {
  readonly #parts: AccountedParts;
  readonly #client: ClientSide;
  #deadlineMs: Millis | undefined;

  constructor(parts: AccountedParts, client: ClientSide) {
    this.#parts = parts;
    this.#client = client;
  }

  /** Sends the refusal if there is one to send, or gives the state in which to wait for the CONNECT. */
  tell(termination: string, nowMs: Millis): SessionState | undefined {
    const cause = this.#causeOf(termination);
    if (cause === undefined || this.#client.isGone) return undefined;
    const { context, log } = this.#parts;
    const { frontend, backend, request } = context;
    const { inspectBytesMax } = (backend ?? frontend).proxy.content;
    const found = inspectOnce(request.bytes, request.bytesMax ?? inspectBytesMax);
    if (found.kind === "need-more" && !request.final) {
      this.#deadlineMs ??= nowMs + REFUSAL_WAIT_MS;
      // Whoever ends a session, for a reason of this side, does not wait for its client.
      if (nowMs >= this.#deadlineMs || !/^[sSP]/.test(termination)) return undefined;
      this.#client.inspect(inspectBytesMax);
      return { name: "refusing", deadlineMs: this.#deadlineMs, termination };
    }
    if (found.kind !== "connect") return undefined;
    const { code, bytes } = encodeRefusal(found.packet, cause);
    this.#client.tell(bytes);
    log.noteAnswer(bytes.length);
    context.variables.set(CODE_VARIABLE, { type: "int", value: code });
    frontend.counters.refusals++;
    if (backend !== undefined) backend.counters.refusals++;
    return undefined;
  }

  /** What keeps a session that ends so from being served; `undefined` if it is not ours to say. */
  #causeOf(termination: string): RefusalCause | undefined {
    const { context } = this.#parts;
    const { frontend, backend } = context;
    const isOn = [frontend, backend].some((each) => each?.proxy.flags.has("mqtt-refuse"));
    if (!isOn) return undefined;
    switch (termination) {
      case "SQ":
      case "sQ":
        return "busy";
      case "PR": {
        const named = context.variables.get(CAUSE_VARIABLE);
        const cause = named?.type === "str" ? parseRefusalCause(named.value) : undefined;
        return cause ?? context.denial ?? "not-authorized";
      }
      default:
        return /^[sSPDUK][RQCD]$/.test(termination) ? "unavailable" : undefined;
    }
  }
}
