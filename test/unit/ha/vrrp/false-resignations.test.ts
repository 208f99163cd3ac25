// Priority 0 that is not what it seems: forged, replayed, or older than what follows it.
import { describe, expect, test } from "vitest";
import { ElectionBench } from "../../../support/election-bench.ts";

describe("priority 0 that is not what it seems", () => {
  test("priority 0 of a stranger does not unseat a master that is late by less than an interval", () => {
    const bench = ElectionBench.started();
    bench.hear(150);
    bench.take();
    for (let ms = 0; ms < 145; ms += 5) {
      bench.hear(0, { source: "10.9.9.66" });
      bench.advance(5);
    }
    bench.hear(150);
    expect(bench.take()).toEqual([]);
    // Nobody is heard now: the stranger may have been right.
    for (let ms = 0; ms < 155; ms += 5) {
      bench.hear(0, { source: "10.9.9.66" });
      bench.advance(5);
    }
    expect(bench.states()).toEqual(["MASTER"]);
  });

  test("priority 0 heard as master, in the name of one that proves stronger, is not believed after", () => {
    const bench = ElectionBench.master();
    bench.hear(0);
    bench.advance(100);
    bench.hear(150);
    bench.take();
    expect(bench.states()).toEqual(["BACKUP"]);
    bench.hear(0);
    bench.advance(100);
    expect(bench.states()).toEqual(["BACKUP"]);
  });

  test("an advert sent before priority 0 that arrives after it unseats nobody", () => {
    const bench = ElectionBench.started({ isPair: () => true });
    bench.hear(150);
    bench.hear(0);
    bench.take();
    bench.advance(20);
    bench.hear(150, { path: "heartbeat" });
    expect(bench.take()).toEqual([]);
    bench.advance(60);
    bench.hear(150);
    expect(bench.states()).toEqual(["BACKUP"]);
  });

  for (const [what, draft] of [
    ["at a pair", { isPair: () => true }],
    ["by multicast", { instances: [{ priority: 100 }] }],
    ["at the strongest backup", { instances: [{ priority: 149 }] }],
  ] as const) {
    test(`replayed priority 0 in a living master's name is believed once, ${what}`, () => {
      const bench = ElectionBench.started(draft);
      let claims = 0;
      for (let turn = 0; turn < 400; turn++) {
        if (turn % 10 === 0) bench.hear(150);
        bench.hear(0);
        bench.advance(10);
        claims += bench.take().filter((line) => line === "claim").length;
      }
      expect(claims).toBe(1);
      // The true end is noticed all the same.
      expect(bench.until("claim")).toBeLessThanOrEqual(300);
    });
  }
});
