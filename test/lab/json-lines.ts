import type { RunningProcess } from "../support/process.ts";

/** The JSON lines that a program has printed, each read once. */
export class JsonLines<T> {
  readonly #process: RunningProcess;
  readonly #records: T[] = [];
  #readChars = 0;

  constructor(process: RunningProcess) {
    this.#process = process;
  }

  /** All so far, in the order of printing. */
  all(): readonly T[] {
    const text = this.#process.stdout();
    const end = text.lastIndexOf("\n") + 1;
    for (const line of text.slice(this.#readChars, end).split("\n")) {
      if (line.startsWith("{")) this.#records.push(JSON.parse(line) as T);
    }
    this.#readChars = Math.max(this.#readChars, end);
    return this.#records;
  }
}
