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

/** All sockets of the mover by address, or why some could not be opened. */
export type OpenOutcome =
  | { readonly ok: true; readonly opened: ReadonlyMap<string, ListenerId> }
  | { readonly ok: false; readonly failed: readonly FailedListener[] };

/** Opens the sockets of statistics pages, whose connections no session handles. */
export interface PageOpener {
  open(
    planned: PlannedListener,
  ): Promise<{ readonly ok: true } | Omit<FailedListener & { readonly ok: false }, "planned">>;
  /** Closes those that are not in force yet. */
  abandon(): void;
}

/** Waits for the outcome of each `listen`. */
export class ListenerOpener {
  readonly #mover: Mover;
  readonly #pages: PageOpener;
  readonly #waiting = new Map<ListenerId, (event: MoverEvent) => void>();

  constructor(mover: Mover, pages: PageOpener) {
    this.#mover = mover;
    this.#pages = pages;
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
        if (each.proxy.mode === "http") {
          const outcome = await this.#pages.open(each);
          if (!outcome.ok) failed.push({ ...outcome, planned: each });
          return;
        }
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
    this.abandon(opened);
    return { ok: false, failed };
  }

  /** Closes what was opened for a configuration that is not going to be applied. */
  abandon(opened: ReadonlyMap<string, ListenerId>): void {
    for (const listener of opened.values()) this.#mover.closeListener(listener);
    this.#pages.abandon();
  }
}
