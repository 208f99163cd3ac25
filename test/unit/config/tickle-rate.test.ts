import { describe, expect, test } from "vitest";
import { printConfiguration } from "../../../src/config/print.ts";
import { alertsOf, readText } from "./read-text.ts";

function rateOf(text: string): number {
  return readText(text).configuration.global.tickleRate;
}

describe("tickle-rate", () => {
  test.each([
    ["", 2_000],
    ["tickle-rate 500", 500],
    ["#tandem tickle-rate 0", 0],
    ["#tandem tickle-rate 10000", 10_000],
  ])("%j gives %d, also when printed and read again", (line, rate) => {
    const { configuration } = readText(`global\n  ${line}\n`);
    expect(configuration.global.tickleRate).toBe(rate);
    expect(rateOf(printConfiguration(configuration))).toBe(rate);
  });

  test.each(["10001", "-1", "many", ""])("%j is refused with what may stand there", (value) => {
    expect(alertsOf(`global\n  tickle-rate ${value}\n`)).toEqual([
      "'tickle-rate' expects a whole number in range 0..10000.",
    ]);
  });
});
