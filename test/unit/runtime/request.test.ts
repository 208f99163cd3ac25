import { describe, expect, test } from "vitest";
import { RUNTIME_REQUEST_BYTES_MAX } from "../../../src/runtime/limits.ts";
import { RequestReader, splitCommands, splitWords } from "../../../src/runtime/request.ts";

function commandsOf(...texts: string[]): unknown[] {
  const reader = new RequestReader();
  const found: unknown[] = [];
  for (const text of texts) {
    reader.push(Buffer.from(text, "latin1"));
    for (let next = reader.next(); next.kind !== "more"; next = reader.next()) {
      found.push(next.kind === "command" ? [...next.words, ...tail(next.payload)] : next.kind);
      if (next.kind === "too-long") return found;
    }
  }
  return found;
}

function tail(payload: string | undefined): unknown[] {
  return payload === undefined ? [] : [{ payload }];
}

describe("words", () => {
  test("are separated by blanks, any number of them", () => {
    expect(splitWords("  show\t table  be ")).toEqual(["show", "table", "be"]);
  });

  test("a backslash protects what follows it", () => {
    expect(splitWords("set key a\\ b\\\\c\\;d")).toEqual(["set", "key", "a b\\c;d"]);
    expect(splitWords("show version \\")).toEqual(["show", "version"]);
  });

  test("commands are separated by semicolons without a backslash", () => {
    expect(splitCommands("a;b\\;c;d")).toEqual(["a", "b\\;c", "d"]);
    expect(splitCommands("a;")).toEqual(["a"]);
    expect(splitCommands(";a")).toEqual(["", "a"]);
    expect(splitCommands("")).toEqual([""]);
  });
});

describe("RequestReader", () => {
  test("takes lines as they come, in any pieces, with either line end", () => {
    expect(commandsOf("sho", "w ver", "sion\r\nquit\n")).toEqual([["show", "version"], ["quit"]]);
  });

  test("a line that is not finished is no command", () => {
    expect(commandsOf("set weight b/s 1")).toEqual([]);
  });

  test("an empty line is a command without words", () => {
    expect(commandsOf("\n")).toEqual([[]]);
  });

  test("a payload ends at an empty line and belongs to the last command", () => {
    const text = "a; set x <<\none\ntwo; three\n\nb\n";
    expect(commandsOf(text)).toEqual([
      ["a"],
      ["set", "x", { payload: "one\ntwo; three\n" }],
      ["b"],
    ]);
  });

  test("'<<' before the end of the line is a word", () => {
    expect(commandsOf("a << b\nc\n")).toEqual([["a", "<<", "b"], ["c"]]);
    expect(commandsOf("a <<;c\n")).toEqual([["a", "<<"], ["c"]]);
  });

  test("a command with too many words is refused and the next one is taken", () => {
    expect(commandsOf(`${"w ".repeat(65)}\nb\n`)).toEqual(["too-many-words", ["b"]]);
    expect(commandsOf(`${"w ".repeat(64)}\n`)).toEqual([new Array<string>(64).fill("w")]);
  });

  test("neither a line nor a payload grows without bound", () => {
    expect(commandsOf("x".repeat(RUNTIME_REQUEST_BYTES_MAX + 1))).toEqual(["too-long"]);
    const line = `${"y".repeat(1000)}\n`;
    expect(commandsOf(`a <<\n${line.repeat(70)}`)).toEqual(["too-long"]);
  });
});
