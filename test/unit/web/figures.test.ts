// Texts of the dashboard in the browser.
import { describe, expect, test } from "vitest";
import { ageText, bytesText, countText } from "../../../web/figures.ts";
import { shownText } from "../../../web/foreign-text.ts";

describe("figures", () => {
  test("have three digits that count, and a unit", () => {
    expect([0, 999, 1_000, 12_345, 1_500_000].map(bytesText)).toEqual([
      "0 B",
      "999 B",
      "1.00 kB",
      "12.3 kB",
      "1.50 MB",
    ]);
    expect([7, 20_001, 123_456, 4_500_000].map(countText)).toEqual([
      "7",
      "20,001",
      "123 k",
      "4.50 M",
    ]);
    expect(ageText(3 * 3_600_000 + 240_000)).toBe("3 h");
  });
});

describe("texts of strangers", () => {
  test("show what cannot be seen by its number", () => {
    expect(shownText("a\u202eb\u0000\n\u200b\u2066\ufeff")).toBe(
      "a\\u{202e}b\\u{0}\\u{a}\\u{200b}\\u{2066}\\u{feff}",
    );
    expect(shownText("\ud800")).toBe("\\u{d800}");
    expect(shownText("x\u3000y")).toBe("x\\u{3000}y");
  });

  test("stay as they are where they can be seen", () => {
    for (const text of ["<b>&amp;", "Zähler-1", "温度計", "a b\\c"]) {
      expect(shownText(text)).toBe(text);
    }
  });
});
