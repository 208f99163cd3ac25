// Opens the listening sockets that a configuration adds, all or none: a reload with an address
// that cannot be bound leaves everything as it is.
import type { ListenerId, Mover, MoverEvent } from "../session/mover.ts";
import type { PlannedListener } from "../session/plan-listeners.ts";

/** A socket that could not be opened. */
export interface FailedListener {
  readonly planned: PlannedListener;
  readonly code: string;
  readonly message: string;
}

/** All sockets by address, or why some could not be opened. */
export type OpenOutcome =
  | { readonly ok: true; readonly opened: ReadonlyMap<string, ListenerId> }
  | { readonly ok: false; readonly failed: readonly FailedListener[] };

/** Waits for the outcome of each `listen`. */
export class ListenerOpener {
  readonly #mover: Mover;
  readonly #waiting = new Map<ListenerId, (event: MoverEvent) => void>();

  constructor(mover: Mover) {
    this.#mover = mover;
  }

  /** Takes `listening` and `listen-failed`. */
  onMoverEvent(event: MoverEvent): void {
    if (event.kind !== "listening" && event.kind !== "listen-failed") return;
    if (event.kind === "listening") this.#mover.pauseAccept(event.listener);
    this.#waiting.get(event.listener)?.(event);
    this.#waiting.delete(event.listener);
  }

  /**
   * Opens all of them; after a failure those that did open are closed again. They come paused:
   * clients wait until there is somebody to take them.
   */
  async open(planned: readonly PlannedListener[]): Promise<OpenOutcome> {
    const opened = new Map<string, ListenerId>();
    const failed: FailedListener[] = [];
    await Promise.all(
      planned.map(async (each) => {
        const listener = this.#mover.listen(each.spec);
        const event = await new Promise<MoverEvent>((resolve) => {
          this.#waiting.set(listener, resolve);
        });
        if (event.kind === "listening") opened.set(each.key, listener);
        else if (event.kind === "listen-failed") {
          failed.push({ planned: each, code: event.code, message: event.message });
        }
      }),
    );
    if (failed.length === 0) return { ok: true, opened };
    for (const listener of opened.values()) this.#mover.closeListener(listener);
    return { ok: false, failed };
  }
}
