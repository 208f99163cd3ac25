// Invariants: the reader never throws and costs a bounded time whatever a file holds; what it
// accepts, printed, reads back as an equal configuration.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lexLine } from "../../src/config/lexer.ts";
import { describeConfiguration } from "../../src/config/describe.ts";
import { configurationsEqual, printConfiguration } from "../../src/config/print.ts";
import { readConfiguration } from "../../src/config/read.ts";
import type { ReadResult } from "../../src/config/read.ts";
import { renderDiagnostics } from "../../src/config/render.ts";
import { printWord } from "../../src/rules/print-word.ts";
import { configurationText, noisyText } from "./config-arbitrary.ts";

function read(text: string): ReadResult {
  const options = { environment: { A: "1" }, version: "0.1.0", hostName: "lb1" };
  return readConfiguration([{ name: "t.cfg", text }], options);
}

describe("lexLine()", () => {
  test("never throws, and its words fit into the line", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const line = Buffer.from(bytes).toString("latin1");
        const { words } = lexLine(line, () => undefined);
        const total = words.reduce((sum, word) => sum + word.text.length, 0);
        expect(total).toBeLessThanOrEqual(line.length);
      }),
    );
  });

  test("reads each printed word back", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme-ascii" }), { maxLength: 8 }), (words) => {
        const line = words.map(printWord).join(" ");
        expect(lexLine(line, () => undefined).words.map((word) => word.text)).toEqual(words);
      }),
    );
  });
});

describe("readConfiguration()", () => {
  test("never throws on lines of known words in any order", () => {
    fc.assert(
      fc.property(noisyText, (text) => {
        const { configuration, diagnostics } = read(text);
        expect(typeof renderDiagnostics(diagnostics, 1)).toBe("string");
        expect(typeof describeConfiguration(configuration)).toBe("string");
      }),
      { numRuns: 200 },
    );
  });

  test("reads what printConfiguration() writes as an equal configuration", () => {
    fc.assert(
      fc.property(configurationText, (text) => {
        const first = read(text);
        expect(alerts(first)).toEqual([]);
        const printed = printConfiguration(first.configuration);
        const second = read(printed);
        expect(alerts(second)).toEqual([]);
        expect(configurationsEqual(first.configuration, second.configuration)).toBe(true);
        expect(printConfiguration(second.configuration)).toBe(printed);
      }),
      { numRuns: 150 },
    );
  });
});

function alerts(result: ReadResult): readonly string[] {
  return result.diagnostics
    .filter((finding) => finding.severity === "alert")
    .map((finding) => finding.message);
}
