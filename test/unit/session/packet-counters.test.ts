import { describe, expect, test } from "vitest";
import { listSessions } from "../../../src/operator/session-list.ts";
import type { RelayCounters } from "../../../src/session/mover.ts";
import { packetTotal } from "../../../src/session/packet-counters.ts";
import { Bench } from "./bench.ts";

const PUBLISH = 3;
const PINGREQ = 12;

function counts(toServer: Readonly<Record<number, number>>): RelayCounters {
  const packets = { toServer: new Float64Array(16), toClient: new Float64Array(16) };
  for (const [type, count] of Object.entries(toServer)) packets.toServer[Number(type)] = count;
  const bytesToServer = 10 * packetTotal(packets.toServer);
  return { bytesToServer, bytesToClient: 0, packets };
}

function running(bench: Bench): ReturnType<Bench["accept"]> {
  return bench.accept().send("x", true).connected();
}

describe("packets of MQTT", () => {
  const CONFIG = "listen l\n bind :1883\n server a 10.0.0.1:1";

  test("are counted once for frontend, backend and server, by type", () => {
    const bench = new Bench(CONFIG);
    const client = running(bench);
    client.tell({ kind: "progress", counters: counts({ [PUBLISH]: 2 }) });
    client.tell({ kind: "progress", counters: counts({ [PUBLISH]: 2, [PINGREQ]: 1 }) });
    const last = counts({ [PUBLISH]: 5, [PINGREQ]: 1 });
    client.tell({ kind: "relay-ended", end: "client-closed", counters: last });
    const other = running(bench);
    other.tell({ kind: "progress", counters: counts({ [PUBLISH]: 1 }) });
    const counted = [
      bench.frontend("l").counters,
      bench.backend("l").counters,
      bench.server("l/a").counters,
    ];
    for (const { packets } of counted) {
      expect(packets?.toServer[PUBLISH]).toBe(6);
      expect(packets?.toServer[PINGREQ]).toBe(1);
      expect(packetTotal(packets?.toClient)).toBe(0);
    }
    bench.frontend("l").counters.clear(false);
    expect(bench.frontend("l").counters.packets).toBeDefined();
    bench.frontend("l").counters.clear(true);
    bench.backend("l").balancer.clearCounters(true);
    expect(bench.frontend("l").counters.packets).toBeUndefined();
    expect(bench.server("l/a").counters.packets).toBeUndefined();
  });

  test("order sessions, where they are counted", () => {
    const bench = new Bench(CONFIG);
    const sessions = [1, 3, 2].map((count) => {
      const client = running(bench);
      client.tell({ kind: "progress", counters: counts({ [PUBLISH]: count }) });
      return client.session;
    });
    sessions.push(running(bench).session);
    const query = { client: null, server: null, order: "packets", limit: 10 } as const;
    const { value } = listSessions(sessions, query, () => bench.nowMs).next();
    expect(value?.sessions.map((row) => row.packetsToServer)).toEqual([3, 2, 1, null]);
  });

  test("and bytes a second order sessions by what they moved since the last look", () => {
    const bench = new Bench(CONFIG);
    const [early, busy, calm] = [running(bench), running(bench), running(bench)];
    const progress = (client: typeof early, count: number): void =>
      client.tell({ kind: "progress", counters: counts({ [PUBLISH]: count }) });
    bench.nowMs += 2_000;
    for (const [client, count] of [
      [early, 900],
      [busy, 10],
      [calm, 0],
    ] as const) {
      progress(client, count);
    }
    bench.nowMs += 2_000;
    progress(early, 900);
    progress(busy, 110);
    progress(calm, 1);
    const sessions = [early, busy, calm].map(({ session }) => session);
    for (const order of ["packet-rate", "byte-rate"] as const) {
      const query = { client: null, server: null, order, limit: 10 } as const;
      const { value } = listSessions(sessions, query, () => bench.nowMs).next();
      const rates = value!.sessions.map((row) => [row.packetsPerSecond, row.bytesPerSecond]);
      expect(rates).toEqual([
        [50, 500],
        [1, 5],
        [0, 0],
      ]);
    }
  });

  test("that are pings do not end a quiet time", () => {
    const bench = new Bench(CONFIG);
    const client = running(bench);
    bench.nowMs += 1_000;
    client.tell({ kind: "progress", counters: counts({ [PUBLISH]: 1 }) });
    bench.nowMs += 1_000;
    client.tell({ kind: "progress", counters: counts({ [PUBLISH]: 1, [PINGREQ]: 5 }) });
    expect(client.session.log.quietMs(bench.nowMs)).toBe(1_000);
    expect(client.session.log.idleMs(bench.nowMs)).toBe(0);
  });
});
