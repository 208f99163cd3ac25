// Two nodes whose files say different things, or the same thing where one must give way.
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { overlapMs, VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";
import { Bench, countLines, dumpedJson, instanceText, VIP, type InstanceText } from "./agents.ts";

/** One virtual router of which both nodes have different ideas. */
interface Disagreement {
  readonly name: string;
  readonly a: Partial<InstanceText>;
  readonly b: Partial<InstanceText>;
  /** What the backup counts. */
  readonly counter: string;
}

const DISAGREEMENTS: readonly Disagreement[] = [
  {
    name: "v2_master_is_faster",
    a: { version: 2, advertInt: 1 },
    b: { version: 2, advertInt: 2 },
    counter: "advert_interval_err",
  },
  {
    name: "v2_master_is_slower",
    a: { version: 2, advertInt: 2 },
    b: { version: 2, advertInt: 1 },
    counter: "advert_interval_err",
  },
  {
    name: "v3_master_is_faster",
    a: { advertInt: 0.1 },
    b: { advertInt: 0.3 },
    counter: "advert_interval_err",
  },
  {
    name: "v3_master_is_slower",
    a: { advertInt: 0.3 },
    b: { advertInt: 0.1 },
    counter: "advert_interval_err",
  },
  {
    name: "master_has_more_vips",
    a: { vips: ["10.98.0.104/24", "10.98.0.204/24"] },
    b: {},
    counter: "addr_list_err",
  },
  {
    name: "master_has_fewer_vips",
    a: {},
    b: { vips: ["10.98.0.105/24", "10.98.0.205/24"] },
    counter: "addr_list_err",
  },
  {
    name: "checksum_of_rfc9568",
    a: { lines: "v3_checksum_as_v2 on" },
    b: {},
    counter: "checksum_form",
  },
  {
    name: "checksum_with_pseudo_header",
    a: {},
    b: { lines: "v3_checksum_as_v2 on" },
    counter: "checksum_form",
  },
];

function vipOf(index: number): string {
  return `10.98.0.${100 + index}`;
}

function fileOf(node: "a" | "b", priority: number): string {
  return DISAGREEMENTS.map((each, index) =>
    instanceText({
      name: each.name,
      vrid: 60 + index,
      priority,
      vips: [`${vipOf(index)}/24`],
      ...each[node],
    }),
  ).join("");
}

describe.skipIf(noNamespaces !== undefined)(
  `files that differ ${noNamespaces ?? ""}`,
  { timeout: 60_000 },
  () => {
    test("intervals, VIPs and checksums: one master all the time, who is obeyed and replaced", async () => {
      const bench = await Bench.create({ vip: vipOf(0) });
      const others = DISAGREEMENTS.slice(1).map((_, index) =>
        Promise.all(["a", "b"].map((name) => VipWatch.start(bench.host(name), vipOf(index + 1)))),
      );
      const watches = [[bench.watch("a"), bench.watch("b")], ...(await Promise.all(others))];
      const held = (side: 0 | 1): number => watches.filter((pair) => pair[side]!.isHeld).length;
      const all = DISAGREEMENTS.length;
      let a = await bench.start("a", fileOf("a", 150));
      await waitFor(() => held(0) === all, { timeoutMs: 15_000, what: () => a.process.output() });
      const b = await bench.start("b", fileOf("b", 100));
      await waitFor(
        async () =>
          [...(await dumpedJson(b)).values()].every((each) => each.stats["advert_rcvd"]! >= 4),
        { timeoutMs: 15_000, intervalMs: 200 },
      );
      const dumped = await dumpedJson(b);
      for (const { name, counter } of DISAGREEMENTS) {
        expect(dumped.get(name)!.stats[counter], name).toBeGreaterThanOrEqual(4);
        expect(dumped.get(name)!.data.state, name).toBe(1);
        // Said once, with the node that means something else.
        const said = b.process
          .output()
          .split("\n")
          .filter((line) => line.includes(`(${name})`));
        expect(
          said.filter((line) => /"warn".*from 10\.98\.0\.1\)/.test(line)),
          name,
        ).toHaveLength(1);
      }
      expect(held(0)).toBe(all);
      expect(watches.map((pair) => pair[1]!.holdings().length)).toEqual(watches.map(() => 0));
      await a.process.stop();
      await waitFor(() => held(1) === all, { what: () => b.process.output() });
      a = await bench.start("a", fileOf("a", 150));
      await waitFor(() => held(0) === all && held(1) === 0, {
        timeoutMs: 20_000,
        what: () => a.process.output(),
      });
      for (const [index, [one, other]] of watches.entries()) {
        expect(overlapMs(one!, other!, 0), DISAGREEMENTS[index]!.name).toBeLessThan(250);
      }
    });

    test("equal priority: who came first stays; after a split the higher address wins", async () => {
      const bench = await Bench.create();
      const text = instanceText({ priority: 100 });
      await bench.start("a", text);
      await bench.owned("a");
      const b = await bench.start("b", text);
      await waitFor(async () => (await dumpedJson(b)).get("V")!.stats["advert_rcvd"]! >= 5);
      expect(bench.owners()).toBe("a");
      await bench.lan.setVrrp("a", false);
      await bench.lan.setVrrp("b", false);
      await bench.owned("a b");
      await bench.lan.setVrrp("a", true);
      await bench.lan.setVrrp("b", true);
      await bench.owned("b");
    });

    test("nopreempt: a returning node waits until the other is gone", async () => {
      const bench = await Bench.create();
      const text = instanceText({ priority: 150, lines: "nopreempt" });
      const first = await bench.start("a", text);
      await bench.owned("a");
      const b = await bench.start("b", instanceText({ priority: 100, lines: "nopreempt" }));
      await first.process.stop();
      await bench.owned("b", () => b.process.output());
      const a = await bench.start("a", text);
      await waitFor(async () => (await dumpedJson(a)).get("V")!.stats["advert_rcvd"]! >= 8);
      expect(bench.owners()).toBe("b");
      await b.process.stop();
      await bench.owned("a", () => a.process.output());
      expect(overlapMs(bench.watch("a"), bench.watch("b"), 0)).toBeLessThan(100);
    });

    test("preempt_delay: a returning node waits for so long, and not at all for a dead master", async () => {
      const bench = await Bench.create();
      await bench.start("b", instanceText({ priority: 100 }));
      await bench.owned("b");
      const a = await bench.start("a", instanceText({ priority: 150, lines: "preempt_delay 2" }));
      await bench.owned("a", () => a.process.output());
      const at = (text: string): number => {
        const line = a.process
          .output()
          .split("\n")
          .find((each) => each.includes(text))!;
        return Date.parse((JSON.parse(line) as { time: string }).time);
      };
      const delayMs = at("Entering MASTER STATE") - at("start preempt delay (2)");
      expect(delayMs).toBeGreaterThanOrEqual(2_000);
      // Then the down timer ends, which a weaker master's adverts did not restart.
      expect(delayMs).toBeLessThan(2_000 + 400 + 250);
    });

    test("priority 255: the address owner is master at once, whoever was before", async () => {
      const bench = await Bench.create();
      const b = await bench.start("b", instanceText({ priority: 100 }));
      await bench.owned("b");
      const a = await bench.start("a", instanceText({ priority: 255 }));
      await bench.owned("a");
      expect(countLines(a, "Receive advertisement timeout")).toBe(0);
      expect(overlapMs(bench.watch("a"), bench.watch("b"), 0)).toBeLessThan(100);
      await a.process.stop();
      await bench.owned("b", () => b.process.output());
      expect(await bench.host("a").hasAddress(VIP)).toBe(false);
    });
  },
);
