// Cuts a stream of text into lines of bounded length.

/** Feeds on pieces of text as they come. */
export class LineReader {
  readonly #charsMax: number;
  #rest = "";
  #isSkipping = false;
  #droppedCount = 0;

  /** Lines of more than `charsMax` characters are dropped and counted. */
  constructor(charsMax: number) {
    this.#charsMax = charsMax;
  }

  /** Lines that were too long, so far. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** The lines that this piece completes, without their ends. */
  push(text: string): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#take(text, start, end);
      if (!this.#isSkipping) lines.push(this.#rest);
      this.#rest = "";
      this.#isSkipping = false;
      start = end + 1;
    }
    this.#take(text, start, text.length);
    return lines;
  }

  #take(text: string, start: number, end: number): void {
    if (this.#isSkipping) return;
    if (this.#rest.length + end - start <= this.#charsMax) {
      this.#rest += text.slice(start, end);
      return;
    }
    this.#rest = "";
    this.#isSkipping = true;
    this.#droppedCount += 1;
  }
}
