import { describe, expect, test } from "vitest";
import { Board, type RowReading, type TotalReading } from "../../../src/dashboard/board.ts";
import { ByteRate } from "../../../src/dashboard/meter.ts";
import { Ring } from "../../../src/dashboard/ring.ts";

const TOTALS: TotalReading = { sessions: 0, connectsTotal: 0, bytesInTotal: 0, bytesOutTotal: 0 };
const all = (): boolean => true;

function reading(name: string, sessions = 0, connectsTotal = 0, usableCount = 1): RowReading {
  return {
    key: `backend ${name}`,
    proxy: name,
    facts: { kind: "backend", name, algorithm: "roundrobin", serverCount: 1, usableCount },
    counters: {
      sessions,
      queued: 0,
      connectsTotal,
      bytesInTotal: 0,
      bytesOutTotal: 0,
      checkMs: -1,
    },
  };
}

describe("the board", () => {
  test("tells of what has changed since a version, and of nothing else", () => {
    const board = new Board();
    board.sample([reading("a"), reading("b")], TOTALS, 0);
    const { version } = board;
    expect(board.changesSince(0, all).facts).toHaveLength(2);
    board.sample([reading("a"), reading("b", 3)], TOTALS, 1_000);
    expect(board.changesSince(version, all)).toEqual({
      facts: [],
      figures: [[1, 3, 0, 0, 0, 0, -1]],
    });
    board.refresh([reading("a", 0, 0, 0), reading("b", 3)]);
    const changes = board.changesSince(version + 1, all);
    expect(changes.figures).toEqual([]);
    expect(changes.facts.map(([index]) => index)).toEqual([0]);
  });

  test("begins anew for everybody when rows come, go or change places", () => {
    const board = new Board();
    board.sample([reading("a"), reading("b")], TOTALS, 0);
    const { layoutVersion } = board;
    board.sample([reading("a"), reading("b")], TOTALS, 1_000);
    expect(board.layoutVersion).toBe(layoutVersion);
    board.refresh([reading("b"), reading("a")]);
    expect(board.layoutVersion).toBe(board.version);
  });

  test("hides proxies that a page may not show", () => {
    const board = new Board();
    board.sample([reading("a"), reading("b")], TOTALS, 0);
    const isSeen = (proxy: string): boolean => proxy === "b";
    expect(board.changesSince(0, isSeen).facts.map(([index]) => index)).toEqual([1]);
    expect(board.past(isSeen)[0]).toEqual([[], [], []]);
  });

  test("counts connects a second, and takes cleared counters for no negative traffic", () => {
    const board = new Board();
    board.sample([reading("a", 0, 100)], TOTALS, 0);
    board.sample([reading("a", 0, 150)], TOTALS, 2_000);
    expect(board.changesSince(0, all).figures[0]?.[3]).toBe(25);
    board.sample([reading("a", 0, 0)], TOTALS, 3_000);
    expect(board.changesSince(0, all).figures[0]?.[3]).toBe(0);
  });
});

describe("charts", () => {
  test("keep the highest value of a step, repeat what was missed, and forget the oldest", () => {
    const ring = new Ring(3, 5);
    for (const [second, value] of [
      [0, 1],
      [1, 9],
      [2, 2],
      [10, 4],
    ] as const) {
      ring.note(second, value);
    }
    expect(ring.toArray()).toEqual([9, 4, 4]);
    ring.note(1_000, 7);
    expect(ring.toArray()).toEqual([7, 7, 7]);
  });

  test("are the same at both ends", () => {
    const server = new Ring(60, 5);
    for (let second = 300; second < 700; second++) server.note(second, (second * 7) % 31);
    const page = new Ring(60, 5);
    page.fill(server.toArray(), 699);
    for (const ring of [server, page]) ring.note(701, 50);
    expect(page.toArray()).toEqual(server.toArray());
  });

  test("relays that tell of their bytes every other second make an even line", () => {
    const rate = new ByteRate();
    const rates = [];
    for (let second = 0; second < 12; second++) {
      rates.push(rate.read(2_000 * Math.floor(second / 2), 1));
    }
    expect(new Set(rates.slice(6))).toEqual(new Set([1_000]));
  });
});
