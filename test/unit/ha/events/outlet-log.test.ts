// Which events an outlet gets, and how far it has come.
import { describe, expect, test } from "vitest";
import { OutletLog } from "../../../../ha/events/outlet-log.ts";
import { decodeFromSender } from "../../../../ha/events/sender-messages.ts";
import type { NodeEvent } from "../../../../src/base/event.ts";

function event(seq: number, more: Partial<NodeEvent> = {}): NodeEvent {
  const base = { seq, atMs: 1_000 + seq, source: "agent", kind: "vip.set" } as const;
  return { ...base, severity: "info", subject: "V", text: "t", ...more };
}

const RULES = { outlet: "script", kinds: [], sinceMs: 0 } as const;

describe("OutletLog", () => {
  test("goes on after what a former one has done, by process and run", () => {
    const log = new OutletLog(RULES, { agent: { run: "r1", seq: 2 } });
    const events = [1, 2, 3].map((seq) => event(seq));
    expect(log.select(events, "r1").map(({ seq }) => seq)).toEqual([3]);
    expect(log.select(events, "r2").map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(log.select([event(1, { source: "guard" })], "r1")).toHaveLength(1);
  });

  test("stands at the latest that is done, though an earlier one is done after it", () => {
    const log = new OutletLog(RULES);
    const events = log.select([event(1), event(2), event(3)], "r");
    log.settled(events.slice(1));
    log.settled(events.slice(0, 1));
    expect(log.positions).toEqual({ agent: { run: "r", seq: 3 } });
    const [next] = log.select([event(1)], "next");
    log.settled([next!]);
    expect(log.positions).toEqual({ agent: { run: "next", seq: 1 } });
  });

  test("takes wanted kinds only, none of before, and nothing of its own failures", () => {
    const log = new OutletLog({ outlet: "script", kinds: ["vip", "delivery"], sinceMs: 1_002 });
    const own = { kind: "delivery.failing", subject: "script" };
    const events = [
      event(1),
      event(2),
      event(3, { kind: "vrrp.master" }),
      event(4, own),
      event(5, { ...own, subject: "webhook" }),
    ];
    expect(log.select(events, "r").map(({ seq }) => seq)).toEqual([2, 5]);
  });
});

test.each(["", "null", "{", '{"kind":"positions"}', '{"kind":"failing","outlet":"x"}', "[1]"])(
  "a line %j of a sender is none",
  (line) => expect(decodeFromSender(line)).toBeUndefined(),
);
