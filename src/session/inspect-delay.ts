import type { Millis } from "../base/units.ts";
import { INSPECT_DELAY_DEFAULT_MS } from "../limits.ts";
import type { ClientSide } from "./client-side.ts";
import type { SessionContext } from "./session-context.ts";
import type { SessionState } from "./session-state.ts";

/** How long first bytes are waited for: `tcp-request inspect-delay`, of the backend once that is known. */
export class InspectDelay {
  readonly #context: SessionContext;
  #deadlineMs: Millis | undefined;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Asks for first bytes; the state of waiting: until the delay is over that began first, or the client has been silent. */
  begin(client: ClientSide, nowMs: Millis): SessionState {
    const { content } = (this.#context.backend ?? this.#context.frontend).proxy;
    const delayMs = content.requestInspectDelayMs ?? INSPECT_DELAY_DEFAULT_MS;
    this.#deadlineMs ??= nowMs + delayMs;
    client.inspect(content.inspectBytesMax);
    const silentMs = this.#context.frontend.clientDeadlineMs(nowMs);
    return { name: "inspecting", deadlineMs: Math.min(this.#deadlineMs, silentMs) };
  }

  /** Whether a deadline that has passed is this one, and not an earlier one of somebody else. */
  isOver(deadlineMs: Millis): boolean {
    return deadlineMs >= this.#deadlineMs!;
  }
}
