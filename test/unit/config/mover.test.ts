import { describe, expect, test } from "vitest";
import { printConfiguration } from "../../../src/config/print.ts";
import { alertsOf, readText } from "./read-text.ts";

function moverOf(text: string): string {
  return readText(text).configuration.global.mover;
}

describe("mover", () => {
  test.each([
    ["", "auto"],
    ["mover auto", "auto"],
    ["mover native", "native"],
    ["#tandem mover node", "node"],
  ])("%j gives %s, also when printed and read again", (line, mover) => {
    const { configuration } = readText(`global\n  ${line}\n`);
    expect(configuration.global.mover).toBe(mover);
    expect(moverOf(printConfiguration(configuration))).toBe(mover);
  });

  test("another word is refused with what may stand there", () => {
    expect(alertsOf("global\n  mover nativ\n")).toEqual([
      "'mover' expects 'auto', 'native' or 'node', found 'nativ'; did you mean 'native' maybe ?",
    ]);
    expect(alertsOf("global\n  mover\n")).toEqual([
      "'mover' expects 'auto', 'native' or 'node', found nothing.",
    ]);
  });
});
