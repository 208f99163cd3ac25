import { describe, expect, test } from "vitest";
import { describeConfiguration } from "../../../src/config/describe.ts";
import { printConfiguration } from "../../../src/config/print.ts";
import type { MqttIdle } from "../../../src/config/model/proxy.ts";
import { alertsOf, readText } from "./read-text.ts";

function idleOf(text: string): MqttIdle | undefined {
  return readText(text).configuration.proxies[0]!.frontend!.mqttIdle;
}

describe("timeout client mqtt", () => {
  test.each([
    ["timeout client mqtt", { minMs: 2_000, maxMs: 86_400_000 }],
    ["#tandem timeout client mqtt min 10s", { minMs: 10_000, maxMs: 86_400_000 }],
    ["#tandem timeout client mqtt max 1h min 0", { minMs: 0, maxMs: 3_600_000 }],
    ["timeout client 5m", undefined],
    ["timeout client mqtt\n timeout client mqtt off", undefined],
  ])("%j gives %j, also when printed and read again", (line, idle) => {
    const text = `frontend f\n bind :1\n ${line}\n`;
    expect(idleOf(text)).toEqual(idle);
    expect(idleOf(printConfiguration(readText(text).configuration))).toEqual(idle);
  });

  test("stands beside `timeout client`, and is inherited", () => {
    const text = "defaults\n timeout client 9s\n timeout client mqtt min 3\nlisten l\n bind :1\n";
    const { timeouts, frontend } = readText(text).configuration.proxies[0]!;
    expect(timeouts.client).toBe(9_000);
    expect(frontend?.mqttIdle?.minMs).toBe(3);
  });

  test.each([
    ["often", "'timeout client mqtt' expects 'off', 'min <time>' or 'max <time>', found 'often'."],
    ["min", "'timeout client mqtt min' expects a time."],
    [
      "max 1s",
      "'timeout client mqtt' has a 'max' of 1000 ms below its 'min' of 2000 ms.\n" +
        "   | Without 'min' it is 2000 ms.",
    ],
    ["off now", "'timeout client mqtt off' cannot handle unexpected argument 'now'."],
  ])("%j is refused with what may stand there", (words, message) => {
    const alerts = alertsOf(`frontend f\n bind :1\n timeout client mqtt ${words}\n`);
    expect(alerts).toHaveLength(1);
    expect(message).toContain(alerts[0]);
  });

  test("has no place in a backend", () => {
    const { diagnostics } = readText("backend b\n timeout client mqtt\n");
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "'timeout client mqtt' will be ignored because backend 'b' has no frontend capability",
    ]);
  });
});

describe("tandem check", () => {
  function told(...lines: readonly string[]): string {
    const text = ["listen l", ...lines, "server a 10.0.0.1:1"].join("\n ") + "\n";
    return describeConfiguration(readText(text).configuration);
  }

  test("shows the bounds", () => {
    const text = told("bind :1", "timeout client mqtt max 1h");
    expect(text).toContain("MQTT clients may be silent for 1.5 times their keep alive, 2s to 1h\n");
  });

  const warns = (lines: readonly string[]): boolean =>
    told(...lines).includes("shorter than 1.5 times");

  test.each([
    [["bind :1883", "timeout client 50s"]],
    [["bind :8883", "timeout client 89s"]],
    [["bind :1", "option mqtt-refuse", "timeout client 50s"]],
  ])("warns of a short `timeout client`: %j", (lines) => {
    expect(warns(lines)).toBe(true);
  });

  test.each([
    [["bind :1883", "timeout client 90s"]],
    [["bind :1883"]],
    [["bind :80", "timeout client 50s"]],
    [["bind :1883", "timeout client 50s", "timeout client mqtt"]],
    [["bind :1883", "timeout client 50s", "timeout tunnel 1h"]],
  ])("has nothing to say of %j", (lines) => {
    expect(warns(lines)).toBe(false);
  });
});
