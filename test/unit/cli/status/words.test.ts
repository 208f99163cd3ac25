// Texts of the status screen: what fits, what is cut, what never reaches a terminal.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitted, piece } from "../../../../cli/status/line.ts";
import { misfit } from "../../../../src/base/shape.ts";
import { AGENT_SHAPE, BALANCER_SHAPE, GUARD_SHAPE } from "../../../../cli/status/report-shapes.ts";
import { tableLines } from "../../../../cli/status/table.ts";
import { listWords, printable, shortened, wrapped } from "../../../../cli/status/words.ts";
import { agent, balancer, guard } from "./sample-node.ts";

describe("foreign texts", () => {
  test("letters stay, everything that moves a cursor becomes a number", () => {
    expect(printable("Zürich-1")).toBe("Zürich-1");
    expect(printable("a\u001b[2J\r\n\u202eb\u00ad")).toBe(
      "a\\u{1b}[2J\\u{d}\\u{a}\\u{202e}b\\u{ad}",
    );
  });

  test("property: what is printable is so once and for all, and one column a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).toMatch(/^[\x20-\x7e\u00a1-\u024f]*$/);
        expect(printable(printable(text))).toBe(printable(text));
      }),
    );
  });
});

describe("widths", () => {
  test("names are cut in the middle, texts at the end", () => {
    expect(shortened("broker-eu-west-1", 9, true)).toBe("brok…st-1");
    expect(shortened("broker-eu-west-1", 9)).toBe("broker-e…");
    expect(shortened("abc", 1)).toBe("…");
    expect(listWords(["a", "b", "c"], 2)).toBe("a, b and 1 more");
  });

  test("property: pieces, wrapped lines and tables keep to the width", () => {
    const words = fc.array(fc.string({ maxLength: 30 }), { maxLength: 8 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 60 }), (texts, width) => {
        const length = (line: readonly { readonly text: string }[]): number =>
          line.reduce((sum, { text }) => sum + text.length, 0);
        const line = texts.map((text) => piece(text));
        const kept = fitted(line, width);
        expect(length(kept)).toBeLessThanOrEqual(width);
        if (length(line) <= width) expect(kept).toEqual(line);
        const lines = wrapped(texts.join(" "), width, 3);
        expect(lines.length).toBeLessThanOrEqual(3);
        for (const text of lines) expect(text.length).toBeLessThanOrEqual(width);
        const columns = texts.map((title) => ({ title, widthMin: 1 }));
        const tableWidth = Math.max(width, 4 * texts.length);
        for (const row of tableLines(columns, [line], "  ", tableWidth + 2)) {
          expect(length(row)).toBeLessThanOrEqual(tableWidth + 2);
        }
      }),
    );
  });
});

describe("misfit()", () => {
  test("reports fit their shapes, and say where they do not", () => {
    expect(misfit(agent(), AGENT_SHAPE, "agent")).toBeUndefined();
    expect(misfit(guard(), GUARD_SHAPE, "guard")).toBeUndefined();
    expect(misfit({ ...balancer(), added: 1 }, BALANCER_SHAPE, "balancer")).toBeUndefined();
    const { tables, ...rest } = balancer();
    expect(misfit(rest, BALANCER_SHAPE, "balancer")).toBe("balancer.tables: expected a list");
    const unnamed = { ...rest, tables: [{ ...tables[0], name: null }] };
    expect(misfit(unnamed, BALANCER_SHAPE, "balancer")).toBe(
      "balancer.tables[0].name: expected a string",
    );
  });

  test("property: whatever is answered, the check ends in a value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(typeof misfit(value, BALANCER_SHAPE, "balancer")).toBe("string");
      }),
    );
  });
});
