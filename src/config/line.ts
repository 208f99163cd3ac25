// A cursor over the words of one line: gives keyword parsers words, attaches positions to findings.
import type { Position } from "../base/diagnostic.ts";
import type { Collector } from "./collector.ts";
import type { Word } from "./lexer.ts";
import { didYouMean } from "../base/did-you-mean.ts";
import { parseNatural, parseSize, parseTime, valueProblem } from "./values.ts";

/** The words of one line, read from left to right. */
export class Line {
  /** The words without quotes, the keyword included. */
  readonly words: readonly string[];
  readonly #columns: readonly number[];
  readonly #file: string;
  readonly #number: number;
  readonly #collector: Collector;
  #index = 0;

  constructor(file: string, number: number, words: readonly Word[], collector: Collector) {
    this.words = words.map((word) => word.text);
    this.#columns = words.map((word) => word.column);
    this.#file = file;
    this.#number = number;
    this.#collector = collector;
  }

  /** The index of the word that `take()` gives next. */
  get index(): number {
    return this.#index;
  }

  /** The file and line, without a column. */
  get place(): Position {
    return { file: this.#file, line: this.#number };
  }

  /** `file:line`, as messages name another line. */
  get placeText(): string {
    return `${this.#file}:${this.#number}`;
  }

  /** The position of a word, by default of the one taken last. */
  position(index = Math.max(0, this.#index - 1)): Position {
    const column = this.#columns[Math.min(index, this.#columns.length - 1)];
    return column === undefined ? this.place : { ...this.place, column };
  }

  seek(index: number): void {
    this.#index = index;
  }

  peek(): string | undefined {
    return this.words[this.#index];
  }

  take(): string | undefined {
    const word = this.words[this.#index];
    if (word !== undefined) this.#index++;
    return word;
  }

  /** Takes the next word if it is this one. */
  takeIf(word: string): boolean {
    if (this.peek() !== word) return false;
    this.#index++;
    return true;
  }

  /** Takes all words that are left. */
  takeRest(): readonly string[] {
    const rest = this.words.slice(this.#index);
    this.#index = this.words.length;
    return rest;
  }

  get atEnd(): boolean {
    return this.#index >= this.words.length;
  }

  alert(message: string, options: { hint?: string; word?: number } = {}): void {
    this.#report("alert", message, options);
  }

  warn(message: string, options: { hint?: string; word?: number } = {}): void {
    this.#report("warning", message, options);
  }

  notice(message: string, options: { hint?: string; word?: number } = {}): void {
    this.#report("notice", message, options);
  }

  #report(
    severity: "alert" | "warning" | "notice",
    message: string,
    options: { hint?: string; word?: number },
  ): void {
    this.#collector.report({
      severity,
      message,
      position: this.position(options.word),
      ...(options.hint === undefined ? {} : { hint: options.hint }),
    });
  }

  /** Alerts if words are left; `keyword` is what they would be arguments of. */
  expectEnd(keyword: string): boolean {
    const extra = this.peek();
    if (extra === undefined) return true;
    this.alert(`'${keyword}' cannot handle unexpected argument '${extra}'.`, { word: this.#index });
    return false;
  }

  /** Takes a time in ms; `subject` as it stands in HAProxy's message, quoted. */
  takeTime(subject: string, missing: string, unit: "ms" | "s" = "ms"): number | undefined {
    const word = this.take();
    if (word === undefined || word === "") {
      this.alert(missing);
      return undefined;
    }
    const value = parseTime(word, unit);
    if (value.ok) return value.value;
    this.alert(valueProblem(value, word, subject));
    return undefined;
  }

  /** Takes a size; messages as `takeTime`. */
  takeSize(subject: string, missing: string): number | undefined {
    const word = this.take();
    if (word === undefined || word === "") {
      this.alert(missing);
      return undefined;
    }
    const value = parseSize(word);
    if (value.ok) return value.value;
    this.alert(valueProblem(value, word, subject));
    return undefined;
  }

  /** Takes a whole number from `min` to `max`, or alerts with `message`. */
  takeNatural(message: string, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = parseNatural(this.take());
    if (value !== undefined && value >= min && value <= max) return value;
    this.alert(message);
    return undefined;
  }

  /** Takes one word, or alerts with `message`. */
  takeWord(message: string): string | undefined {
    const word = this.take();
    if (word !== undefined && word !== "") return word;
    this.alert(message);
    return undefined;
  }

  /** HAProxy's ending of a message about an unknown word. */
  didYouMean(word: string, candidates: Iterable<string>): string {
    return didYouMean(word, candidates);
  }
}
