// How long states lasted: those of many things, by name.
import type { Millis } from "./units.ts";

/** Remembers since when each thing is in its present state. */
export class Spans {
  readonly #sinceMs = new Map<string, Millis>();

  /** A state begins now; how long the former one lasted, `undefined` when its begin was not seen. */
  turn(name: string, nowMs: Millis): Millis | undefined {
    const sinceMs = this.#sinceMs.get(name);
    this.#sinceMs.set(name, nowMs);
    return sinceMs === undefined ? undefined : Math.max(0, nowMs - sinceMs);
  }

  /** The present state ends, and none follows; how long it lasted. */
  end(name: string, nowMs: Millis): Millis | undefined {
    const sinceMs = this.#sinceMs.get(name);
    this.#sinceMs.delete(name);
    return sinceMs === undefined ? undefined : Math.max(0, nowMs - sinceMs);
  }

  /** Forgets what is not among these names; things that are new begin now. */
  keep(names: ReadonlySet<string>, nowMs: Millis): void {
    for (const name of this.#sinceMs.keys()) if (!names.has(name)) this.#sinceMs.delete(name);
    for (const name of names) if (!this.#sinceMs.has(name)) this.#sinceMs.set(name, nowMs);
  }
}
