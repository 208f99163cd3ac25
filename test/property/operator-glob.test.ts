import fc from "fast-check";
import { expect, test } from "vitest";
import { globMatcher, isGlob } from "../../src/operator/glob.ts";

const LETTERS = fc.array(fc.constantFrom("a", "b", "*", "?", "/", ".")).map((all) => all.join(""));

test("a pattern matches what the same regular expression does", () => {
  fc.assert(
    fc.property(LETTERS, LETTERS, (pattern, text) => {
      const escaped = pattern.replace(/[/.]/g, "\\$&");
      const twin = new RegExp(`^${escaped.replaceAll("*", "[^]*").replaceAll("?", "[^]")}$`);
      expect(globMatcher(pattern)(text)).toBe(isGlob(pattern) ? twin.test(text) : pattern === text);
    }),
    { numRuns: 2_000 },
  );
});

test("many stars against a long text take a bounded number of steps", () => {
  const matches = globMatcher(`${"*a".repeat(30)}b`);
  expect(matches("a".repeat(20_000))).toBe(false);
});
