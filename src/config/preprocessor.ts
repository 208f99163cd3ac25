// Conditional blocks and messages (haproxy configuration §2.4): `.if`, `.elif`, `.else`, `.endif`,
// `.diag`, `.notice`, `.warning`, `.alert`.
import type { Position } from "../base/diagnostic.ts";
import { CONFIG_NESTING_MAX } from "../limits.ts";
import type { Line } from "./line.ts";
import { evaluatePredicates } from "./predicate.ts";
import type { PredicateContext } from "./predicate.ts";

/** One open `.if`: whether the lines of its present branch count, and which branches may follow. */
interface Block {
  readonly position: Position;
  /** Whether the lines around the block count. */
  readonly outer: boolean;
  /** Whether a branch has been taken already. */
  taken: boolean;
  active: boolean;
  sawElse: boolean;
}

/** Decides which lines of one file count. */
export class Preprocessor {
  readonly #blocks: Block[] = [];
  readonly #context: PredicateContext;

  constructor(context: PredicateContext) {
    this.#context = context;
  }

  /** Whether ordinary lines count at this place. */
  get active(): boolean {
    return this.#blocks.at(-1)?.active ?? true;
  }

  /** The blocks that no `.endif` has closed; the innermost is where the first of them starts. */
  get unclosed(): Position | undefined {
    return this.#blocks.at(-1)?.position;
  }

  /** Handles a line that starts with a dot; returns whether it was a directive. */
  handle(line: Line): boolean {
    const word = line.words[0] ?? "";
    if (!word.startsWith(".")) return false;
    line.seek(1);
    switch (word) {
      case ".if":
        this.#onIf(line);
        return true;
      case ".elif":
        this.#onElif(line);
        return true;
      case ".else":
        this.#onElse(line);
        return true;
      case ".endif":
        this.#noArguments(line);
        if (this.#blocks.pop() === undefined) {
          line.alert("lone '.endif' with no matching '.if'.", { word: 0 });
        }
        return true;
      default:
        if (this.active) this.#onMessage(line, word);
        return true;
    }
  }

  #onIf(line: Line): void {
    const outer = this.active;
    if (this.#blocks.length >= CONFIG_NESTING_MAX) {
      line.alert(`too many nested '.if', max is ${CONFIG_NESTING_MAX}.`, { word: 0 });
    }
    const holds = outer && this.#evaluate(line);
    this.#blocks.push({
      position: line.position(0),
      outer,
      taken: holds,
      active: holds,
      sawElse: false,
    });
  }

  #onElif(line: Line): void {
    const block = this.#blocks.at(-1);
    if (block === undefined) {
      line.alert("lone '.elif' with no matching '.if'.", { word: 0 });
      return;
    }
    if (block.sawElse) {
      line.alert("'.elif' after '.else' is not permitted.", { word: 0 });
      block.active = false;
      return;
    }
    block.active = block.outer && !block.taken && this.#evaluate(line);
    block.taken ||= block.active;
  }

  #onElse(line: Line): void {
    this.#noArguments(line);
    const block = this.#blocks.at(-1);
    if (block === undefined) {
      line.alert("lone '.else' with no matching '.if'.", { word: 0 });
      return;
    }
    if (block.sawElse) line.alert("'.else' after '.else' is not permitted.", { word: 0 });
    block.active = block.outer && !block.taken && !block.sawElse;
    block.taken = true;
    block.sawElse = true;
  }

  #onMessage(line: Line, word: string): void {
    const text = line.take() ?? "";
    const extra = line.peek();
    if (![".diag", ".notice", ".warning", ".alert"].includes(word)) {
      line.alert(`unknown directive '${word}'.`, { word: 0 });
    } else if (extra !== undefined) {
      line.alert(
        `Unexpected argument '${extra}' for '${word}'. ` +
          "Use quotes if the message should contain spaces.",
        { word: line.index },
      );
    } else if (word === ".alert") line.alert(`'${text}'.`, { word: 0 });
    else if (word === ".warning") line.warn(`'${text}'.`, { word: 0 });
    else if (word === ".notice") line.notice(`'${text}'.`, { word: 0 });
  }

  #noArguments(line: Line): void {
    const extra = line.peek();
    if (extra === undefined) return;
    line.alert(`Unexpected argument '${extra}' for '${line.words[0] ?? ""}'.`, {
      word: line.index,
    });
  }

  /** The truth of the words after the directive; a problem counts as false. */
  #evaluate(line: Line): boolean {
    const text = line.takeRest().join(" ");
    if (text === "") return false;
    const result = evaluatePredicates(text, this.#context);
    if (result.ok) return result.value;
    const directive = line.words[0] ?? "";
    line.alert(
      `${result.message} in '${directive}' at position ${result.at + 1}:\n` +
        `  ${directive} ${text}\n  ${" ".repeat(directive.length + 1 + result.at)}^`,
      { word: 1 },
    );
    return false;
  }
}
