// A node whose scripts have not answered yet stands in FAULT, but has not failed. Keepalived is
// silent in that time: the first notice is that of the state after the first results.
import type { StateChange } from "./notices.ts";

interface Held {
  readonly change: StateChange;
  readonly members: readonly string[];
}

/** Holds back faults that nothing but a first result may end. */
export class FirstFaults {
  readonly #awaiting = new Set<string>();
  readonly #held = new Map<string, Held>();

  /** Whether the instance awaits first results and has no other fault. */
  note(instance: string, isAwaiting: boolean): void {
    if (isAwaiting) this.#awaiting.add(instance);
    else this.#awaiting.delete(instance);
  }

  /** Takes a change; true when it is not to be told yet. It replaces the one held so far. */
  holds(change: StateChange, members: readonly string[]): boolean {
    const key = `${change.scope} ${change.name}`;
    this.#held.delete(key);
    const isFirst = change.from === "INIT" && change.to === "FAULT";
    if (!isFirst || !this.#awaits(members)) return false;
    this.#held.set(key, { change, members });
    return true;
  }

  /** Takes the faults out that turned out to be some. */
  release(): readonly StateChange[] {
    const released: StateChange[] = [];
    for (const [key, { change, members }] of this.#held) {
      if (this.#awaits(members)) continue;
      this.#held.delete(key);
      released.push(change);
    }
    return released;
  }

  /** The instance or group is not there any more. */
  forget(key: string, name: string): void {
    this.#held.delete(key);
    this.#awaiting.delete(name);
  }

  #awaits(members: readonly string[]): boolean {
    return members.some((name) => this.#awaiting.has(name));
  }
}
