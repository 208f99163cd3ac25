// Whether an instance could hear a master, if there were one: its link must run, and its socket be open.

/** See the head of this file. */
export class Ears {
  /** Links that are up and have a carrier. */
  readonly #running = new Set<string>();
  /** By instance: why adverts cannot be received. */
  readonly #problems = new Map<string, string>();

  noteLink(name: string, isRunning: boolean): void {
    if (isRunning) this.#running.add(name);
    else this.#running.delete(name);
  }

  /** `undefined`: adverts can be received. */
  noteReception(instance: string, problem: string | undefined): void {
    if (problem === undefined) this.#problems.delete(instance);
    else this.#problems.set(instance, problem);
  }

  /** Whether nothing can be heard by this instance on this interface. */
  isDeaf(instance: string, device: string): boolean {
    return !this.#running.has(device) || this.#problems.has(instance);
  }

  /** A node that cannot hear a master must not take its place. What links do is tracked elsewhere. */
  faultsOf(instance: string): readonly string[] {
    const problem = this.#problems.get(instance);
    return problem === undefined ? [] : [problem];
  }
}
