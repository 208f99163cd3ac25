// A neighbour that sends what is foreign, wrong, forged or replayed, while two agents are a pair.
//
// What can be promised. What fails a check of RFC 9568 §7.1 or RFC 3768 §7.1 changes nothing, is
// counted, and is said a few times. What passes all checks cannot be told from an advert of the peer:
// VRRP has no authentication worth the name (RFC 9568 §9). A forged priority 0 therefore costs at
// most one short second claim, and a storm of them no more than that; a forged priority 255 does take
// the VIP away, for as long as it is sent.
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { skipNote } from "../support/programs.ts";
import type { TandemNode } from "../support/tandem-agent.ts";
import { overlapMs } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  Bench,
  dumpedData,
  dumpedJson,
  dumpedStats,
  instanceText,
  VIP,
  type DumpedInstance,
} from "./agents.ts";
import { frameOf, hasNeighbour, Neighbour, type Speech } from "./neighbour.ts";

interface Dialect {
  readonly name: string;
  readonly version: 2 | 3;
  readonly vip: string;
  readonly intervalMs: number;
  readonly password?: string;
}

const DIALECTS: readonly Dialect[] = [
  { name: "version 2, PASS", version: 2, vip: VIP, intervalMs: 1_000, password: "s3cr3t" },
  { name: "version 3", version: 3, vip: VIP, intervalMs: 100 },
  { name: "version 3, IPv6", version: 3, vip: "fe80::100", intervalMs: 100 },
];

const SKIP = noNamespaces !== undefined || !hasNeighbour;
const NOTE = noNamespaces ?? skipNote("cc");

/** What one kind of bad packet is counted as: a key of the JSON dump's statistics. */
interface Offence {
  readonly what: string;
  readonly speech: Partial<Speech>;
  readonly counter: string;
  /** Over IPv6, where the kernel drops it before it is seen. */
  readonly isDroppedByKernel?: boolean;
}

/** How often each packet is sent. */
const REPEATS = 20;
/** What a shared machine may add to a time. */
const SLACK_MS = 250;

const OFFENCES: readonly Offence[] = [
  { what: "TTL 254", speech: { ttl: 254 }, counter: "ip_ttl_err", isDroppedByKernel: true },
  {
    what: "a wrong checksum",
    speech: { keepsChecksum: true, change: (m) => m.fill((m[7]! + 1) & 0xff, 7, 8) },
    counter: "checksum_err",
    isDroppedByKernel: true,
  },
  { what: "version 7", speech: { change: (m) => m.fill(0x71, 0, 1) }, counter: "version_err" },
  {
    what: "type 2",
    speech: { change: (m) => m.fill((m[0]! & 0xf0) | 2, 0, 1) },
    counter: "invalid_type_rcvd",
  },
  {
    what: "too short",
    speech: { change: (m) => m.subarray(0, m.length - 2) },
    counter: "packet_len_err",
  },
  {
    what: "the header alone",
    speech: { change: (m) => m.subarray(0, 8) },
    counter: "packet_len_err",
  },
  {
    what: "too long",
    speech: { change: (m) => Buffer.concat([m, Buffer.alloc(64, 7)]) },
    counter: "packet_len_err",
  },
];

const OFFENCES_V3: readonly Offence[] = [
  {
    what: "a trailer of auth_hmac",
    speech: { change: (m) => Buffer.concat([m, Buffer.alloc(28, 1)]) },
    counter: "authtype_mismatch",
  },
  { what: "no VIP", speech: { vips: [] }, counter: "addr_list_err" },
  {
    what: "interval 0",
    speech: { change: (m) => m.fill(0, 4, 6) },
    counter: "advert_interval_err",
  },
];

const OFFENCES_V2: readonly Offence[] = [
  { what: "another password", speech: { password: "s3crex" }, counter: "auth_failure" },
  {
    what: "an unknown authentication",
    speech: { change: (m) => m.fill(9, 4, 5) },
    counter: "invalid_authtype",
  },
  { what: "AH", speech: { change: (m) => m.fill(2, 4, 5) }, counter: "authtype_mismatch" },
];

/** As ucarp sends it: 36 bytes, byte 3 is the number of words of authentication. */
const CARP: Offence = {
  what: "CARP",
  speech: {
    change: (message) => {
      const carp = Buffer.alloc(36);
      carp.set([0x21, message[1]!, 0, 7, 0, 1], 0);
      return carp;
    },
  },
  counter: "version_err",
};

function offencesAgainst({ version, vip }: Dialect): readonly Offence[] {
  const own = version === 3 ? OFFENCES_V3 : OFFENCES_V2;
  return [...OFFENCES, ...own, ...(vip.includes(":") ? [] : [CARP])];
}

/** A master a with priority 150, a backup b with 100, and a neighbour c. */
class Besieged {
  readonly dialect: Dialect;
  readonly bench: Bench;
  readonly neighbour: Neighbour;
  readonly a: TandemNode;
  readonly b: TandemNode;

  private constructor(
    dialect: Dialect,
    bench: Bench,
    neighbour: Neighbour,
    nodes: readonly [TandemNode, TandemNode],
  ) {
    this.dialect = dialect;
    this.bench = bench;
    this.neighbour = neighbour;
    [this.a, this.b] = nodes;
  }

  static async start(dialect: Dialect): Promise<Besieged> {
    const bench = await Bench.create({ more: ["c"], vip: dialect.vip });
    const neighbour = await Neighbour.on(bench.host("c"));
    const a = await bench.start("a", textOf(dialect, 150));
    await bench.owned("a", () => a.process.output());
    const b = await bench.start("b", textOf(dialect, 100));
    await waitFor(async () => (await statsOf(b))["advert_rcvd"]! > 0, { what: "an advert" });
    return new Besieged(dialect, bench, neighbour, [a, b]);
  }

  /** Skew_Time of the backup. */
  get skewMs(): number {
    return (156 / 256) * this.dialect.intervalMs;
  }

  /** A node's own address, or one of a stranger with a lower or a higher one than both. */
  address(who: "a" | "b" | "lower" | "higher"): string {
    const isIpv6 = this.dialect.vip.includes(":");
    if (who === "lower") return isIpv6 ? "fe80::1" : "10.97.0.1";
    if (who === "higher") return isIpv6 ? "fe80::bad:0:0:1" : "10.98.0.66";
    return isIpv6 ? this.bench.host(who).ipv6 : this.bench.host(who).ipv4;
  }

  frame(who: "a" | "b" | "lower" | "higher", priority: number, more: Partial<Speech> = {}): string {
    const { version, vip, intervalMs, password } = this.dialect;
    return frameOf({
      ...{ version, vrid: 51, priority, intervalMs, vips: [vip], source: this.address(who) },
      ...(password === undefined ? {} : { password }),
      ...more,
    });
  }

  /** Sends a frame 500 times a second over so many intervals, or a bit more than one long one. */
  async storm(frame: string, intervals: number): Promise<void> {
    const perSecond = 500;
    const lengthMs = Math.min(intervals * this.dialect.intervalMs, 1_500);
    const count = Math.ceil((perSecond * lengthMs) / 1_000);
    await this.neighbour.send([frame], { perSecond, count });
  }

  /** Node a has been the only owner all the time. */
  expectCalm(): void {
    expect(this.bench.owners()).toBe("a");
    expect(this.bench.watch("a").holdings(), this.a.process.output()).toHaveLength(1);
    expect(this.bench.watch("b").holdings(), this.b.process.output()).toHaveLength(0);
  }
}

describe.skipIf(SKIP)(`a hostile neighbour ${NOTE}`, { timeout: 60_000 }, () => {
  for (const dialect of DIALECTS) {
    test(dialect.name, async () => {
      const pair = await Besieged.start(dialect);
      await sendWrongPackets(pair);
      await sendWeaker(pair);
      await sendResignations(pair);
      await sendStronger(pair);
    });
  }
});

/** They change nothing, are counted and shown, and are said a few times. */
async function sendWrongPackets(pair: Besieged): Promise<void> {
  const offences = offencesAgainst(pair.dialect);
  const senders = ["a", "b", "higher"] as const;
  const priorities = [0, 255];
  const frames = offences.flatMap(({ speech }) =>
    senders.flatMap((who) => priorities.map((priority) => pair.frame(who, priority, speech))),
  );
  const foreign = pair.frame("higher", 255, { vrid: 52 });
  const before = new Map([pair.a, pair.b].map((node) => [node, node.process.output().length]));
  for (let at = 0; at < frames.length; at += 60) {
    const some = frames.slice(at, at + 60);
    await pair.neighbour.send(some, { perSecond: 2_000, count: some.length * REPEATS });
  }
  await pair.neighbour.send([foreign], { perSecond: 2_000, count: REPEATS });
  const isIpv6 = pair.dialect.vip.includes(":");
  // The kernel takes no IPv4 packet that comes in with its own address as source.
  const seenSenders = senders.length - (isIpv6 ? 0 : 1);
  const expected: Record<string, number> = {};
  for (const { counter, isDroppedByKernel } of offences) {
    const isSeen = isDroppedByKernel !== true || !isIpv6;
    const count = isSeen ? REPEATS * seenSenders * priorities.length : 0;
    expected[counter] = (expected[counter] ?? 0) + count;
  }
  const unknown = ` Adverts for unknown virtual routers = ${REPEATS}\n`;
  for (const node of [pair.a, pair.b]) {
    await waitFor(async () => (await dumpedData(node)).includes(unknown), {
      what: () => `${unknown}; ${node.process.output()}`,
    });
    expect(await statsOf(node)).toMatchObject(expected);
    // Once for each sender and kind, far from one line per packet.
    const said = node.process.output().slice(before.get(node));
    const warnings = said.split("\n").filter((line) => /"level":"?(warn|40)/.test(line));
    expect(warnings.length).toBeGreaterThan(offences.length / 2);
    expect(warnings.length).toBeLessThanOrEqual(offences.length * senders.length);
  }
  expect(await dumpedStats(pair.a)).toMatch(/Became master: 1\n {2}Released master: 0\n/);
  expect(await dumpedStats(pair.b)).toMatch(/Became master: 0\n {2}Released master: 0\n/);
  pair.expectCalm();
}

/** Weaker rivals, and equal ones with a lower address: the master answers, at a bounded rate. */
async function sendWeaker(pair: Besieged): Promise<void> {
  const intervals = 4;
  const sentBefore = (await statsOf(pair.a))["advert_sent"]!;
  const fromMs = Date.now();
  await pair.storm(pair.frame("higher", 50), intervals);
  await pair.storm(pair.frame("lower", 150), intervals);
  await pair.storm(pair.frame("a", 150), intervals);
  const sent = (await statsOf(pair.a))["advert_sent"]! - sentBefore;
  const passed = (Date.now() - fromMs) / pair.dialect.intervalMs;
  expect(sent).toBeLessThanOrEqual(5 * (passed + 1));
  pair.expectCalm();
}

/**
 * Priority 0, replayed in the master's name and in others'. The backup may claim the VIP once before
 * it hears the master again, no longer than a skew and an interval; then it knows better.
 */
async function sendResignations(pair: Besieged): Promise<void> {
  const { bench, dialect } = pair;
  await pair.storm(pair.frame("b", 0), 2);
  await pair.storm(pair.frame("higher", 0), 4);
  pair.expectCalm();
  const fromMs = Date.now();
  // Longer than a false resignation is remembered.
  await pair.storm(pair.frame("a", 0), 14);
  await bench.owned("a", () => pair.b.process.output());
  expect(bench.watch("a").holdings()).toHaveLength(1);
  expect(bench.watch("b").holdings().length, pair.b.process.output()).toBeLessThanOrEqual(1);
  const bothMs = overlapMs(bench.watch("a"), bench.watch("b"), fromMs);
  expect(bothMs).toBeLessThan(pair.skewMs + dialect.intervalMs + SLACK_MS);
}

/** A valid claim of more than the master's is obeyed while it lasts: nobody can tell that it is forged. */
async function sendStronger(pair: Besieged): Promise<void> {
  const { bench, dialect } = pair;
  const earlier = bench.watch("b").holdings().length;
  const frames = [pair.frame("higher", 255), pair.frame("higher", 150)];
  for (const frame of frames.slice(0, dialect.intervalMs < 1_000 ? 2 : 1)) {
    const storm = pair.storm(frame, 3);
    await bench.owned("", () => pair.a.process.output());
    await storm;
    const endedMs = Date.now();
    await bench.owned("a", () => pair.a.process.output());
    const downMs = 3 * dialect.intervalMs + (106 / 256) * dialect.intervalMs;
    expect(Date.now() - endedMs).toBeLessThan(downMs + 2 * SLACK_MS);
  }
  expect(bench.watch("b").holdings()).toHaveLength(earlier);
}

function textOf({ version, vip, intervalMs, password }: Dialect, priority: number): string {
  return instanceText({
    version,
    priority,
    advertInt: intervalMs / 1_000,
    vips: [`${vip}/${vip.includes(":") ? 64 : 24}`],
    ...(password === undefined
      ? {}
      : { lines: `authentication {\n auth_type PASS\n auth_pass ${password}\n }` }),
  });
}

async function statsOf(node: TandemNode): Promise<DumpedInstance["stats"]> {
  return (await dumpedJson(node)).get("V")!.stats;
}
