// Any order of events, late or in time: claims and releases pair up, timers stay armed, and every
// change is told in order.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ElectionEffect, ElectionEvent, VrrpState } from "../../../ha/vrrp/election-events.ts";
import { Election } from "../../../ha/vrrp/election.ts";
import { ip, syncGroupConfiguration } from "../../support/agent-configuration.ts";
import { electionSettings } from "../../support/election-bench.ts";

const NAMES = ["A", "B", "C"] as const;
const RUNS = process.env["TANDEM_TEST_LONG"] === "1" ? 20_000 : 400;

const name = fc.constantFrom(...NAMES);
const event: fc.Arbitrary<ElectionEvent> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom({ kind: "start" } as const, { kind: "stop" } as const) },
  { weight: 20, arbitrary: fc.constant({ kind: "timeout" } as const) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("advert" as const),
      instance: name,
      path: fc.constantFrom("vrrp" as const, "heartbeat" as const),
      source: fc.constantFrom(ip("10.9.9.1"), ip("10.9.9.10"), ip("10.9.9.20")),
      advert: fc.record({
        version: fc.constant(3 as const),
        family: fc.constant(4 as const),
        vrid: fc.constant(51),
        priority: fc.constantFrom(0, 0, 1, 50, 100, 150, 255),
        intervalMs: fc.constantFrom(10, 100, 1_000, 40_950),
        vips: fc.constant([]),
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("priority" as const),
      instance: name,
      priority: fc.integer({ min: 1, max: 255 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("faults" as const),
      instance: name,
      faults: fc.constantFrom([], [], ["down"]),
      isDeaf: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("resign" as const),
      instance: name,
      reason: fc.constant("asked"),
      holdMs: fc.constantFrom(0, 0, 500, 60_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("stalled" as const),
      sleptMs: fc.constantFrom(1, 200, 10_000),
    }),
  },
);

const step = fc.record({ event, passMs: fc.constantFrom(0, 0, 1, 30, 99, 100, 361, 5_000) });

const settings = fc.record({
  isPair: fc.boolean(),
  isGrouped: fc.boolean(),
  priority: fc.constantFrom(1, 100, 254, 255),
  isNopreempt: fc.boolean(),
  preemptDelayMs: fc.constantFrom(0, 300),
});

/** Follows the effects and says what does not add up. */
class Ledger {
  readonly held = new Set<string>();
  readonly states = new Map<string, VrrpState>(NAMES.map((each) => [each, "INIT"]));
  readonly wrong: string[] = [];

  note(effect: ElectionEffect, known: ReadonlySet<string>): void {
    if (effect.kind === "claim") {
      if (this.held.has(effect.instance)) this.wrong.push(`claimed ${effect.instance} twice`);
      this.held.add(effect.instance);
    } else if (effect.kind === "release") {
      if (!this.held.delete(effect.instance)) this.wrong.push(`released ${effect.instance} unheld`);
    } else if (effect.kind === "reannounce") {
      if (!this.held.has(effect.instance)) this.wrong.push(`announced ${effect.instance} unheld`);
    } else if (effect.kind === "send") {
      if (effect.priority > 255 || effect.priority < 0) this.wrong.push("priority out of range");
    } else if (effect.kind === "state" && effect.scope === "INSTANCE") {
      if (!known.has(effect.name)) this.wrong.push(`unknown ${effect.name}`);
      if (this.states.get(effect.name) !== effect.from) this.wrong.push("a change is missing");
      if (effect.from === effect.to) this.wrong.push("a change that is none");
      this.states.set(effect.name, effect.to);
    }
  }
}

describe("an election under any events", () => {
  test("adds up", () => {
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 120 }), (given, steps) => {
        const { isPair, isGrouped, ...instance } = given;
        const election = new Election({
          ...electionSettings({
            instances: NAMES.map((each, i) => ({ ...instance, name: each, vrid: 51 + i })),
            syncGroups: isGrouped ? [syncGroupConfiguration({ members: ["A", "B"] })] : [],
          }),
          isPair: () => isPair,
        });
        const ledger = new Ledger();
        const known = new Set<string>(NAMES);
        let nowMs = 1_000;
        for (const each of NAMES) {
          election.handle({ kind: "source", instance: each, source: ip("10.9.9.10") }, nowMs);
        }
        for (const { event: happened, passMs } of steps) {
          nowMs += passMs;
          election.handle(happened, nowMs);
          for (let effect = election.poll(); effect !== undefined; effect = election.poll()) {
            ledger.note(effect, known);
          }
          check(election, ledger, isGrouped, nowMs);
        }
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});

function check(election: Election, ledger: Ledger, isGrouped: boolean, nowMs: number): void {
  expect(ledger.wrong).toEqual([]);
  const statuses = election.statuses();
  for (const { name: each, state, becameMasterCount, releasedMasterCount } of statuses) {
    expect(ledger.states.get(each)).toBe(state);
    expect(ledger.held.has(each)).toBe(state === "MASTER");
    expect(becameMasterCount - releasedMasterCount).toBe(state === "MASTER" ? 1 : 0);
  }
  const isArmed = statuses.some(({ state }) => state === "MASTER" || state === "BACKUP");
  expect(election.nextTimeout() !== undefined).toBe(isArmed);
  if (isArmed) expect(Number.isFinite(election.nextTimeout())).toBe(true);
  // After a timeout nothing that was due is left behind for ever: the timer is not stuck in the past.
  election.handle({ kind: "timeout" }, nowMs);
  for (let effect = election.poll(); effect !== undefined; effect = election.poll()) {
    ledger.note(effect, new Set(NAMES));
  }
  if (isArmed) expect(election.nextTimeout()).toBeGreaterThan(nowMs);
  if (!isGrouped) return;
  const [a, b] = election.statuses();
  expect(a!.state === "FAULT").toBe(b!.state === "FAULT");
  expect(a!.state === "MASTER").toBe(b!.state === "MASTER");
}
