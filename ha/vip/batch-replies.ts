// What `ip -o -force -batch -` answers, told apart by command.
//
// Theory of operation. `ip` says nothing of a command that went well. So after each command stands
// a word that is no command: its failure, "Command failed -:N" with N the number of the line, marks
// the end of the answer. The commands have the odd lines, the marks the even ones.

/** The word after each command. `ip` will not know it. */
export const MARK = "tandem-mark";

/** The answer to one command. */
export interface BatchReply {
  /** What it printed: lines of output, or what `ip` complained of. */
  readonly lines: readonly string[];
  readonly hasFailed: boolean;
}

/** Cuts the output of `ip` into answers. Bounded by `linesMax` lines of `charsMax` characters. */
export class BatchReplies {
  readonly #linesMax: number;
  readonly #charsMax: number;
  #rest = "";
  #lines: string[] = [];
  #hasFailed = false;

  constructor(linesMax: number, charsMax: number) {
    this.#linesMax = linesMax;
    this.#charsMax = charsMax;
  }

  /** Takes output, standard error included; gives the answers that it completes, in order. */
  feed(text: string): readonly BatchReply[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, this.#charsMax);
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  /** What was said since the last complete answer; for a process that ended amid a command. */
  unfinished(): readonly string[] {
    return [...this.#lines, this.#rest].filter((line) => line !== "");
  }

  #line(line: string): BatchReply | undefined {
    const number = /^Command failed -:(\d{1,15})$/.exec(line)?.[1];
    if (number !== undefined) {
      if (Number(number) % 2 === 1) {
        this.#hasFailed = true;
        return undefined;
      }
      const reply = { lines: this.#lines, hasFailed: this.#hasFailed };
      this.#lines = [];
      this.#hasFailed = false;
      return reply;
    }
    const isMark = line.startsWith(`Object "${MARK}" is unknown`);
    if (!isMark && this.#lines.length < this.#linesMax) {
      this.#lines.push(line.slice(0, this.#charsMax));
    }
    return undefined;
  }
}

/** Whether words can stand in a line of a batch as they are. */
export function isBatchable(words: readonly string[]): boolean {
  const [object = "-"] = words;
  // A line has no room for options of `ip` itself, such as -6.
  if (object.startsWith("-") || object === MARK) return false;
  return words.every((word) => /^[^\s'"\\#]+$/.test(word));
}

/** Texts of the kernel and of `ip` for what is there already. */
const EXISTS = /File exists|already assigned/;
/** Texts for what is not there. */
const IS_GONE =
  /not found|Cannot find device|does not exist|Cannot assign requested address|No such (?:process|device|file or directory)/;

/** Whether a failure only says that the work was done before: adding what exists, removing what is gone. */
export function isDoneAlready(words: readonly string[], message: string): boolean {
  if (words[1] === "add") return EXISTS.test(message);
  return words[1] === "del" && IS_GONE.test(message);
}
