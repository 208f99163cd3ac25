import { describe, expect, test } from "vitest";
import { vipConfiguration as vip } from "../../../support/agent-configuration.ts";
import {
  count,
  instance,
  kernelAddress,
  logged,
  VipHarness,
} from "../../../support/vip-harness.ts";

const V = instance("V", [vip("10.0.0.100/24"), vip("10.0.0.101/24")], {
  excludedVips: [vip("fd00::100/64")],
});

function started(...instances: ConstructorParameters<typeof VipHarness>[0]): VipHarness {
  const harness = new VipHarness(instances);
  harness.feed({ kind: "start", removesLeftovers: true });
  return harness;
}

describe("claim and release", () => {
  test("a claim adds all, announces at once, and is settled when the kernel has all", () => {
    const harness = started(V);
    const effects = harness.feed({ kind: "claim", instance: "V" });
    const kinds = effects.map(({ kind }) => kind);
    expect(count(effects, "add")).toBe(3);
    expect(count(effects, "announce")).toBe(15);
    expect(kinds.lastIndexOf("add")).toBeLessThan(kinds.indexOf("announce"));
    expect(harness.keeper.isHeld("V")).toBe(false);
    expect(harness.keeper.will()).toHaveLength(3);
    const later = harness.run(1_000);
    expect(later).toContainEqual({ kind: "settled", instance: "V", isHeld: true });
    expect(count(later, "verify")).toBe(1);
    expect(harness.keeper.isHeld("V")).toBe(true);
    expect(harness.keeper.held()).toHaveLength(3);
    // garp_master_delay: the second set after 5 s, and no third.
    expect(count(harness.run(60_000), "announce")).toBe(15);
  });

  test("a release removes all and is settled when the kernel has none; the will is kept so long", () => {
    const harness = started(V);
    harness.feed({ kind: "claim", instance: "V" });
    harness.run(1_000);
    const effects = harness.feed({ kind: "release", instance: "V" });
    expect(count(effects, "remove")).toBe(3);
    expect(harness.keeper.isHeld("V")).toBe(false);
    expect(harness.keeper.will()).toHaveLength(3);
    const later = harness.run(60_000);
    expect(later).toContainEqual({ kind: "settled", instance: "V", isHeld: false });
    expect(harness.addresses()).toEqual([]);
    expect(harness.keeper.will()).toEqual([]);
    expect(harness.keeper.held()).toEqual([]);
    expect(count(later, "announce")).toBe(0);
    expect(harness.keeper.nextTimeout()).toBeUndefined();
  });

  test("release and claim in quick succession are not taken for a stranger's removal", () => {
    const harness = started(V);
    harness.feed({ kind: "claim", instance: "V" });
    harness.feed({ kind: "release", instance: "V" });
    harness.feed({ kind: "claim", instance: "V" });
    const effects = harness.run(60_000);
    expect(logged(effects, "warning")).toEqual([]);
    expect(logged(effects, "error")).toEqual([]);
    expect(harness.addresses()).toHaveLength(3);
    expect(harness.keeper.isHeld("V")).toBe(true);
  });

  test("a release of what was never claimed is settled and asks for nothing", () => {
    const harness = started(V);
    expect(harness.feed({ kind: "release", instance: "V" })).toEqual([
      { kind: "settled", instance: "V", isHeld: false },
    ]);
  });

  test("a VIP of two instances stays while one of them holds it", () => {
    const harness = started(V, instance("W", [vip("10.0.0.100/24")]));
    harness.feed({ kind: "claim", instance: "V" });
    harness.feed({ kind: "claim", instance: "W" });
    harness.run(1_000);
    harness.feed({ kind: "release", instance: "V" });
    const effects = harness.run(1_000);
    expect(harness.addresses()).toEqual(["10.0.0.100/24"]);
    expect(logged(effects, "warning")).toEqual([]);
    expect(harness.keeper.isHeld("W")).toBe(true);
    harness.feed({ kind: "release", instance: "W" });
    expect(harness.addresses()).toEqual([]);
  });

  test("the user's vip-down stands in the will", () => {
    const harness = new VipHarness([instance("V", [vip("10.0.0.100/24")])], {
      vipDown: "/etc/vip-down",
    });
    harness.feed({ kind: "claim", instance: "V" });
    expect(harness.keeper.will()).toEqual([
      { program: "/etc/vip-down", words: ["eth0", "10.0.0.100/24"] },
    ]);
  });
});

describe("the kernel differs", () => {
  test("leftovers are removed at the start, as the kernel has them", () => {
    const harness = new VipHarness([V]);
    harness.addByOther("10.0.0.100/16");
    harness.addByOther("10.0.0.7/24");
    harness.run(0);
    const effects = harness.feed({ kind: "start", removesLeftovers: true });
    expect(effects).toMatchObject([
      { kind: "remove", words: ["address", "del", "10.0.0.100/16", "dev", "eth0"] },
    ]);
    harness.run(1_000);
    expect(harness.addresses()).toEqual(["10.0.0.7/24"]);
  });

  test("leftovers stay when told so, until they are released", () => {
    const harness = new VipHarness([V]);
    harness.addByOther("10.0.0.100/24");
    harness.run(0);
    expect(harness.feed({ kind: "start", removesLeftovers: false })).toEqual([]);
    harness.run(60_000);
    expect(harness.addresses()).toEqual(["10.0.0.100/24"]);
    harness.feed({ kind: "release", instance: "V" });
    expect(harness.addresses()).toEqual([]);
  });

  test("the address owner's own address is neither added nor removed", () => {
    const harness = new VipHarness([instance("V", [vip("10.0.0.1/24")], { priority: 255 })]);
    harness.addByOther("10.0.0.1/24");
    harness.run(0);
    harness.feed({ kind: "start", removesLeftovers: true });
    const claimed = harness.feed({ kind: "claim", instance: "V" });
    expect(count(claimed, "add")).toBe(0);
    expect(count(claimed, "announce")).toBe(5);
    expect(harness.keeper.isHeld("V")).toBe(true);
    expect(harness.keeper.will()).toEqual([]);
    harness.feed({ kind: "release", instance: "V" });
    harness.run(60_000);
    expect(harness.addresses()).toEqual(["10.0.0.1/24"]);
  });

  test("what something else removes is put back at once, announced, and logged once a minute", () => {
    const harness = started(V);
    harness.feed({ kind: "claim", instance: "V" });
    harness.run(30_000);
    harness.removeByOther("10.0.0.100/24");
    const effects = harness.run(0);
    expect(count(effects, "add")).toBe(1);
    expect(count(effects, "announce")).toBe(5);
    expect(logged(effects, "warning")).toEqual([
      "10.0.0.100/24 was removed from eth0 by something else: it is put back",
    ]);
    harness.run(1_000);
    harness.removeByOther("10.0.0.100/24");
    expect(logged(harness.run(1_000), "warning")).toEqual([]);
    expect(harness.addresses()).toHaveLength(3);
  });

  test("a fight over a VIP is answered with delays", () => {
    const harness = started(V);
    harness.feed({ kind: "claim", instance: "V" });
    harness.run(1_000);
    let additions = 0;
    for (let ms = 0; ms < 5_000; ms++) {
      harness.removeByOther("10.0.0.100/24");
      additions += count(harness.run(1), "add");
    }
    expect(additions).toBeGreaterThan(5);
    expect(additions).toBeLessThan(15);
    harness.run(5_000);
    expect(harness.addresses()).toHaveLength(3);
  });

  test("no_track: what something else removes stays away", () => {
    const harness = started(instance("V", [vip("10.0.0.100/24", { isUntracked: true })]));
    harness.feed({ kind: "claim", instance: "V" });
    harness.run(1_000);
    harness.removeByOther("10.0.0.100/24");
    harness.run(60_000);
    expect(harness.addresses()).toEqual([]);
    expect(harness.keeper.isHeld("V")).toBe(true);
  });

  test("a VIP that something else adds to a backup is removed", () => {
    const harness = started(V);
    harness.addByOther("10.0.0.100/24");
    const effects = harness.run(1_000);
    expect(harness.addresses()).toEqual([]);
    expect(logged(effects, "warning")).toHaveLength(1);
  });

  test("a failed addition is logged and tried again with growing delays until it works", () => {
    const harness = started(V);
    harness.failing.add("10.0.0.100");
    harness.feed({ kind: "claim", instance: "V" });
    const effects = harness.run(20_000);
    expect(logged(effects, "error")).toEqual([
      "10.0.0.100/24 could not be added to eth0: no luck; it is tried again",
    ]);
    expect(count(effects, "add")).toBeGreaterThan(5);
    expect(count(effects, "add")).toBeLessThan(12);
    expect(count(effects, "settled")).toBe(0);
    harness.failing.clear();
    expect(harness.run(5_000)).toContainEqual({ kind: "settled", instance: "V", isHeld: true });
  });

  test("a removal that keeps failing is left to the operator, and stays in the will", () => {
    const harness = started(V);
    harness.feed({ kind: "claim", instance: "V" });
    harness.run(1_000);
    harness.failing.add("del 10.0.0.100");
    harness.feed({ kind: "release", instance: "V" });
    const effects = harness.run(120_000);
    expect(logged(effects, "error").at(-1)).toBe(
      '10.0.0.100/24 cannot be removed from eth0: run "ip address del 10.0.0.100/24 dev eth0" by hand',
    );
    expect(effects).toContainEqual({ kind: "settled", instance: "V", isHeld: false });
    expect(harness.keeper.held()).toEqual([]);
    expect(harness.keeper.will()).toHaveLength(1);
  });

  test("a lost notice is found by the next look", () => {
    const harness = started(V);
    harness.feed({ kind: "claim", instance: "V" });
    harness.run(1_000);
    harness.removeByOther("10.0.0.100/24");
    harness.notices.length = 0;
    harness.run(10_000);
    expect(harness.addresses()).toHaveLength(3);
  });

  test("a snapshot from before the claim does no harm", () => {
    const harness = started(V);
    harness.feed({ kind: "claim", instance: "V" });
    harness.feed({ kind: "addresses", addresses: [kernelAddress("10.0.0.7/24")] });
    const effects = harness.run(1_000);
    expect(logged(effects, "error")).toEqual([]);
    expect(harness.keeper.isHeld("V")).toBe(true);
  });
});
