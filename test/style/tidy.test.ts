// The habits that a formatter and a linter do not see.
import { describe, expect, test } from "vitest";
import { sourceFiles, withoutComments, type SourceFile } from "./sources.ts";

const LINES_MAX = 400;
const COLUMNS_MAX = 100;

const CODE = sourceFiles(["src", "ha", "cli", "web", "test", "scripts"], [".ts"]);
const PROGRAM = sourceFiles(["src", "ha", "cli", "web"], [".ts"]);
const ALL_TEXT = sourceFiles(
  ["src", "ha", "cli", "web", "test", "scripts", "docs", "bin"],
  [".ts", ".css", ".md", ".mjs", ".c", "/tandem", "/haproxy", "/test", "/try", "/bench"],
);

/** Long texts (tables, messages, links) may pass the margin: the formatter does not break them. */
function isLongText(line: string): boolean {
  return /["'`/]/.test(line) || line.trimStart().startsWith("*");
}

function findLines(files: readonly SourceFile[], bad: (line: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.lines.flatMap((line, index) => (bad(line) ? [`${file.path}:${index + 1}: ${line}`] : [])),
  );
}

// Put together from halves, so that this file does not find itself.
const UNFINISHED = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);
const MACHINE_PATH = new RegExp(`(?:^|[\\s"'\`(=])/(?:${["ro" + "ot", "wo" + "rk"].join("|")})/`);

describe("tidy", () => {
  test("no file is longer than it may be", () => {
    const long = CODE.filter((file) => file.lines.length > LINES_MAX);
    expect(long.map((file) => `${file.path}: ${file.lines.length} lines`)).toEqual([]);
  });

  test("no line of code is wider than the margin", () => {
    const wide = (line: string): boolean => line.length > COLUMNS_MAX && !isLongText(line);
    expect(findLines(CODE, wide)).toEqual([]);
  });

  test("nothing is left unfinished", () => {
    expect(findLines(ALL_TEXT, (line) => UNFINISHED.test(line))).toEqual([]);
  });

  test("no path of one machine is written down", () => {
    expect(findLines(ALL_TEXT, (line) => MACHINE_PATH.test(line))).toEqual([]);
  });

  test("no default exports, no barrels, no file of odds and ends", () => {
    const code = PROGRAM.map((file) => ({ ...file, text: withoutComments(file.text) }));
    const defaults = code.filter((file) => /^export default\b/m.test(file.text));
    const barrels = code.filter((file) => /^export (?:\*|\{[^}]*\}) from\b/m.test(file.text));
    const odds = code.filter((file) => /\/(?:utils?|helpers?|index|misc)\.ts$/.test(file.path));
    expect([...defaults, ...barrels, ...odds].map((file) => file.path)).toEqual([]);
  });

  test("every exported thing says what it is", () => {
    const exported =
      /^export (?:declare )?(?:abstract )?(?:async )?(?:function|class|interface|type)\b/;
    const silent = PROGRAM.flatMap((file) =>
      file.lines.flatMap((line, index) => {
        if (!exported.test(line) || /^export type \{/.test(line)) return [];
        const before = (file.lines[index - 1] ?? "").trim();
        return before.endsWith("*/") ? [] : [`${file.path}:${index + 1}: ${line}`];
      }),
    );
    // Overloads of one function share one comment.
    expect(silent).toEqual([]);
  });
});
