/** Says how far a drill has come: one line that changes on a terminal, a line for each run elsewhere. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #total: number;
  #done = 0;

  constructor(out: NodeJS.WriteStream, total: number) {
    this.#out = out;
    this.#total = total;
  }

  /** A run begins. */
  begin(text: string): void {
    if (this.#out.isTTY) this.#out.write(`\r\u001b[K${this.#bar()} ${text}`);
  }

  /** It has ended, with this result. */
  end(text: string): void {
    this.#done += 1;
    this.#out.write(`${this.#out.isTTY ? "\r\u001b[K" : `${this.#done}/${this.#total} `}${text}\n`);
  }

  #bar(): string {
    const width = 24;
    const full = Math.round((width * this.#done) / this.#total);
    return `[${"#".repeat(full)}${".".repeat(width - full)}] ${this.#done}/${this.#total}`;
  }
}
