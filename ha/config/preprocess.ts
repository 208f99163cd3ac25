// From files to lines: includes, `@id` conditions, definitions, `~SEQ` and `~LST`, variables, in
// the order of keepalived.conf(5), "ADVANCED CONFIGURATION". What others wrote cannot make it run
// long: files, lines and characters that come out are bounded.
import type { Position } from "../../src/base/diagnostic.ts";
import {
  CONFIG_BYTES_MAX,
  CONFIG_EXPANDED_CHARS_MAX,
  CONFIG_EXPANDED_LINES_MAX,
  CONFIG_FILES_MAX,
  CONFIG_INCLUDE_DEPTH_MAX,
  CONFIG_LINE_CHARS_MAX,
  CONFIG_SUBSTITUTIONS_MAX,
} from "../limits.ts";
import { Definitions, parseDefinition } from "./definitions.ts";
import type { BuiltinFacts, Substitution } from "./definitions.ts";
import {
  applyIncludeCheck,
  folderOf,
  mustMatch,
  parseInclude,
  resolvePath,
  type IncludeCheck,
} from "./include.ts";
import { withoutComment } from "./lexer.ts";
import type { SourceReader } from "./read.ts";
import { shown, shownPart, type Report } from "./report.ts";
import { parseSequence, type Assignment } from "./sequence.ts";

/** One line as the keywords see it. */
export interface Line {
  readonly text: string;
  readonly position: Position;
  /** Whether it stood behind `#tandem`. */
  readonly isOurs: boolean;
}

interface Pending {
  readonly text: string;
  readonly position: Position;
  readonly isOurs: boolean;
  /** Values already put in, the guard against a name that contains itself. */
  readonly depth: number;
}

/** Where lines come from: a file, the lines of a value, or the rounds of a sequence. */
interface Frame {
  next(): Pending | undefined;
  readonly folder: string;
  readonly file: string | undefined;
  checks: ReadonlySet<IncludeCheck>;
}

/** The lines of a configuration, one after another. */
export class Preprocessor {
  readonly #frames: Frame[] = [];
  readonly #definitions: Definitions;
  readonly #sources: SourceReader;
  readonly #report: Report;
  readonly #configId: string;
  #chars = 0;
  #lines = 0;
  #files = 0;

  constructor(sources: SourceReader, report: Report, facts: BuiltinFacts) {
    this.#sources = sources;
    this.#report = report;
    this.#definitions = new Definitions(facts);
    this.#configId = facts.configId;
  }

  /** Starts with a file; false when it cannot be read. */
  open(file: string): boolean {
    return this.#pushFile(file, undefined, new Set());
  }

  /** `include_check` was met: it counts for the file it stands in; false for an unknown option. */
  setIncludeCheck(words: readonly string[]): boolean {
    const frame = this.#frames.findLast((one) => one.file !== undefined);
    if (frame === undefined) return true;
    const checks = applyIncludeCheck(words, frame.checks);
    if (checks !== undefined) frame.checks = checks;
    return checks !== undefined;
  }

  /** `random_seed` was met. */
  seed(value: number): void {
    this.#definitions.seed(value);
  }

  /** The next line that is neither empty nor used up here. */
  next(): Line | undefined {
    for (;;) {
      const pending = this.#take();
      if (pending === undefined || this.#report.isFatal) return undefined;
      const line = this.#process(pending);
      if (line !== undefined) return line;
    }
  }

  #take(): Pending | undefined {
    for (;;) {
      const frame = this.#frames.at(-1);
      const pending = frame?.next();
      if (pending !== undefined) return this.#isWithinBounds(pending) ? pending : undefined;
      if (this.#frames.pop() === undefined) return undefined;
    }
  }

  #isWithinBounds(pending: Pending): boolean {
    this.#lines++;
    this.#chars += pending.text.length;
    const tooMany = this.#lines > CONFIG_EXPANDED_LINES_MAX;
    if (!tooMany && this.#chars <= CONFIG_EXPANDED_CHARS_MAX) return true;
    const found = tooMany
      ? `more than ${CONFIG_EXPANDED_LINES_MAX} lines`
      : `more than ${CONFIG_EXPANDED_CHARS_MAX} characters`;
    this.#frames.length = 0;
    this.#report.add(
      "fatal",
      `the configuration grows to ${found} by includes, definitions and sequences`,
      pending.position,
      "Look for a definition or a ~SEQ that multiplies another one.",
    );
    return false;
  }

  /** Keywords see what this returns; `undefined` when the line was used up. */
  #process(pending: Pending): Line | undefined {
    const { position, isOurs, depth } = pending;
    const text = this.#applyConditions(pending.text.trim());
    if (text === undefined || text === "") return undefined;
    const definition = parseDefinition(text);
    if (definition !== undefined) {
      this.#define(definition.name, definition.value);
      return undefined;
    }
    const sequence = parseSequence(text);
    if (sequence?.kind === "malformed") {
      this.#report.add("error", `${sequence.message} '${shownPart(text, text)}'`, position);
      return undefined;
    }
    if (sequence?.kind === "values") {
      this.#pushRounds(sequence.assignments, { ...pending, text: sequence.rest });
      return undefined;
    }
    const found = this.#definitions.find(text, this.#folder());
    if (found === undefined) return { text, position, isOurs };
    if (depth >= CONFIG_SUBSTITUTIONS_MAX) {
      this.#report.add(
        "fatal",
        `a definition contains itself, or more than ${CONFIG_SUBSTITUTIONS_MAX} values stand for one line: '${shownPart(text, text)}'`,
        position,
        "Keepalived 2.2.7 never ends on a definition that contains itself.",
      );
      return undefined;
    }
    this.#pushSubstitution(found, { ...pending, text, depth: depth + 1 });
    return undefined;
  }

  /** `@id rest` and `@^id rest`; `undefined` when the line is for others. */
  #applyConditions(line: string): string | undefined {
    let text = line;
    while (text.startsWith("@")) {
      const match = /^@(\^?)(\S*)\s*(.*)$/s.exec(text)!;
      if ((match[2] === this.#configId) === (match[1] === "^")) return undefined;
      text = match[3]!;
    }
    return text;
  }

  /** A value that ends in a backslash goes on in the next line of the same source. */
  #define(name: string, first: string): void {
    let part = first.trimEnd();
    const lines: string[] = [];
    while (part.endsWith("\\")) {
      lines.push(part.slice(0, -1).trim());
      const frame = this.#frames.at(-1);
      const next = frame?.next();
      part = next === undefined || !this.#isWithinBounds(next) ? "" : next.text.trimEnd();
    }
    lines.push(part.trim());
    const start = lines.findIndex((line) => line !== "");
    this.#definitions.set(name, start < 0 ? [""] : lines.slice(start));
  }

  #pushRounds(assignments: Iterable<Assignment>, pending: Pending): void {
    const rounds = assignments[Symbol.iterator]();
    this.#frames.push({
      folder: this.#folder(),
      file: undefined,
      checks: new Set(),
      next: () => {
        const round = rounds.next();
        if (round.done === true) return undefined;
        for (const [name, value] of round.value) this.#definitions.set(name, [value]);
        return pending;
      },
    });
  }

  #pushSubstitution(found: Substitution, pending: Pending): void {
    const { text } = pending;
    const lines = [...found.lines];
    lines[0] = text.slice(0, found.start) + lines[0]!;
    lines.push((lines.pop() ?? "") + text.slice(found.end));
    if (lines.some((line) => line.length > CONFIG_LINE_CHARS_MAX)) {
      const limit = `a line grows to more than ${CONFIG_LINE_CHARS_MAX} characters by definitions`;
      this.#report.add("fatal", limit, pending.position);
      return;
    }
    let index = 0;
    this.#frames.push({
      folder: this.#folder(),
      file: undefined,
      checks: new Set(),
      next: () => {
        const line = lines[index++];
        return line === undefined ? undefined : { ...pending, text: line };
      },
    });
  }

  #folder(): string {
    return this.#frames.at(-1)?.folder ?? "";
  }

  #pushFile(file: string, from: Position | undefined, checks: ReadonlySet<IncludeCheck>): boolean {
    const content = this.#sources.read(file);
    if (content === undefined) return false;
    if (content.length > CONFIG_BYTES_MAX || ++this.#files > CONFIG_FILES_MAX) {
      const found =
        content.length > CONFIG_BYTES_MAX
          ? `${file} has ${content.length} characters, expected at most ${CONFIG_BYTES_MAX}`
          : `more than ${CONFIG_FILES_MAX} files are included`;
      this.#report.add("fatal", found, from);
      return true;
    }
    const lines = content.split("\n");
    let index = 0;
    const frame: Frame = {
      folder: folderOf(file),
      file,
      checks,
      next: () => {
        while (index < lines.length) {
          const raw = lines[index++]!;
          const position: Position = { file, line: index };
          const pending = this.#readRaw(raw, position);
          if (pending === undefined) continue;
          if (pending !== "include") return pending;
          // The included lines come first; this frame goes on below them.
          return { text: "", position, isOurs: false, depth: 0 };
        }
        return undefined;
      },
    };
    this.#frames.push(frame);
    return true;
  }

  #readRaw(raw: string, position: Position): Pending | "include" | undefined {
    if (raw.length > CONFIG_LINE_CHARS_MAX) {
      const found = `a line of ${raw.length} characters, expected at most ${CONFIG_LINE_CHARS_MAX}`;
      this.#report.add("error", found, position, "The line is skipped.");
      return undefined;
    }
    const trimmed = raw.trim();
    const ours = /^#tandem(?:\s+(.*))?$/.exec(trimmed);
    const text = withoutComment(ours === null ? trimmed : (ours[1] ?? "")).trim();
    if (text === "") return undefined;
    const frame = this.#frames.findLast((one) => one.file !== undefined)!;
    const include = parseInclude(text, frame.checks);
    if (include === undefined) return { text, position, isOurs: ours !== null, depth: 0 };
    this.#include(include.pattern, include.checks, frame, position);
    return "include";
  }

  #include(
    pattern: string,
    checks: ReadonlySet<IncludeCheck>,
    from: Frame,
    position: Position,
  ): void {
    const depth = this.#frames.filter((frame) => frame.file !== undefined).length;
    if (depth >= CONFIG_INCLUDE_DEPTH_MAX) {
      const found = `more than ${CONFIG_INCLUDE_DEPTH_MAX} files inside files`;
      this.#report.add("fatal", found, position, "Look for a file that includes itself.");
      return;
    }
    const paths = this.#sources.glob(resolvePath(from.folder, pattern));
    let count = 0;
    // Frames are a stack: the last file pushed is read first.
    for (const path of [...paths].reverse()) {
      if (this.#pushFile(path, position, checks)) count++;
      else if (checks.has("readable")) {
        this.#report.add("missing", `Unable to read file ${shown(path)}`, position);
      }
    }
    if (count > 0) return;
    const isMissing = mustMatch(pattern, checks);
    const text = `Config files missing '${shown(pattern)}'.`;
    this.#report.add(isMissing ? "missing" : "note", text, position);
  }
}
