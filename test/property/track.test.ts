// Invariants: counting results of a script gives what looking back over all of them gives; the
// standing of an instance is the sum over what is known, computed anew; effects tell each change
// once. The twins are slow and obvious.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ScriptCounter } from "../../ha/track/script-counter.ts";
import type { TrackEvent } from "../../ha/track/track-events.ts";
import { Tracker } from "../../ha/track/tracker.ts";
import {
  agentConfiguration,
  fileConfiguration,
  processConfiguration,
  scriptConfiguration,
  trackReference,
} from "../support/agent-configuration.ts";

/** Whether a script is up after these results: the last `rise` or `fall` in a row decide. */
function isUpSlowly(results: readonly boolean[], rise: number, fall: number): boolean {
  let isUp = results[0] === true;
  for (let end = 1; end <= results.length; end += 1) {
    const seen = results.slice(0, end);
    if (!isUp && end > rise - 1 && seen.slice(-rise).every((good) => good)) isUp = true;
    if (isUp && end > fall - 1 && seen.slice(-fall).every((good) => !good)) isUp = false;
  }
  return isUp;
}

const results = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });
const threshold = fc.integer({ min: 1, max: 5 });

test("ScriptCounter counts as looking back does", () => {
  fc.assert(
    fc.property(results, threshold, threshold, (sequence, rise, fall) => {
      const counter = new ScriptCounter({ rise, fall }, false);
      let isUp: boolean | undefined;
      sequence.forEach((good, index) => {
        const change = counter.take(good);
        const expected = isUpSlowly(sequence.slice(0, index + 1), rise, fall);
        expect(counter.isUp).toBe(expected);
        expect(change).toBe(expected === isUp ? undefined : expected ? "up" : "down");
        expect(counter.value).toBeGreaterThanOrEqual(0);
        expect(counter.value).toBeLessThan(rise + fall);
        isUp = expected;
      });
    }),
    { numRuns: 500 },
  );
});

const NAMES = ["a", "b"] as const;

interface Facts {
  readonly interfaces: Map<string, boolean>;
  readonly scripts: Map<string, boolean>;
  readonly processes: Map<string, number>;
  readonly files: Map<string, number>;
}

interface Weighted {
  readonly weight: number;
  readonly isReversed: boolean;
}

const weighted = fc.record({
  weight: fc.oneof(fc.constant(0), fc.integer({ min: -253, max: 253 })),
  isReversed: fc.boolean(),
});
const weights = fc.array(weighted, { minLength: 8, maxLength: 8 });

type Fact = Exclude<TrackEvent, { kind: "start" | "timeout" | "balancer" }>;

const name = fc.constantFrom(...NAMES);
const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({
    kind: fc.constant("interface" as const),
    name: fc.constantFrom("eth0", "a", "b"),
    isRunning: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("processes" as const), name, count: fc.nat(3) }),
  fc.record({
    kind: fc.constant("file" as const),
    name,
    value: fc.option(fc.integer({ min: -300, max: 300 }), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("script-ended" as const),
    script: name,
    outcome: fc.nat(1).map((code) => ({ kind: "exited" as const, code })),
  }),
);

/** What one up-or-down object does, by the words of the manual. */
function effectSlowly(
  isUp: boolean | undefined,
  { weight, isReversed }: Weighted,
): number | "fault" {
  if (weight === 0) {
    if (isUp === undefined) return "fault";
    return isReversed === isUp ? "fault" : 0;
  }
  const sign = isReversed ? -1 : 1;
  if (isUp === true && weight > 0) return sign * weight;
  if (isUp === false && weight < 0) return sign * weight;
  return 0;
}

function fileSlowly(value: number, { weight, isReversed }: Weighted): number | "fault" {
  if (weight === 0) return (value !== 0) !== isReversed ? "fault" : 0;
  const product = value * weight * (isReversed ? -1 : 1);
  return product < -253 ? "fault" : Math.min(product, 253);
}

function standingSlowly(base: number, facts: Facts, list: readonly Weighted[]): number | "fault" {
  const parts: (number | "fault")[] = [facts.interfaces.get("eth0") === true ? 0 : "fault"];
  NAMES.forEach((object, index) => {
    parts.push(
      effectSlowly(facts.interfaces.get(object) ?? false, list[index]!),
      effectSlowly(facts.scripts.get(object), list[index + 2]!),
    );
    const count = facts.processes.get(object);
    parts.push(effectSlowly(count === undefined ? undefined : count > 0, list[index + 4]!));
    parts.push(fileSlowly(facts.files.get(object) ?? 0, list[index + 6]!));
  });
  if (parts.includes("fault")) return "fault";
  const sum = parts.reduce<number>((total, part) => total + Number(part), base);
  return Math.min(254, Math.max(1, sum));
}

function referencesOf(
  list: readonly Weighted[],
  from: number,
): ReturnType<typeof trackReference>[] {
  return NAMES.map((object, index) => trackReference(object, list[from + index]));
}

test("Tracker stands where adding up all that is known leads, and tells each change once", () => {
  fc.assert(
    fc.property(
      fc.array(fact, { maxLength: 40 }),
      weights,
      fc.integer({ min: 1, max: 254 }),
      (events, list, base) => {
        const configuration = agentConfiguration({
          scripts: NAMES.map((object) => scriptConfiguration({ name: object, intervalMs: 1 })),
          processes: NAMES.map((object) => processConfiguration({ name: object })),
          files: NAMES.map((object) => fileConfiguration({ name: object })),
          instances: [
            {
              priority: base,
              trackedInterfaces: referencesOf(list, 0),
              trackedScripts: referencesOf(list, 2),
              trackedProcesses: referencesOf(list, 4),
              trackedFiles: referencesOf(list, 6),
            },
          ],
        });
        const tracker = new Tracker(configuration);
        const facts: Facts = {
          interfaces: new Map(),
          scripts: new Map(),
          processes: new Map(),
          files: new Map(),
        };
        let nowMs = 0;
        let priority: number | undefined;
        let faults: string | undefined;
        const drain = (): void => {
          for (let effect = tracker.poll(); effect !== undefined; effect = tracker.poll()) {
            if (effect.kind === "priority") {
              expect(effect.priority).not.toBe(priority);
              priority = effect.priority;
            } else if (effect.kind === "faults") {
              const said = JSON.stringify([effect.faults, effect.isAwaiting]);
              expect(said).not.toBe(faults);
              faults = said;
            }
          }
        };
        tracker.handle({ kind: "start" }, nowMs);
        drain();
        for (const event of events) {
          if (event.kind === "interface") facts.interfaces.set(event.name, event.isRunning);
          else if (event.kind === "processes") facts.processes.set(event.name, event.count);
          else if (event.kind === "file") facts.files.set(event.name, event.value ?? 0);
          else if (event.outcome.kind === "exited") {
            facts.scripts.set(event.script, event.outcome.code === 0);
          }
          // Scripts are due every millisecond, so that each result is of a run.
          nowMs += 1;
          tracker.handle({ kind: "timeout" }, nowMs);
          tracker.handle(event, nowMs);
          drain();
          const expected = standingSlowly(base, facts, list);
          const isFault = (JSON.parse(faults!) as [string[]])[0].length > 0;
          expect(isFault ? "fault" : priority).toBe(expected);
        }
      },
    ),
    { numRuns: 500 },
  );
});
