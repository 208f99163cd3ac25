import { describe, expect, test } from "vitest";
import type { BackendSide } from "../../../src/config/model/proxy.ts";
import { printConfiguration } from "../../../src/config/print.ts";
import { alertsOf, readText } from "./read-text.ts";

type Drain = Pick<BackendSide, "drainTimeMs" | "drainRate" | "serverReference" | "rebalance">;

function drainOf(text: string): Drain {
  const side = readText(text).configuration.proxies[0]!.backend!;
  const { drainTimeMs, drainRate, serverReference, rebalance } = side;
  return JSON.parse(
    JSON.stringify({ drainTimeMs, drainRate, serverReference, rebalance }),
  ) as Drain;
}

describe("drain-time, drain-rate, mqtt-server-reference, rebalance-rate", () => {
  test.each([
    ["", {}],
    ["#tandem drain-time 30s", { drainTimeMs: 30_000 }],
    ["drain-rate 50/s", { drainRate: 50 }],
    ["drain-rate 50", { drainRate: 50 }],
    ["mqtt-server-reference lb2:1883", { serverReference: { text: "lb2:1883", isMoved: false } }],
    ["mqtt-server-reference a moved", { serverReference: { text: "a", isMoved: true } }],
    ["rebalance-rate 5/s", { rebalance: { ratePerSecond: 5, cleanOnly: false } }],
    ["rebalance-rate 5/s clean", { rebalance: { ratePerSecond: 5, cleanOnly: true } }],
    ["drain-time 1s\n drain-time off", {}],
    ["drain-rate 1\n drain-rate off", {}],
    ["mqtt-server-reference a\n mqtt-server-reference off", {}],
    ["rebalance-rate 1\n rebalance-rate off", {}],
  ])("%j gives %j, also when printed and read again", (line, drain) => {
    const text = `listen l\n bind :1\n ${line}\n server a 127.0.0.1:1\n`;
    expect(drainOf(text)).toEqual(drain);
    expect(drainOf(printConfiguration(readText(text).configuration))).toEqual(drain);
  });

  test("are inherited", () => {
    const text = "defaults\n drain-time 9s\nlisten l\n bind :1\n server a 127.0.0.1:1\n";
    expect(drainOf(text)).toEqual({ drainTimeMs: 9_000 });
  });

  test.each([
    ["drain-time", "'drain-time' expects a time, as in '30s', or 'off'."],
    [
      "drain-rate 0",
      "'drain-rate' expects 1 to 100000 sessions per second, as in '50/s', or 'off', found '0'.",
    ],
    [
      "rebalance-rate 5/m",
      "'rebalance-rate' expects 1 to 100000 sessions per second, as in '50/s', or 'off', found '5/m'.",
    ],
    [
      "mqtt-server-reference",
      "'mqtt-server-reference' expects '<host>[:<port>] [moved]' or 'off'.",
    ],
  ])("%j is refused with what may stand there", (line, message) => {
    expect(alertsOf(`listen l\n bind :1\n ${line}\n`)[0]).toContain(message);
  });
});
