import { describe, expect, test } from "vitest";
import { eventLine } from "../../../../cli/events/event-line.ts";
import { inOrder, isSelected, parseSince } from "../../../../cli/events/selection.ts";
import { paint } from "../../../../cli/status/line.ts";
import type { NodeEvent } from "../../../../src/base/event.ts";

const EVENT: NodeEvent = {
  seq: 1,
  atMs: Date.UTC(2026, 10, 21, 18, 0, 1, 234),
  source: "balancer",
  kind: "server.down",
  severity: "error",
  subject: "brokers/broker2",
  text: "Server brokers/broker2 is DOWN",
  cause: "Layer4 connection problem",
  durationMs: 190_000,
};

describe("tandem events", () => {
  test("chooses by time, process and kind or its first word", () => {
    const all = { sinceMs: -Infinity, sources: [], kinds: [] };
    expect(isSelected(EVENT, all)).toBe(true);
    expect(isSelected(EVENT, { ...all, kinds: ["server"] })).toBe(true);
    expect(isSelected(EVENT, { ...all, kinds: ["serv"] })).toBe(false);
    expect(isSelected(EVENT, { ...all, kinds: ["vrrp", "server.down"] })).toBe(true);
    expect(isSelected(EVENT, { ...all, sources: ["agent"] })).toBe(false);
    expect(isSelected(EVENT, { ...all, sinceMs: EVENT.atMs })).toBe(true);
    expect(isSelected(EVENT, { ...all, sinceMs: EVENT.atMs + 1 })).toBe(false);
  });

  test.each([
    ["90s", 10_000],
    ["1m", 40_000],
    ["1970-01-01T00:00:05Z", 5_000],
    ["", undefined],
    ["5", undefined],
    ["-5m", undefined],
    ["yesterday", undefined],
    ["2026-99-99", undefined],
  ])("takes --since %s", (text, atMs) => {
    expect(parseSince(text, 100_000)).toBe(atMs);
  });

  test("orders by time, and within one by number", () => {
    const [a, b, c] = [
      { ...EVENT, atMs: 2, seq: 1 },
      { ...EVENT, atMs: 1, seq: 9 },
      { ...EVENT, atMs: 1, seq: 3 },
    ] as const;
    expect(inOrder([a, b, c])).toEqual([c, b, a]);
  });

  test("a line fits 80 columns, in local time, and hostile names stay text", () => {
    const line = paint([eventLine(EVENT, 60)], 80, false);
    expect(line).toBe(
      "19:00:01.234 balancer ‼ server.down     brokers/broker2, 3 min 10 s: Layer4 con…\n",
    );
    const hostile = { ...EVENT, subject: "\u{1b}[2J\n", cause: "\u{202e}" };
    expect(paint([eventLine(hostile, 0)], 200, false)).toContain("\\u{1b}[2J\\u{a}");
    const { cause: _cause, durationMs: _durationMs, ...bare } = EVENT;
    expect(paint([eventLine({ ...bare, data: { outageMs: 340 } }, 0)], 200, false)).toContain(
      "brokers/broker2, 340 ms without a master: Server brokers/broker2 is DOWN",
    );
  });
});
