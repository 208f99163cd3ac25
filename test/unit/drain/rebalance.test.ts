import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseSession, nextMove, type ServerLoad } from "../../../src/drain/rebalance.ts";

function loads(...servers: readonly (readonly [weight: number, count: number])[]) {
  return servers.map(([weight, sessionCount], server) => ({ server, weight, sessionCount }));
}

/** Moves until nothing is left to be moved; the counts, and how many moves that took. */
function settle(before: readonly ServerLoad<number>[]): { counts: number[]; moves: number } {
  const counts = before.map((load) => load.sessionCount);
  for (let moves = 0; ; moves++) {
    const now = before.map((load, at) => ({ ...load, sessionCount: counts[at]! }));
    const move = nextMove(now);
    if (move === undefined) return { counts, moves };
    counts[move.from]!--;
    counts[move.to]!++;
  }
}

describe("nextMove()", () => {
  test("fills the server that has returned from the fullest", () => {
    expect(nextMove(loads([1, 40], [1, 60], [1, 0]))).toEqual({ from: 1, to: 2 });
    expect(settle(loads([1, 50], [1, 50], [1, 0])).counts.sort()).toEqual([32, 34, 34]);
  });

  test("gives each server its weight's share", () => {
    expect(settle(loads([2, 100], [1, 50], [1, 0]))).toEqual({ counts: [75, 38, 37], moves: 37 });
  });

  test.each([
    ["one server", loads([1, 10])],
    ["shares that no move makes more alike", loads([1, 10], [1, 9])],
    ["nobody to take any", loads([0, 10], [0, 0])],
    ["none at all", loads()],
  ])("leaves %s", (_, servers) => {
    expect(nextMove(servers)).toBeUndefined();
  });

  test("always ends, with every server within one of its share, after no needless move", () => {
    const load = fc.tuple(fc.integer({ min: 1, max: 256 }), fc.nat(60));
    const property = fc.property(fc.array(load, { minLength: 1, maxLength: 6 }), (servers) => {
      const before = loads(...servers);
      const sum = before.reduce((total, each) => total + each.sessionCount, 0);
      const weights = before.reduce((total, each) => total + each.weight, 0);
      const { counts, moves } = settle(before);
      expect(counts.reduce((total, count) => total + count, 0)).toBe(sum);
      const above = counts.map((count, at) => count - (sum * before[at]!.weight) / weights);
      expect(Math.max(...above) < 1 || Math.min(...above) > -1).toBe(true);
      const surplus = before.reduce(
        (total, each) => total + Math.max(0, each.sessionCount - (sum * each.weight) / weights),
        0,
      );
      expect(moves).toBeLessThanOrEqual(Math.ceil(surplus));
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe("chooseSession()", () => {
  const SESSIONS = [
    { name: "busy", isClean: false, quietMs: 0 },
    { name: "quiet", isClean: false, quietMs: 9_000 },
    { name: "clean", isClean: true, quietMs: 10 },
    { name: "clean and quiet", isClean: true, quietMs: 5_000 },
    { name: "not MQTT", isClean: undefined, quietMs: 99_000 },
  ];
  const look = ({ isClean, quietMs }: (typeof SESSIONS)[number]) =>
    isClean === undefined ? undefined : { isClean, quietMs };

  test("clean sessions go first, the quietest of them; others not with `clean`", () => {
    const left = new Set(SESSIONS);
    const order: string[] = [];
    for (;;) {
      const next = chooseSession(left, look, false);
      if (next === undefined) break;
      order.push(next.name);
      left.delete(next);
    }
    expect(order).toEqual(["clean and quiet", "clean", "quiet", "busy"]);
    expect(chooseSession([SESSIONS[0]!, SESSIONS[1]!], look, true)).toBeUndefined();
  });
});
