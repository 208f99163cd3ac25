// The same sessions, ended in every way, must leave the same lines in the logs of the installed
// HAProxy and of Tandem: states, counters, bytes, which times were reached, and about how long.
import { beforeAll, describe, expect, test } from "vitest";
import { has, skipNote } from "../support/programs.ts";
import { type Lane, splitTimes, startLanes } from "./log-states-harness.ts";
import { SCENARIOS } from "./log-states-scenarios.ts";

/** Times may differ by this much on a busy machine, ms: half of the timeouts under test. */
const TOLERANCE_MS = 450;

describe.skipIf(!has("haproxy"))(`a session is logged${skipNote("haproxy")}`, () => {
  let haproxy: Lane;
  let tandem: Lane;

  beforeAll(async () => {
    ({ haproxy, tandem } = await startLanes(SCENARIOS));
  });

  test.each(SCENARIOS)("$title ($name)", async (scenario) => {
    const [theirs, ours] = await Promise.all([haproxy.play(scenario), tandem.play(scenario)]);
    const expected = theirs.map((line) => splitTimes(scenario.expected?.(line) ?? line));
    const found = ours.map(splitTimes);
    expect(found.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
    for (const [index, { times }] of expected.entries()) {
      for (const [place, time] of times.entries()) {
        const difference = Math.abs(found[index]!.times[place]! - time);
        expect(difference, `${theirs[index]!} and ${ours[index]!}`).toBeLessThan(TOLERANCE_MS);
      }
    }
  });

  test("once: neither balancer has written more lines", () => {
    for (const { name, lineCount = 1 } of SCENARIOS) {
      expect(haproxy.lines(name)).toHaveLength(lineCount);
      expect(tandem.lines(name)).toHaveLength(lineCount);
    }
  });
});
