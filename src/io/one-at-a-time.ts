// Actions that must not overlap, such as reloads.

/** Runs one action at a time; whoever asks while it runs shares the run that follows. */
export class OneAtATime<T> {
  readonly #action: () => Promise<T>;
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(action: () => Promise<T>) {
    this.#action = action;
  }

  /** The outcome of a run that began after this call. */
  async run(): Promise<T> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#start();
    const start = (): Promise<T> => this.#start();
    this.#next = this.#running.then(start, start);
    return this.#next;
  }

  async #start(): Promise<T> {
    this.#next = undefined;
    this.#running = this.#action().finally(() => (this.#running = undefined));
    return this.#running;
  }
}
