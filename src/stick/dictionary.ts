// Strings by small number, counted: server names in a million entries are a few strings in all,
// and a peer that sends ever different ones leaves nothing behind once its entries are gone.

/** Interned strings. Number 0 stands for "none". */
export class Dictionary {
  readonly #byText = new Map<string, number>();
  readonly #texts: (string | undefined)[] = [undefined];
  readonly #counts: number[] = [0];
  readonly #free: number[] = [];

  /** Distinct strings held. */
  get size(): number {
    return this.#byText.size;
  }

  /** The number of `text`, counted once more. */
  acquire(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) {
      this.#counts[known]! += 1;
      return known;
    }
    const number = this.#free.pop() ?? this.#texts.length;
    this.#texts[number] = text;
    this.#counts[number] = 1;
    this.#byText.set(text, number);
    return number;
  }

  /** Undoes one `acquire`; the last one frees the string. */
  release(number: number): void {
    const text = this.#texts[number];
    if (text === undefined) return;
    this.#counts[number]! -= 1;
    if (this.#counts[number]! > 0) return;
    this.#texts[number] = undefined;
    this.#byText.delete(text);
    this.#free.push(number);
  }

  /** The string of this number; `undefined` for 0. */
  text(number: number): string | undefined {
    return this.#texts[number];
  }
}
