// 20,000 devices return within one second to brokers of which each takes a limited number of connections a
// second (`mqtt-connect-rate`). Real sessions, CONNECTs and stick tables on a fake clock.
import { generate } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Bench, type Client } from "../unit/session/bench.ts";
import { Chance } from "./chance.ts";

const CLIENT_COUNT = 20_000;

/** Sums of fractions of a millisecond are off by less. */
const ROUNDING_MS = 1e-6;
const SERVERS = ["b1", "b2", "b3", "b4"] as const;

function config(rate: number, ...lines: readonly string[]): string {
  const servers = SERVERS.map((name, index) => `server ${name} 10.0.0.${index + 1}:1883`);
  return [
    "defaults\n mode tcp\n timeout connect 5s\n timeout queue 1m",
    "listen l\n bind :1883\n tcp-request inspect-delay 5s",
    ...["stick-table type string len 64 size 100k", "stick on mqtt.client_id"],
    ...["option redispatch 1", `mqtt-connect-rate ${rate}/s`, ...lines, ...servers, ""],
  ].join("\n ");
}

const connectOf = (index: number): Uint8Array =>
  generate({ cmd: "connect", clientId: `d${index}`, keepalive: 60 });

interface Arrival {
  readonly server: string;
  readonly atMs: number;
  readonly index: number;
}

/** Clients on a clock of their own: when each connects, and what its broker sees. */
class Storm {
  readonly bench: Bench;
  readonly arrivals: Arrival[] = [];
  readonly clients: Client[] = [];
  readonly #indices = new Map<Client, number>();
  readonly #seen = new Map<Client, number>();

  constructor(text: string) {
    this.bench = new Bench(text, { maxconn: 100_000 });
  }

  get balancer(): ReturnType<Bench["backend"]>["balancer"] {
    return this.bench.backend("l").balancer;
  }

  connect(index: number): void {
    const client = this.bench.accept(
      "l",
      `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:5`,
    );
    this.clients[index] = client;
    this.#indices.set(client, index);
    client.send(connectOf(index));
    this.#follow(client, index);
  }

  /** The broker takes whoever is sent to it. */
  #follow(client: Client, index: number): void {
    const from = this.#seen.get(client) ?? 0;
    this.#seen.set(client, client.effects.length);
    const isSent = client.effects.slice(from).some(({ kind }) => kind === "connect-server");
    if (!isSent) return;
    const server = client.session.context.server?.name ?? "";
    this.arrivals.push({ server, atMs: this.bench.nowMs, index });
    client.connected();
  }

  /** Lets all that is due until then happen, timers some milliseconds late. */
  runUntil(endMs: number, lateMs: () => number): void {
    for (;;) {
      const dueMs = this.balancer.nextTimeout();
      if (dueMs === undefined || dueMs > endMs) break;
      this.bench.nowMs = Math.max(this.bench.nowMs, Math.min(endMs, dueMs + lateMs()));
      const outcome = this.balancer.tick(this.bench.nowMs);
      this.bench.dispatch(outcome);
      for (const { token } of outcome.dispatched) {
        const client = this.bench.clients.get(token)!;
        this.#follow(client, this.#indices.get(client)!);
      }
    }
    this.bench.nowMs = endMs;
  }
}

/** The most arrivals at one server within any second. */
function mostInASecond(arrivals: readonly Arrival[], server: string): number {
  const atMs = arrivals.filter((each) => each.server === server).map((each) => each.atMs);
  let from = 0;
  return atMs.reduce((most, at, index) => {
    while (atMs[from]! <= at - 1_000 + ROUNDING_MS) from++;
    return Math.max(most, index - from + 1);
  }, 0);
}

describe("20,000 devices return within one second", () => {
  test.each([1, 2])("no broker sees more than its rate, none is lost (seed %i)", (seed) => {
    const chance = new Chance(seed);
    const rate = 500;
    const storm = new Storm(config(rate));
    const startMs = storm.bench.nowMs;
    for (let index = 0; index < CLIENT_COUNT; index++) {
      storm.runUntil(startMs + (index * 1_000) / CLIENT_COUNT, () => chance.below(4));
      storm.connect(index);
    }
    storm.runUntil(startMs + 60_000, () => chance.below(4));
    expect(storm.arrivals).toHaveLength(CLIENT_COUNT);
    for (const server of SERVERS) {
      expect(mostInASecond(storm.arrivals, server)).toBeLessThanOrEqual(rate);
    }
    const lastMs = storm.arrivals.at(-1)!.atMs - startMs;
    const impliedMs = (CLIENT_COUNT / (rate * SERVERS.length)) * 1_000;
    expect(lastMs).toBeLessThanOrEqual(impliedMs * 1.02);
    expect(storm.clients.every(({ state }) => state === "relaying")).toBe(true);
  });

  test("devices that a table knows go first, to their own broker, and newcomers are not starved", () => {
    const storm = new Storm(config(100));
    const { bench } = storm;
    const known = 400;
    for (let index = 0; index < known; index++) storm.connect(index);
    storm.runUntil(bench.nowMs + 10_000, () => 0);
    const homes = storm.arrivals.map(({ index, server }) => [index, server] as const);
    expect(homes).toHaveLength(known);
    for (let index = 0; index < known; index++) storm.clients[index]!.relayed();
    storm.arrivals.length = 0;
    const startMs = bench.nowMs;
    for (let index = known; index < 2 * known; index++) storm.connect(index);
    for (let index = 0; index < known; index++) storm.connect(index);
    storm.runUntil(startMs + 60_000, () => 0);
    expect(storm.arrivals).toHaveLength(2 * known);
    const newHomes = new Map(storm.arrivals.map(({ index, server }) => [index, server]));
    expect(homes.every(([index, server]) => newHomes.get(index) === server)).toBe(true);
    const inFirst = storm.arrivals.slice(100, 300);
    const returning = inFirst.filter(({ index }) => index < known).length;
    expect(returning / inFirst.length).toBeCloseTo(0.8, 1);
  });

  test("a broker that goes down leaves its queue to the others", () => {
    const rate = 100;
    const storm = new Storm(config(rate));
    for (let index = 0; index < 800; index++) storm.connect(index);
    storm.runUntil(storm.bench.nowMs + 200, () => 0);
    storm.bench.setUp("l/b1", false);
    expect(storm.bench.server("l/b1").queued).toBe(0);
    storm.runUntil(storm.bench.nowMs + 20_000, () => 0);
    expect(storm.arrivals).toHaveLength(800);
    for (const server of SERVERS) {
      expect(mostInASecond(storm.arrivals, server)).toBeLessThanOrEqual(rate);
    }
  });
});
