import { describe, expect, test } from "vitest";
import { lexLine } from "../../../src/config/lexer.ts";
import { CONFIG_LINE_BYTES_MAX, CONFIG_WORDS_MAX } from "../../../src/limits.ts";

const VARIABLES: Readonly<Record<string, string>> = { A: "1", LIST: "a b  c", EMPTY: "" };
const lex = (line: string): readonly string[] =>
  lexLine(line, (name) => VARIABLES[name]).words.map((word) => word.text);

describe("lexLine()", () => {
  // Each line and its words, as HAProxy 2.6.12 cuts them.
  test.each([
    ["  bind  :1\t#x", ["bind", ":1"]],
    ["a#b c", ["a"]],
    [String.raw`a\ b\#c\'d\"e\$f`, [String.raw`a b#c'd"e\$f`]],
    [String.raw`x\yz`, [String.raw`x\yz`]],
    [String.raw`"x\y\"\$\'\#\\ \x41"`, [String.raw`x\y"$'#\ A`]],
    [String.raw`'a\b"$A'`, [String.raw`a\b"$A`]],
    [`"a'b"c'd"e'`, [`a'bcd"e`]],
    [`$A "$A" "\${A}b" "\${NO-x y}" "\${EMPTY-x}" "$NO"`, ["$A", "1", "1b", "x y", "", ""]],
    [`"\${LIST[*]}" z`, ["a", "b", "c", "z"]],
    [`''`, [""]],
    ["bind :1\r", ["bind", ":1"]],
    ["  #tandem option x", ["option", "x"]],
    ["server a b #tandem drain 3s # why", ["server", "a", "b", "drain", "3s"]],
    ["#tandem", []],
    ["#tandems x", []],
    ["# #tandem x", []],
    ["a#tandem x", ["a"]],
  ])("cuts %j", (line, words) => {
    expect(lex(line)).toEqual(words);
  });

  test.each([
    ['frontend "f', "unmatched quote", 10],
    [" bind 'abc", "unmatched quote", 7],
    [' bind "${A', "unmatched brace in environment variable name", 9],
    [' bind "$1x"', "forbidden first char in environment variable name", 9],
    [" bind \\x1", "truncated or invalid hexadecimal sequence", 7],
  ])("says where %j is wrong", (line, message, column) => {
    expect(lexLine(line, () => undefined).problem).toEqual({ message, column });
  });

  test("gives the column of each word", () => {
    const { words } = lexLine("  server 'a b'  x", () => undefined);
    expect(words.map((word) => word.column)).toEqual([3, 10, 17]);
  });

  test("refuses more words and longer lines than it is bound to", () => {
    const many = "a ".repeat(CONFIG_WORDS_MAX);
    expect(lexLine(many, () => undefined).problem).toBeUndefined();
    expect(lexLine(`${many}b`, () => undefined).problem?.message).toContain("too many words");
    const long = "a".repeat(CONFIG_LINE_BYTES_MAX + 1);
    expect(lexLine(long, () => undefined).problem?.message).toContain("line too long");
  });
});
