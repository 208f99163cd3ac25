import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONNECTION_KEY_BYTES, readConnectionKey } from "../../src/base/connection-key.ts";
import {
  LIVE_GATHER_MS,
  LIVE_LISTED_AFTER_MS,
  TICKLE_BURST_MS,
  TICKLE_ROUND_MS,
} from "../../src/limits.ts";
import { LiveList } from "../../src/live/live-list.ts";
import { Tickler } from "../../src/live/tickler.ts";
import { learn } from "../unit/live/learned.ts";

const VIP = "192.0.2.100";
const local = { kind: "ip", family: 4, host: VIP, port: 1883 } as const;

type Step = { readonly kind: "open" | "close" | "wait"; readonly value: number };

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom("open", "open", "close", "wait"),
    value: fc.nat({ max: 5_000 }),
  }),
  { maxLength: 200 },
);

/** Does all work that is due until an instant, at the instants that the list asks for. */
function runTo(list: LiveList, untilMs: number): void {
  for (let dueMs = list.nextTimeout(); dueMs !== undefined; dueMs = list.nextTimeout()) {
    if (dueMs > untilMs) break;
    list.work(dueMs);
  }
}

/** Ports whose entry says that they live. */
function listed(list: LiveList, nowMs: number): Set<number> {
  const ports = new Set<number>();
  for (const entry of list.table.entries()) {
    if (list.table.read(entry, "gpt0", 0, nowMs) !== 1) continue;
    ports.add(readConnectionKey(Buffer.from(entry.key, "latin1"))!.client.port);
  }
  return ports;
}

describe("the list of live connections", () => {
  it("is the set of those that live, but for the youngest, after any interleaving", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const list = new LiveList();
        /** By port, which is also the connection's number; since when. */
        const live = new Map<number, number>();
        let nowMs = 0;
        let last = 0;
        for (const { kind, value } of taken) {
          if (kind === "wait") {
            nowMs += value;
            runTo(list, nowMs);
          } else if (kind === "open") {
            live.set((last += 1), nowMs);
            const source = { kind: "ip", family: 4, host: "198.51.100.1", port: last } as const;
            list.opened(last, source, local, nowMs);
          } else {
            const port = [...live.keys()][value % Math.max(1, live.size)];
            if (port === undefined) continue;
            live.delete(port);
            list.closed(port, nowMs);
          }
          const known = listed(list, nowMs);
          for (const port of known) expect(live.has(port)).toBe(true);
          for (const [port, sinceMs] of live) {
            const isDue = nowMs >= sinceMs + LIVE_LISTED_AFTER_MS + LIVE_GATHER_MS;
            if (isDue && kind === "wait") expect(known.has(port)).toBe(true);
          }
        }
        for (const port of live.keys()) list.closed(port, nowMs);
        runTo(list, nowMs + 1_000_000);
        expect(list.table.usedCount).toBe(0);
        expect(list.nextTimeout()).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe("tickles", () => {
  it("never exceed the rate in any second by more than one batch, and reach everybody twice", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 50 }),
        (count, rate, lateness) => {
          const { table } = new LiveList();
          learn(
            table,
            Array.from({ length: count }, (_, index) => index + 1),
            VIP,
            0,
          );
          const tickler = new Tickler(table, () => rate);
          const sent: { readonly atMs: number; readonly port: number }[] = [];
          const take = (atMs: number): void => {
            for (let effect = tickler.poll(); effect !== undefined; effect = tickler.poll()) {
              if (effect.kind !== "tickle") continue;
              const bytes = Buffer.from(effect.connections, "base64");
              for (let at = 0; at < bytes.length; at += CONNECTION_KEY_BYTES) {
                const key = readConnectionKey(bytes.subarray(at, at + CONNECTION_KEY_BYTES))!;
                sent.push({ atMs, port: key.client.port });
              }
            }
          };
          let nowMs = 0;
          tickler.handle({ kind: "vips", held: [VIP] }, nowMs);
          take(nowMs);
          for (let turn = 0; tickler.nextTimeout() !== undefined; turn += 1) {
            nowMs = tickler.nextTimeout()! + lateness[turn % lateness.length]!;
            // Entries expire in the end: what is too slow to be told of everybody is another matter.
            if (nowMs > 250_000) return;
            tickler.handle({ kind: "timeout" }, nowMs);
            take(nowMs);
          }
          const batch = Math.max(1, (rate * TICKLE_BURST_MS) / 1_000);
          sent.forEach(({ atMs }, from) => {
            const until = sent.findLastIndex((other) => other.atMs < atMs + 1_000);
            expect(until - from + 1).toBeLessThanOrEqual(rate + batch);
          });
          for (let port = 1; port <= count; port += 1) {
            const times = sent.filter((each) => each.port === port).map(({ atMs }) => atMs);
            expect(times).toHaveLength(2);
            expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(TICKLE_ROUND_MS / 2);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
