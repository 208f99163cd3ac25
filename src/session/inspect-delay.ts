import type { Millis } from "../base/units.ts";
import { INSPECT_DELAY_DEFAULT_MS } from "../limits.ts";
import type { ClientSide } from "./client-side.ts";
import type { SessionContext } from "./session-context.ts";
import type { SessionState } from "./session-state.ts";

/** How long first bytes are waited for: `tcp-request inspect-delay`, of the backend once that is known. */
export class InspectDelay {
  readonly #context: SessionContext;
  #deadlineMs: Millis | undefined;
  /** Until when a limit holds the client back. */
  #heldUntilMs: Millis | undefined;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /**
   * Asks for first bytes; the state of waiting: until the delay is over that began first, or the client
   * has been silent; with `heldUntilMs` until that instant.
   */
  begin(client: ClientSide, nowMs: Millis, heldUntilMs?: Millis): SessionState {
    const { content } = (this.#context.backend ?? this.#context.frontend).proxy;
    const delayMs = content.requestInspectDelayMs ?? INSPECT_DELAY_DEFAULT_MS;
    this.#deadlineMs ??= nowMs + delayMs;
    client.inspect(content.inspectBytesMax);
    this.#heldUntilMs = heldUntilMs;
    if (heldUntilMs !== undefined) return { name: "inspecting", deadlineMs: heldUntilMs };
    const silentMs = this.#context.frontend.clientDeadlineMs(nowMs);
    return { name: "inspecting", deadlineMs: Math.min(this.#deadlineMs, silentMs) };
  }

  /** Whether a deadline that has passed is this one, and not an earlier one of somebody else. */
  isOver(deadlineMs: Millis): boolean {
    return deadlineMs >= (this.#heldUntilMs ?? this.#deadlineMs!);
  }
}
