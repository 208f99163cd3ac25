import { describe, expect, test } from "vitest";
import { describeConfiguration } from "../../../src/config/describe.ts";
import { printConfiguration } from "../../../src/config/print.ts";
import { alertsOf, readText } from "./read-text.ts";

function ratesOf(text: string): unknown {
  const { servers } = readText(text).configuration.proxies[0]!.backend!;
  return servers.map(({ connectRate }) => connectRate);
}

const backend = (...lines: readonly string[]): string => `backend b\n ${lines.join("\n ")}\n`;

describe("mqtt-connect-rate", () => {
  test.each([
    ["for a backend", ["#tandem mqtt-connect-rate 200/s"], [{ perSecond: 200, burst: 20 }]],
    ["with a burst", ["mqtt-connect-rate 5 burst 5"], [{ perSecond: 5, burst: 5 }]],
    [
      "behind a server",
      ["mqtt-connect-rate 5", "server y 10.0.0.2:1 mqtt-connect-rate off"],
      [{ perSecond: 5, burst: 1 }, undefined],
    ],
    [
      "by default-server",
      ["#tandem default-server mqtt-connect-rate 7/s"],
      [{ perSecond: 7, burst: 1 }],
    ],
  ])("%s, also when printed and read again", (_name, lines, rates) => {
    const [first, second] = lines;
    const text = backend(first!, "server x 10.0.0.1:1", ...(second === undefined ? [] : [second]));
    expect(ratesOf(text)).toEqual(rates);
    expect(ratesOf(printConfiguration(readText(text).configuration))).toEqual(rates);
  });

  test.each([
    ["0", "'mqtt-connect-rate' expects 'off' or 1 to 100000 per second, found '0'."],
    ["5/m", "'mqtt-connect-rate' expects 'off' or 1 to 100000 per second, found '5/m'."],
    ["5 burst 6", "'mqtt-connect-rate ... burst' expects 1 to 5, the rate, found '6'."],
    ["5 now", "'mqtt-connect-rate' cannot handle unexpected argument 'now'."],
  ])("%j is refused with what may stand there", (words, message) => {
    expect(alertsOf(backend(`mqtt-connect-rate ${words}`))).toContain(message);
  });

  test("`tandem check` shows it, and who may wait too short a time", () => {
    const text = backend("timeout connect 5s", "mqtt-connect-rate 100/s", "server x 10.0.0.1:1");
    const shown = describeConfiguration(readText(text).configuration);
    expect(shown).toContain("server x ipv4@10.0.0.1:1, at most 100 connections/s");
    expect(shown).toContain("'timeout connect' ends that after 5s, about 500 clients per server");
    const longer = describeConfiguration(readText(`${text} timeout queue 1m\n`).configuration);
    expect(longer).not.toContain("ends that after");
  });
});
