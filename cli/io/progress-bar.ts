// How far something has come: on a terminal one line that changes, elsewhere a line now and then.
import { progressLine } from "../operator/progress-line.ts";

const BAR_COLUMNS = 24;
/** Elsewhere than on a terminal: no more lines than one for so much time, ms, and the last. */
const LINE_PERIOD_MS = 5_000;

/** A bar on stderr. */
export class ProgressBar {
  readonly #out = process.stderr;
  readonly #title: string;
  #toldMs = -Infinity;
  #last = "";

  constructor(title: string) {
    this.#title = title;
  }

  /** `done` of `total`; `note` is what else there is to say. */
  show(done: number, total: number, note = ""): void {
    const text = progressLine({ title: this.#title, done, total, note }, BAR_COLUMNS);
    if (text === this.#last) return;
    if (this.#out.isTTY)
      this.#out.write(`\r\u001b[K${text.slice(0, (this.#out.columns || 80) - 1)}`);
    else if (performance.now() - this.#toldMs >= LINE_PERIOD_MS) {
      this.#toldMs = performance.now();
      this.#out.write(`${text}\n`);
    } else return;
    this.#last = text;
  }

  /** The last word; the bar is gone. */
  end(text: string): void {
    this.#out.write(`${this.#out.isTTY ? "\r\u001b[K" : ""}${text}\n`);
  }
}
