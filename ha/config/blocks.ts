// From lines to statements: a keyword with its words and, in braces, its block.
import type { Position } from "../../src/base/diagnostic.ts";
import { CONFIG_BLOCK_DEPTH_MAX } from "../limits.ts";
import { lexLine } from "./lexer.ts";
import type { Line } from "./preprocess.ts";
import { hasSecret, shown, shownPart, type Report } from "./report.ts";

/** One keyword of a file. */
export interface Statement {
  /** The keyword first; never empty. */
  readonly words: readonly string[];
  readonly position: Position;
  /** Whether it stood behind `#tandem`. */
  readonly isOurs: boolean;
  /** Whether its line may hold a secret: its words are not repeated. */
  readonly isSecret: boolean;
  /** What stood in its braces; `undefined` without braces. */
  readonly block: readonly Statement[] | undefined;
}

interface OpenStatement {
  words: string[];
  position: Position;
  isOurs: boolean;
  isSecret: boolean;
  block: OpenStatement[] | undefined;
}

/** Builds the tree of statements, line by line. */
export class BlockReader {
  readonly #root: OpenStatement[] = [];
  /** The open blocks, outermost first. */
  readonly #open: OpenStatement[][] = [this.#root];
  /** Open braces that are only counted: of blocks without a keyword, or too deep. */
  #ignored = 0;
  readonly #report: Report;
  #last: OpenStatement | undefined;
  /** The keyword that a `{` at the start of a line belongs to. */
  #mayOpen = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /** The statements of the file's top level. */
  get statements(): readonly Statement[] {
    return this.#root;
  }

  /** How many blocks are open. */
  get depth(): number {
    return this.#open.length - 1;
  }

  /** Takes one line. One with an open quote is left out, as Keepalived does. */
  take(line: Line): void {
    const { tokens, openQuoteAt } = lexLine(line.text);
    if (openQuoteAt !== undefined) {
      this.#report.add(
        line.isOurs ? "ours" : "error",
        `Unmatched quote: '${shownPart(line.text.slice(openQuoteAt), line.text)}'`,
        line.position,
        'Close it on the same line, or write \\" for the character itself.',
      );
      return;
    }
    const isSecret = hasSecret(line.text);
    let words: string[] = [];
    const end = (): void => {
      if (words.length > 0) this.#add({ ...line, words, isSecret, block: undefined });
      words = [];
    };
    for (const token of tokens) {
      if (!token.isBrace) words.push(token.text);
      else {
        end();
        if (token.text === "{") this.#openBlock(line);
        else this.#closeBlock(line);
      }
    }
    end();
  }

  /** Says which braces are missing at the end of the input. */
  end(): void {
    const missing = this.#open.length - 1 + this.#ignored;
    if (missing > 0) {
      const hint = this.#openerHint();
      this.#report.add("error", `There are ${missing} missing '}'s or extra '{'s`, undefined, hint);
    }
  }

  #openerHint(): string {
    const opener = this.#open.at(-2)?.at(-1);
    if (opener === undefined) return "Count the braces.";
    const { file, line } = opener.position;
    return `The block '${shown(opener.words[0]!)}' of ${file}:${line} is not closed.`;
  }

  #add(statement: OpenStatement): void {
    if (this.#ignored > 0) return;
    const { words, position, isOurs, isSecret } = statement;
    this.#last = { words, position, isOurs, isSecret, block: undefined };
    this.#open.at(-1)!.push(this.#last);
    this.#mayOpen = true;
  }

  #openBlock(line: Line): void {
    const last = this.#last;
    if (this.#ignored > 0) {
      this.#ignored++;
    } else if (last === undefined || !this.#mayOpen) {
      this.#report.add("error", "Unexpected '{' - ignoring", line.position);
      this.#ignored++;
    } else if (this.#open.length > CONFIG_BLOCK_DEPTH_MAX) {
      const found = `more than ${CONFIG_BLOCK_DEPTH_MAX} blocks inside blocks`;
      this.#report.add("error", found, line.position);
      this.#ignored++;
    } else {
      last.block = [];
      this.#open.push(last.block);
      this.#mayOpen = false;
    }
  }

  #closeBlock(line: Line): void {
    if (this.#ignored > 0) this.#ignored--;
    else if (this.#open.length === 1) {
      this.#report.add("error", "Extra '}' found", line.position);
    } else this.#open.pop();
    this.#mayOpen = false;
  }
}
