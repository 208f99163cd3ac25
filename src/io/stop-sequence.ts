// The two ways to stop (haproxy management §4): softly, when the last session has ended by itself,
// and at once.
import type { Mover } from "../session/mover.ts";
import type { World } from "../session/world.ts";
import type { BalancerJournal } from "./balancer-journal.ts";
import { monotonicMs } from "./clock.ts";
import type { SessionShell } from "./session-shell.ts";

/** Sessions get this long to be closed in an orderly way when the process stops at once, ms. */
const CLOSE_GRACE_MS = 200;

/** The parts that stopping concerns. */
export interface StoppingParts {
  readonly world: World;
  readonly shell: SessionShell;
  readonly mover: Mover;
  /** Statistics pages, which take no more clients either. */
  readonly pages: { closeListeners(): void };
  readonly journal: BalancerJournal;
  /** It has begun, or is to end at once after all; told before listeners are closed. */
  stopping?(cause: string, manner: "softly" | "now"): void;
}

/** Stops a balancer once. */
export class StopSequence {
  readonly #parts: StoppingParts;
  readonly done: Promise<number>;
  #finish: (code: number) => void = () => undefined;
  #isStopping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: StoppingParts) {
    this.#parts = parts;
    this.done = new Promise((resolve) => (this.#finish = resolve));
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /**
   * SIGUSR1, or the end of the guard: no more connections; ends with the last session, or after
   * `hard-stop-after`, or after `endsWithinMs`.
   */
  softly(cause: string, endsWithinMs = Infinity): void {
    if (this.#isStopping) return;
    this.#begin(cause, "softly");
    const { world, shell, journal } = this.#parts;
    this.#closeListeners();
    const sessions = shell.sessionCount;
    const event = { kind: "balancer.stopping", subject: "balancer", cause, data: { sessions } };
    journal.tell("notice", "stopping once all sessions have ended", event, { sessions });
    if (shell.sessionCount === 0) return this.#finish(0);
    const hardStopMs = Math.min(world.global?.hardStopAfterMs ?? Infinity, endsWithinMs);
    if (hardStopMs < Infinity) this.#timer = setTimeout(() => this.now("timeout"), hardStopMs);
  }

  /** SIGTERM, SIGINT: closes every session. */
  now(cause: string): void {
    this.#begin(cause, "now");
    clearTimeout(this.#timer);
    const { shell, journal } = this.#parts;
    this.#closeListeners();
    const count = shell.kill(shell.sessions, "shutdown", monotonicMs());
    const data = { sessions: count };
    const event = { kind: "balancer.stopped", subject: "balancer", cause, data };
    journal.tell("notice", "stopped", event, { cause, sessions: count });
    if (shell.sessionCount === 0) return this.#finish(0);
    this.#timer = setTimeout(() => this.#finish(0), CLOSE_GRACE_MS);
  }

  /** The last session has ended. */
  onIdle(): void {
    if (this.#isStopping) this.#finish(0);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #begin(cause: string, manner: "softly" | "now"): void {
    if (!this.#isStopping || manner === "now") this.#parts.stopping?.(cause, manner);
    this.#isStopping = true;
  }

  #closeListeners(): void {
    this.#parts.pages.closeListeners();
    for (const { listener } of this.#parts.world.listeners.values()) {
      this.#parts.mover.closeListener(listener);
    }
  }
}
