// Reloads, links that come and go, macvlans.
import { describe, expect, test } from "vitest";
import type { VipEffect } from "../../../../ha/vip/vip-events.ts";
import { vipConfiguration as vip } from "../../../support/agent-configuration.ts";
import { count, instance, logged, MAC, VipHarness } from "../../../support/vip-harness.ts";

const V = instance("V", ["10.0.0.100/24", "10.0.0.101/24"]);

function holding(): VipHarness {
  const harness = new VipHarness([V]);
  harness.feed({ kind: "start", removesLeftovers: true });
  harness.feed({ kind: "claim", instance: "V" });
  harness.run(10_000);
  return harness;
}

function commands(effects: readonly VipEffect[]): readonly string[] {
  return effects.flatMap((effect) => ("words" in effect ? [effect.words.join(" ")] : []));
}

function link(name: string, isRunning: boolean, mac = MAC) {
  return { kind: "link" as const, link: { name, index: 2, mac, isRunning } };
}

describe("a reload", () => {
  test("adds and removes by difference and announces what is new", () => {
    const harness = holding();
    harness.keeper.reconfigure([instance("V", ["10.0.0.101/24", "10.0.0.102/24"])], harness.nowMs);
    const effects = [...harness.drain(), ...harness.run(1_000)];
    expect(commands(effects)).toEqual([
      "address del 10.0.0.100/24 dev eth0",
      "address add 10.0.0.102/24 dev eth0",
    ]);
    expect(count(effects, "announce")).toBe(5);
    expect(harness.addresses()).toEqual(["10.0.0.101/24", "10.0.0.102/24"]);
    expect(harness.keeper.isHeld("V")).toBe(true);
    expect(harness.keeper.will()).toHaveLength(2);
    expect(logged(effects, "warning")).toEqual([]);
  });

  test("replaces what is written otherwise", () => {
    const harness = holding();
    const other = vip("10.0.0.100/24", { label: "eth0:vip" });
    harness.keeper.reconfigure([instance("V", [other, "10.0.0.101/24"])], harness.nowMs);
    const effects = [...harness.drain(), ...harness.run(1_000)];
    expect(commands(effects)).toEqual([
      "address del 10.0.0.100/24 dev eth0",
      "address add 10.0.0.100/24 dev eth0 label eth0:vip",
    ]);
    expect(logged(effects, "warning")).toEqual([]);
    expect(harness.keeper.isHeld("V")).toBe(true);
  });

  test("an instance that is gone takes its VIPs, routes and schedule along", () => {
    const harness = new VipHarness([
      instance("V", ["10.0.0.100/24"], { virtualRoutes: [["10.9.0.0/16", "dev", "eth0"]] }),
    ]);
    harness.feed({ kind: "claim", instance: "V" });
    harness.run(1_000);
    harness.keeper.reconfigure([], harness.nowMs);
    const effects = [...harness.drain(), ...harness.run(60_000)];
    expect([...commands(effects)].sort()).toEqual([
      "address del 10.0.0.100/24 dev eth0",
      "route del 10.9.0.0/16 dev eth0",
    ]);
    expect(harness.keeper.will()).toEqual([]);
    expect(harness.keeper.nextTimeout()).toBeUndefined();
  });
});

describe("links", () => {
  test("one that returns, or changes its MAC address, is announced on again", () => {
    const harness = holding();
    harness.feed(link("eth0", false));
    expect(count(harness.feed(link("eth0", true)), "announce")).toBe(10);
    expect(count(harness.feed(link("eth0", true)), "announce")).toBe(0);
    const other = Uint8Array.of(2, 0, 0, 0, 0, 9);
    const effects = harness.feed(link("eth0", true, other));
    expect(count(effects, "announce")).toBe(10);
    const announce = effects.find((effect) => effect.kind === "announce");
    expect(announce?.frame.bytes.subarray(6, 12)).toEqual(other);
  });

  test("one that is removed is waited for without a word", () => {
    const harness = holding();
    harness.kernel.clear();
    harness.feed({ kind: "link-removed", name: "eth0" });
    const quiet = harness.run(60_000);
    expect(count(quiet, "add")).toBe(0);
    expect(logged(quiet, "warning")).toEqual([]);
    expect(harness.keeper.isHeld("V")).toBe(false);
    harness.feed(link("eth0", true));
    harness.run(1_000);
    expect(harness.addresses()).toHaveLength(2);
    expect(harness.keeper.isHeld("V")).toBe(true);
  });

  test("promote_secondaries is set at the start and when the link appears", () => {
    const promoting = instance("V", ["10.0.0.100/24"], { promotesSecondaries: true });
    const harness = new VipHarness([promoting]);
    const expected = {
      ...{ kind: "sysctl", path: "net/ipv4/conf/eth0/promote_secondaries", value: "1" },
    };
    expect(harness.feed({ kind: "start", removesLeftovers: true })).toContainEqual(expected);
    harness.feed({ kind: "link-removed", name: "eth0" });
    expect(harness.feed(link("eth0", true))).toContainEqual(expected);
  });
});

describe("use_vmac", () => {
  const vmacMac = Uint8Array.of(0, 0, 0x5e, 0, 1, 0x33);
  const settings = { device: "vrrp.51", sendsOnParent: false, address: vmacMac };
  const W = instance("W", ["10.0.0.100/24"], { vmac: settings });
  const creation = /^link add link eth0 name vrrp\.51 address 00:00:5e:00:01:33/;

  test("is made at the start, announced with its own address, removed at the stop", () => {
    const harness = new VipHarness([W]);
    const made = commands(harness.feed({ kind: "start", removesLeftovers: true }));
    expect(made[0]).toMatch(creation);
    const claimed = harness.feed({ kind: "claim", instance: "W" });
    expect(commands(claimed)).toEqual(["address add 10.0.0.100/24 dev vrrp.51"]);
    const announce = claimed.find((effect) => effect.kind === "announce");
    expect(announce?.frame.device).toBe("vrrp.51");
    expect(announce?.frame.bytes.subarray(6, 12)).toEqual(vmacMac);
    expect(harness.keeper.will().map(({ words }) => words.join(" "))).toEqual([
      "address del 10.0.0.100/24 dev vrrp.51",
      "link del vrrp.51",
    ]);
    expect(commands(harness.feed({ kind: "stop" }))).toEqual([
      "address del 10.0.0.100/24 dev vrrp.51",
      "link del vrrp.51",
    ]);
    harness.run(10_000);
    expect(harness.keeper.will()).toEqual([]);
  });

  test("one of an earlier run is made anew; one that something else removes comes back", () => {
    const harness = new VipHarness([W]);
    harness.feed(link("vrrp.51", true, vmacMac));
    const made = commands(harness.feed({ kind: "start", removesLeftovers: true }));
    expect(made.slice(0, 2)).toEqual(["link del vrrp.51", expect.stringMatching(creation)]);
    harness.feed({ kind: "link-removed", name: "vrrp.51" });
    harness.feed(link("vrrp.51", true, vmacMac));
    expect(commands(harness.run(1_000)).filter((words) => creation.test(words))).toEqual([]);
    harness.feed({ kind: "link-removed", name: "vrrp.51" });
    expect(commands(harness.run(1_000)).filter((words) => creation.test(words))).toHaveLength(1);
  });

  test("waits for its parent", () => {
    const harness = new VipHarness([W]);
    harness.feed({ kind: "link-removed", name: "eth0" });
    expect(commands(harness.feed({ kind: "start", removesLeftovers: true }))).toEqual([]);
    expect(commands(harness.feed(link("eth0", true)))[0]).toMatch(creation);
  });

  test("a failure to make it is logged and tried again", () => {
    const harness = new VipHarness([W]);
    const [words = ""] = commands(harness.feed({ kind: "start", removesLeftovers: true }));
    const effects = harness.feed({
      ...{ kind: "command-failed", words: words.split(" "), message: "Unknown device type." },
    });
    expect(logged(effects, "error")).toEqual([
      `"ip ${words}" failed: Unknown device type.; it is tried again`,
    ]);
    expect(commands(harness.run(10_000)).filter((again) => creation.test(again))).toHaveLength(1);
  });
});
