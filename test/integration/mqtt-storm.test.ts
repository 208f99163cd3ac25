// Storms of reconnects over real sockets: `mqtt-connect-rate` as the kernel sees it at the brokers' ports
// (with root and tcpdump; else only that none is lost, who is first and how long it takes). Descriptors bound the
// size: a process may have 20,000 here, and a balancer needs two for a session. With TANDEM_TEST_LONG=1
// 8,000 devices come to one balancer, and 20,000 to three that share four brokers; test/sim has 20,000
// at one balancer.
import { expect, test } from "vitest";
import type { Arrival } from "./storm-broker.ts";
import { CAN_WATCH_SYNS, SynWatch } from "./syn-watch.ts";
import { StormPlace, type StormSize } from "./storm-harness.ts";

const IS_LONG = process.env["TANDEM_TEST_LONG"] === "1";

interface Storm extends StormSize {
  readonly devices: number;
  /** So that all of them are there at once, however slow the machine is. */
  readonly dialsFirst: boolean;
}

const SHORT: Storm = {
  ...{ devices: 500, brokers: 2, balancers: 1, deviceProcesses: 1, rate: 60, maxconn: 1_000 },
  dialsFirst: true,
};
const ONE_BALANCER: Storm = {
  ...{ devices: 8_000, brokers: 4, balancers: 1, deviceProcesses: 2, rate: 150, maxconn: 9_000 },
  dialsFirst: false,
};
const THREE_BALANCERS: Storm = {
  ...{ devices: 20_000, brokers: 4, balancers: 3, deviceProcesses: 3, rate: 60, maxconn: 8_000 },
  dialsFirst: false,
};

/** Clocks may be set right meanwhile, by half a thousandth at most. */
const SECOND_MS = 999;

/** The most connections within a second, wherever it begins. */
function mostInASecond(timesMs: readonly number[]): number {
  const sorted = [...timesMs].sort((one, other) => one - other);
  let from = 0;
  return sorted.reduce((most, atMs, index) => {
    while (sorted[from]! <= atMs - SECOND_MS) from += 1;
    return Math.max(most, index - from + 1);
  }, 0);
}

/** Of those that came before nine tenths of the known ones were in, the share of the others. */
function strangersAmongFirst(
  arrivals: readonly Arrival[],
  isKnown: (id: string) => boolean,
): number {
  const inOrder = [...arrivals].sort((one, other) => one[1] - other[1]).map(([id]) => isKnown(id));
  const wanted = 0.9 * inOrder.filter((each) => each).length;
  let known = 0;
  const end = inOrder.findIndex((each) => (known += Number(each)) >= wanted);
  return (end + 1 - known) / (end + 1);
}

async function makeStorm(storm: Storm): Promise<void> {
  const { devices, brokers, balancers, rate, dialsFirst } = storm;
  const place = await StormPlace.open(storm);
  const ids = Array.from({ length: devices }, (_, index) => `device-${index}`);
  // Half of them are known to the tables of the balancer that they come to again.
  const isKnown = (id: string): boolean => Math.floor(Number(id.slice(7)) / 12) % 2 === 0;
  const known = ids.map((id) => (isKnown(id) ? id : `other-${id}`));
  await place.storm({ clientIds: known, withinMs: 1_000, dialsFirst });
  await place.leave();
  await place.arrivals();

  const watch = CAN_WATCH_SYNS ? await SynWatch.start(place.brokerPorts) : undefined;
  const reports = await place.storm({ clientIds: ids, withinMs: 1_000, dialsFirst });
  const arrivals = await place.arrivals();
  expect(reports.flatMap(({ losses }) => losses)).toEqual([]);
  expect(reports.reduce((sum, { connected }) => sum + connected, 0)).toBe(devices);
  const begun = await watch?.stop();
  const most = begun === undefined ? [] : [...begun.values()].map(mostInASecond);
  const startMs = Math.min(...reports.map((each) => each.startMs));
  const sentMs = Math.max(...reports.map((each) => each.sentMs)) - startMs;
  const lastMs = Math.max(...reports.map((each) => each.lastMs)) - startMs;
  const impliedMs = (devices * 1_000) / (rate * brokers * balancers);
  const strangers = strangersAmongFirst(arrivals.flat(), isKnown);
  if (IS_LONG) {
    const ms = (value: number): string => `${Math.round(value)} ms`;
    console.log(
      `${devices} devices within ${ms(sentMs)}: the last in after ${ms(lastMs)} (implied ${ms(impliedMs)}), ` +
        `most in a second ${most.join(", ")} of ${rate * balancers}, strangers ${strangers.toFixed(2)}`,
    );
  }
  if (begun !== undefined) {
    expect(begun.size).toBe(brokers);
    // A busy kernel drops a few packets of a capture.
    expect([...begun.values()].flat().length).toBeGreaterThan(0.99 * devices);
  }
  for (const count of most) expect(count).toBeLessThanOrEqual(rate * balancers);
  expect(arrivals.flat()).toHaveLength(devices);
  // A burst shortens it; the machine and the last answers lengthen it.
  expect(lastMs).toBeGreaterThan(0.8 * impliedMs);
  expect(lastMs).toBeLessThanOrEqual(1.25 * impliedMs + sentMs + 2_000);
  // One in five, as long as there are known ones; a half if nobody went first.
  expect(strangers).toBeLessThan(0.35);
}

test(
  "500 devices return at once: no broker sees more than its rate, none is lost, known ones are first",
  {
    timeout: 90_000,
  },
  () => makeStorm(SHORT),
);

test.skipIf(!IS_LONG).each([
  ["8,000 to one balancer", ONE_BALANCER],
  ["20,000 to three balancers that share the brokers", THREE_BALANCERS],
])("%s", { timeout: 600_000 }, (_, storm) => makeStorm(storm));
