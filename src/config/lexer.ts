// Cuts one line into words (haproxy configuration §2.2): blanks separate, `#` starts a comment,
// double quotes protect all but variables and escapes, single quotes protect everything. The marker
// `#tandem` counts as a blank, so that what follows it is read here and skipped by HAProxy.
import { CONFIG_LINE_BYTES_MAX, CONFIG_WORDS_MAX } from "../limits.ts";
import { expandVariable } from "./expand.ts";
import type { VariableLookup } from "./expand.ts";

/** A word without its quotes, and where it starts. */
export interface Word {
  readonly text: string;
  /** 1-based. */
  readonly column: number;
}

/** What is wrong with a line's words. */
export interface LexProblem {
  readonly message: string;
  /** 1-based; a caret is shown there. Absent where the message says it all. */
  readonly column?: number;
}

/** The words of a line; with a problem, none of them should be used. */
export interface LexedLine {
  readonly words: readonly Word[];
  readonly problem?: LexProblem;
}

const MARKER = /^#tandem[ \t]/;
const PLAIN_ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** The state of reading one line. */
class LineReader {
  readonly words: Word[] = [];
  problem: LexProblem | undefined;
  #text = "";
  #column = 0;
  #open = false;

  /** Adds text to the word being read, which starts at `at` (0-based) if it is the first of it. */
  append(text: string, at: number): void {
    if (!this.#open) this.#column = at + 1;
    this.#open = true;
    this.#text += text;
  }

  /** Ends the word being read, if there is one. */
  endWord(): void {
    if (!this.#open) return;
    if (this.words.length === CONFIG_WORDS_MAX) {
      const where = `position ${this.#column}: <${this.#text}>`;
      this.problem = {
        message: `too many words, truncating after word ${CONFIG_WORDS_MAX}, ${where}.`,
      };
    } else {
      this.words.push({ text: this.#text, column: this.#column });
    }
    this.#open = false;
    this.#text = "";
  }

  /** Whether no word is being read, so that a comment marker stands alone. */
  get betweenWords(): boolean {
    return !this.#open;
  }

  fail(message: string, at: number): void {
    this.problem = { message, column: at + 1 };
  }
}

/** Cuts a line (without its line feed) into words. Never throws; cost is linear in the line. */
export function lexLine(line: string, lookup: VariableLookup): LexedLine {
  const reader = new LineReader();
  if (line.length > CONFIG_LINE_BYTES_MAX) {
    return { words: [], problem: { message: `line too long, limit: ${CONFIG_LINE_BYTES_MAX}.` } };
  }
  let at = 0;
  while (at < line.length && reader.problem === undefined) {
    const character = line[at]!;
    if (character === "\\") at = readEscape(reader, line, at, false);
    else if (character === '"') at = readDoubleQuoted(reader, line, at, lookup);
    else if (character === "'") at = readSingleQuoted(reader, line, at);
    else if (character === " " || character === "\t" || character === "\r") {
      reader.endWord();
      at++;
    } else if (character === "#") {
      if (!reader.betweenWords || !MARKER.test(line.slice(at, at + 8))) break;
      at += "#tandem".length;
    } else if (character === "\0") {
      reader.fail("NUL byte in the file, it might be damaged,", at);
    } else {
      reader.append(character, at);
      at++;
    }
  }
  if (reader.problem === undefined) reader.endWord();
  return reader.problem === undefined
    ? { words: reader.words }
    : { words: reader.words, problem: reader.problem };
}

function readSingleQuoted(reader: LineReader, line: string, at: number): number {
  const close = line.indexOf("'", at + 1);
  if (close < 0) {
    reader.fail("unmatched quote", at);
    return line.length;
  }
  reader.append(line.slice(at + 1, close), at);
  return close + 1;
}

function readDoubleQuoted(
  reader: LineReader,
  line: string,
  open: number,
  lookup: VariableLookup,
): number {
  reader.append("", open);
  let at = open + 1;
  while (at < line.length && reader.problem === undefined) {
    const character = line[at]!;
    if (character === '"') return at + 1;
    if (character === "\\") at = readEscape(reader, line, at, true);
    else if (character === "$") at = readVariable(reader, line, at, lookup);
    else {
      reader.append(character, at);
      at++;
    }
  }
  if (reader.problem === undefined) reader.fail("unmatched quote", open);
  return line.length;
}

function readVariable(
  reader: LineReader,
  line: string,
  at: number,
  lookup: VariableLookup,
): number {
  const expansion = expandVariable(line, at, lookup);
  if (!expansion.ok) {
    reader.fail(expansion.message, expansion.at);
    return line.length;
  }
  if (!expansion.spread) {
    reader.append(expansion.text, at);
    return expansion.next;
  }
  const parts = expansion.text.split(/[ \t\r\n]+/).filter((part) => part !== "");
  for (const [index, part] of parts.entries()) {
    if (index > 0) reader.endWord();
    reader.append(part, at);
  }
  return expansion.next;
}

/** Reads the escape at `at`; what is no escape keeps its backslash. */
function readEscape(reader: LineReader, line: string, at: number, quoted: boolean): number {
  const next = line[at + 1] ?? "";
  if (next === "x") {
    const digits = line.slice(at + 2, at + 4);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) {
      reader.fail("truncated or invalid hexadecimal sequence", at);
      return line.length;
    }
    reader.append(String.fromCharCode(Number.parseInt(digits, 16)), at);
    return at + 4;
  }
  const plain = PLAIN_ESCAPES[next];
  if (plain !== undefined) {
    reader.append(plain, at);
    return at + 2;
  }
  if (" \t#\\'\"".includes(next) && next !== "") {
    reader.append(next, at);
    return at + 2;
  }
  if (quoted && next === "$") {
    reader.append("$", at);
    return at + 2;
  }
  reader.append("\\", at);
  return at + 1;
}
