// A neighbour that sends 60,000 adverts a second: the master's own are as punctual as without it, its
// memory does not grow, and all that it read is counted.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { skipNote } from "../support/programs.ts";
import { Bench, Capture, dumpedData, dumpedJson, gapsOf, instanceText, VIP } from "./agents.ts";
import { frameOf, hasNeighbour, Neighbour, type Speech } from "./neighbour.ts";

const INTERVAL_MS = 100;
const PER_SECOND = 60_000;
const SECONDS = 3;
/** A warm-up at the same rate: buffers and compiled code are no growth. */
const WARM_UP_SECONDS = 1;
/** What the heap may differ by between two moments, MiB. */
const GROWTH_MIB_MAX = 12;

const SPEECH: Speech = {
  version: 3,
  vrid: 51,
  priority: 50,
  intervalMs: INTERVAL_MS,
  vips: [VIP],
  source: "10.98.0.66",
};

/** What the master drops, each for another reason. */
const DROPPED = [
  frameOf({ ...SPEECH, vrid: 52 }),
  frameOf({ ...SPEECH, ttl: 3 }),
  frameOf({ ...SPEECH, keepsChecksum: true, change: (message) => message.fill(0xaa, 6, 8) }),
  frameOf({ ...SPEECH, change: (message) => message.subarray(0, 10) }),
];

/** What passes all checks, and is a reason to answer. */
const RIVALS = [
  frameOf(SPEECH),
  frameOf({ ...SPEECH, source: "10.98.0.67", vips: ["10.98.0.99"] }),
  frameOf({ ...SPEECH, priority: 0 }),
];

/** Resident memory of a process, MiB. */
function residentMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kib) / 1024;
}

describe.skipIf(noNamespaces !== undefined || !hasNeighbour)(
  `a flood against a master ${noNamespaces ?? skipNote("cc")}`,
  { timeout: 60_000 },
  () => {
    for (const [what, frames, counters] of [
      ["dropped adverts", DROPPED, ["ip_ttl_err", "checksum_err", "packet_len_err"]],
      ["weaker rivals", RIVALS, ["advert_rcvd", "addr_list_err", "pri_zero_rcvd"]],
    ] as const) {
      test(`of ${what} does not delay its own beyond half an interval`, async () => {
        const bench = await Bench.create({ more: ["c", "d"] });
        const a = await bench.start("a", instanceText({ priority: 150 }));
        await bench.owned("a", () => a.process.output());
        const pid = await a.childPid("agent");
        const neighbour = await Neighbour.on(bench.host("c"));
        const flood = (seconds: number): Promise<number> =>
          neighbour.send(frames, { perSecond: PER_SECOND, count: seconds * PER_SECOND });
        await flood(WARM_UP_SECONDS);
        const beforeMib = residentMib(pid);
        const before = (await dumpedJson(a)).get("V")!.stats;
        const filter = `ip proto 112 and src host ${bench.host("a").ipv4}`;
        const capture = await Capture.start(bench.host("d"), filter);
        const rate = await flood(SECONDS);
        const gaps = gapsOf(capture.timesMs());
        const after = (await dumpedJson(a)).get("V")!.stats;
        const growthMib = residentMib(pid) - beforeMib;
        const counted = counters.map((key) => after[key]! - before[key]!);
        if (process.env["TANDEM_TEST_FIGURES"] !== undefined) {
          console.info(JSON.stringify({ what, rate, gaps, growthMib, counted }));
        }
        // A busy machine may not reach what is asked for; this is more than any network brings by itself.
        expect(rate).toBeGreaterThan(10_000);
        expect(gaps.count).toBeGreaterThan((0.8 * SECONDS * 1_000) / INTERVAL_MS);
        // Answers to rivals come between, which starts the interval again.
        expect(gaps.maxMs).toBeLessThan(1.5 * INTERVAL_MS);
        for (const count of counted) expect(count, String(counters)).toBeGreaterThan(1_000);
        expect(growthMib).toBeLessThan(GROWTH_MIB_MAX);
        expect(bench.watch("a").holdings(), a.process.output()).toHaveLength(1);
        expect(a.process.output().length, "characters of log").toBeLessThan(20_000);
        if (frames !== DROPPED) return;
        expect(await dumpedData(a)).toMatch(/Adverts for unknown virtual routers = \d{4,}\n/);
      });
    }
  },
);
