// Invariants: every session is in exactly one place; roundrobin is fair over a cycle; leastconn
// takes the least loaded; consistent hashing moves no keys but those of the server that goes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QueueOutcome } from "../../src/balance/assignment.ts";
import { BackendBalancer } from "../../src/balance/backend.ts";
import { avalanche, sdbm } from "../../src/balance/hash.ts";
import type { ServerState } from "../../src/balance/server.ts";
import type { Balance, HashType } from "../../src/config/model/proxy.ts";
import {
  backendSpec,
  seededRandom,
  type BackendTraits,
  type ServerTraits,
} from "../unit/balance/specs.ts";

const consistent: HashType = { method: "consistent", function: "sdbm", avalanche: false };
const ALGORITHMS: readonly Balance["algorithm"][] = [
  "roundrobin",
  "static-rr",
  "leastconn",
  "first",
  "source",
  "hash",
  "random",
];

function balancerOf(traits: BackendTraits, seed = 1): BackendBalancer<number> {
  return new BackendBalancer<number>(backendSpec(traits), seededRandom(seed), 0);
}

function weighted(weights: readonly number[]): ServerTraits[] {
  return weights.map((weight, i) => ({ name: `s${i}`, weight }));
}

/** Assigns and requires a server. */
function pick(balancer: BackendBalancer<number>, hashKey?: Uint8Array): ServerState {
  const assignment = balancer.assign({ token: -1, hashKey, sourceIp: hashKey }, 0);
  if (assignment.kind !== "server") throw new Error(`Expected a server, got ${assignment.kind}`);
  return assignment.server;
}

const someWeights = fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 6 });
const fewWeights = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 });

describe("fairness", () => {
  test("static-rr gives each server its weight in every cycle", () => {
    fc.assert(
      fc.property(fewWeights, (weights) => {
        const balancer = balancerOf({ algorithm: "static-rr", servers: weighted(weights) });
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let visit = 0; visit < total * 8; visit += 1) balancer.release(pick(balancer), 0);
        expect(balancer.servers.map((server) => server.counters.lbTotal)).toEqual(
          weights.map((weight) => weight * 8),
        );
      }),
      { numRuns: 30 },
    );
  });

  // Not exactly its weight: HAProxy lets a turn go when a cycle's places do not divide evenly.
  test("roundrobin never strays from a server's share by more than three turns", () => {
    fc.assert(
      fc.property(fewWeights, (weights) => {
        const balancer = balancerOf({ algorithm: "roundrobin", servers: weighted(weights) });
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let visits = 1; visits <= total * 4; visits += 1) {
          balancer.release(pick(balancer), 0);
          for (const [i, server] of balancer.servers.entries()) {
            const share = (visits * weights[i]!) / total;
            expect(Math.abs(server.counters.lbTotal - share)).toBeLessThanOrEqual(3);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test("leastconn takes a server that no other undercuts", () => {
    const moves = fc.array(fc.nat(), { maxLength: 120 });
    fc.assert(
      fc.property(someWeights, moves, (weights, rolls) => {
        const balancer = balancerOf({ algorithm: "leastconn", servers: weighted(weights) });
        const held: ServerState[] = [];
        const load = ({ served, userWeight }: ServerState): number =>
          served === 0 ? 0 : Math.floor(((served + 1) * 256) / userWeight);
        for (const roll of rolls) {
          if (roll % 3 === 0 && held.length > 0) {
            balancer.release(held.splice(roll % held.length, 1)[0]!, 0);
            continue;
          }
          const before = new Map(balancer.servers.map((server) => [server, load(server)]));
          const server = pick(balancer);
          expect(before.get(server)).toBe(Math.min(...before.values()));
          held.push(server);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("consistent hashing", () => {
  const keys = Array.from({ length: 300 }, (_, i) => Buffer.from(`client-${i}`));

  test("assign() takes the server of the nearest point of all", () => {
    fc.assert(
      fc.property(fewWeights, (weights) => {
        const servers = weighted(weights);
        const balancer = balancerOf({ algorithm: "hash", hashType: consistent, servers });
        const points = weights.flatMap((weight, i) =>
          Array.from({ length: weight * 16 }, (_, rank) => ({
            name: `s${i}`,
            key: avalanche((i + 1) * 4096 + rank),
          })),
        );
        for (const key of keys.slice(0, 40)) {
          const hash = sdbm(key);
          const distance = (at: number): number => Math.min((hash - at) >>> 0, (at - hash) >>> 0);
          const nearest = Math.min(...points.map((point) => distance(point.key)));
          const names = points.filter((p) => distance(p.key) === nearest).map((p) => p.name);
          expect(names).toContain(pick(balancer, key).name);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("a server that leaves moves its own keys only, and gets them back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(), (count, which) => {
        const servers = weighted(Array.from({ length: count }, () => 4));
        const balancer = balancerOf({ algorithm: "hash", hashType: consistent, servers });
        const homes = keys.map((key) => pick(balancer, key));
        const leaving = balancer.servers[which % count]!;
        balancer.setAdmin(leaving, "maint", 0);
        for (const [i, key] of keys.entries()) {
          const home = pick(balancer, key);
          if (homes[i] === leaving) expect(home).not.toBe(leaving);
          else expect(home).toBe(homes[i]);
        }
        balancer.setAdmin(leaving, "ready", 0);
        expect(keys.map((key) => pick(balancer, key))).toEqual(homes);
      }),
      { numRuns: 15 },
    );
  });

  test("a balance factor bounds every server's share", () => {
    fc.assert(
      fc.property(fewWeights, fc.integer({ min: 101, max: 300 }), (weights, factor) => {
        const servers = weighted(weights);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const traits = { hashType: consistent, hashBalanceFactor: factor, servers };
        const balancer = balancerOf({ algorithm: "hash", ...traits });
        for (let served = 1; served <= 80; served += 1) {
          const server = pick(balancer, Buffer.from("one and the same"));
          const share = (Math.ceil((served * factor) / 100) * server.userWeight) / total;
          expect(server.served).toBeLessThanOrEqual(Math.max(1, Math.ceil(share) + 1));
        }
      }),
      { numRuns: 30 },
    );
  });
});

test("random chooses the same servers with the same seed", () => {
  const sequence = (seed: number): string[] => {
    const servers = weighted([1, 2, 3]);
    const balancer = balancerOf({ algorithm: "random", draws: 2, servers }, seed);
    return Array.from({ length: 50 }, () => pick(balancer).name);
  };
  expect(sequence(42)).toEqual(sequence(42));
  expect(sequence(42)).not.toEqual(sequence(43));
});

test("random with two draws keeps servers close together", () => {
  const balancer = balancerOf({ algorithm: "random", draws: 2, servers: weighted([1, 1, 1, 1]) });
  for (let i = 0; i < 400; i += 1) pick(balancer);
  for (const server of balancer.servers) expect(Math.abs(server.served - 100)).toBeLessThan(15);
});

// The world outside a balancer: who has a slot, who waits. Any disagreement is a failure.
class Sessions {
  readonly held = new Map<number, ServerState>();
  readonly waiting = new Set<number>();
  readonly #balancer: BackendBalancer<number>;
  #count = 0;

  constructor(balancer: BackendBalancer<number>) {
    this.#balancer = balancer;
  }

  arrive(roll: number, nowMs: number): void {
    this.#count += 1;
    this.#assign(this.#count, roll, nowMs);
  }

  leave(roll: number, nowMs: number): void {
    const token = [...this.held.keys()][roll % Math.max(1, this.held.size)];
    if (token === undefined) return;
    const server = this.held.get(token)!;
    this.held.delete(token);
    this.#grant(this.#balancer.release(server, nowMs));
  }

  tire(roll: number, nowMs: number): void {
    const token = [...this.waiting][roll % Math.max(1, this.waiting.size)];
    if (token === undefined) return;
    this.waiting.delete(token);
    this.#balancer.cancel(token, nowMs);
  }

  follow(outcome: QueueOutcome<number>, nowMs: number): void {
    for (const token of outcome.requeued) expect(this.waiting.delete(token)).toBe(true);
    this.#grant(outcome.dispatched);
    for (const token of outcome.requeued) this.#assign(token, token, nowMs);
  }

  check(): void {
    const counts = this.#balancer.counts();
    expect(counts.served).toBe(this.held.size);
    expect(counts.queuedTotal).toBe(this.waiting.size);
    const own = this.#balancer.servers.reduce((sum, server) => sum + server.queued, 0);
    expect(counts.queued + own).toBe(this.waiting.size);
    for (const server of this.#balancer.servers) {
      const served = [...this.held.values()].filter((other) => other === server).length;
      expect(server.served).toBe(served);
    }
  }

  #assign(token: number, roll: number, nowMs: number): void {
    const { servers } = this.#balancer;
    const persisted = roll % 4 === 0 ? servers[roll % servers.length] : undefined;
    const avoid = roll % 5 === 0 ? servers[(roll + 1) % servers.length] : undefined;
    const hashKey = Uint8Array.of(roll & 255, (roll >> 8) & 255, 0, 0);
    const assignment = this.#balancer.assign(
      { token, persisted, avoid, hashKey, sourceIp: hashKey },
      nowMs,
    );
    if (assignment.kind === "server") this.held.set(token, assignment.server);
    if (assignment.kind === "queued") this.waiting.add(token);
    if (assignment.kind === "server" && persisted === undefined) {
      expect(assignment.server.isUsable()).toBe(true);
    }
  }

  #grant(dispatched: readonly { readonly token: number; readonly server: ServerState }[]): void {
    for (const { token, server } of dispatched) {
      expect(this.waiting.delete(token)).toBe(true);
      this.held.set(token, server);
    }
  }
}

const anyServer = fc.record({
  weight: fc.integer({ min: 0, max: 20 }),
  maxconn: fc.integer({ min: 0, max: 3 }),
  minconn: fc.integer({ min: 0, max: 2 }),
  maxqueue: fc.integer({ min: 0, max: 2 }),
  backup: fc.boolean(),
  disabled: fc.boolean(),
  slowstartMs: fc.constantFrom(0, 0, 3_000),
});

const anyBackend = fc
  .record({
    algorithm: fc.constantFrom(...ALGORITHMS),
    servers: fc.array(anyServer, { minLength: 1, maxLength: 5 }),
    method: fc.constantFrom("map-based" as const, "consistent" as const),
    redispatch: fc.constantFrom(0, -1),
    fullconn: fc.integer({ min: 1, max: 12 }),
    allBackups: fc.boolean(),
    hashBalanceFactor: fc.constantFrom(0, 150),
  })
  .map(({ servers, method, ...rest }): BackendTraits => ({
    ...rest,
    hashType: { method, function: "sdbm", avalanche: true },
    servers: servers.map((server, i) => ({ name: `s${i}`, ...server })),
  }));

const anyEvent = fc.record({
  kind: fc.constantFrom(
    ...(["arrive", "arrive", "arrive", "leave", "leave", "tire"] as const),
    ...(["up", "down", "stopping", "admin", "weight", "maxconn", "tick", "reload"] as const),
  ),
  roll: fc.nat(100_000),
});

type AnyEvent = typeof anyEvent extends fc.Arbitrary<infer E> ? E : never;

function changeServers(
  balancer: BackendBalancer<number>,
  event: AnyEvent,
  nowMs: number,
): QueueOutcome<number> {
  const { roll } = event;
  const server = balancer.servers[roll % balancer.servers.length]!;
  switch (event.kind) {
    case "admin": {
      const state = (["ready", "drain", "maint"] as const)[Math.floor(roll / 7) % 3]!;
      return balancer.setAdmin(server, state, nowMs);
    }
    case "weight":
      return balancer.setWeight(server, { kind: "percent", percent: roll % 200 }, nowMs);
    case "maxconn":
      return balancer.setMaxconn(server, Math.floor(roll / 7) % 4, nowMs);
    case "tick":
      return balancer.tick(nowMs);
    case "stopping":
      return balancer.setOperational(server, "stopping", nowMs);
    default:
      return balancer.setOperational(server, event.kind === "up", nowMs);
  }
}

test("every session is in exactly one place, whatever happens", () => {
  const events = fc.array(anyEvent, { minLength: 20, maxLength: 120 });
  fc.assert(
    fc.property(anyBackend, anyBackend, events, (before, after, happenings) => {
      const balancer = balancerOf(before);
      const sessions = new Sessions(balancer);
      let nowMs = 0;
      for (const event of happenings) {
        nowMs += event.roll % 700;
        if (event.kind === "arrive") sessions.arrive(event.roll, nowMs);
        else if (event.kind === "leave") sessions.leave(event.roll, nowMs);
        else if (event.kind === "tire") sessions.tire(event.roll, nowMs);
        else if (event.kind === "reload") {
          const next = event.roll % 2 === 0 ? before : after;
          const removed = new Set(balancer.servers);
          sessions.follow(balancer.reconfigure(backendSpec(next), nowMs), nowMs);
          for (const server of balancer.servers) removed.delete(server);
          for (const server of removed) expect(server.isPersistable()).toBe(false);
        } else sessions.follow(changeServers(balancer, event, nowMs), nowMs);
        sessions.check();
      }
      while (sessions.held.size > 0) sessions.leave(0, nowMs);
      expect(balancer.servers.map((server) => server.served)).toEqual(
        balancer.servers.map(() => 0),
      );
    }),
    { numRuns: 250 },
  );
});
