// What is read off the lines of the client programs.
import { describe, expect, test } from "vitest";
import type { Cluster } from "../../lab/cluster.ts";
import { Fleet } from "../../lab/fleet.ts";
import { Probe } from "../../lab/probe.ts";
import { stripText } from "../../lab/strip.ts";

/** A cluster whose client programs have printed these records. */
function printing(records: readonly object[]): Cluster {
  const stdout = ["ready", ...records.map((record) => JSON.stringify(record)), '{"cut'].join("\n");
  const cluster = { runClient: () => Promise.resolve({ stdout: () => stdout }) };
  return cluster as unknown as Cluster;
}

describe("newcomers", () => {
  const served = (atMs: number, node: string): object => ({
    ...{ sentMs: atMs - 5, answeredMs: atMs, node, broker: "broker1" },
  });
  const cluster = printing([
    ...[990, 1_000, 1_010].map((atMs) => served(atMs, "lb1")),
    { sentMs: 1_020, failedMs: 1_100, reason: "ECONNRESET" },
    ...[1_300, 1_310].map((atMs) => served(atMs, "lb2")),
  ]);

  test("the longest gap counts from the last answer before the fault to the end", async () => {
    const probe = await Probe.start(cluster);
    expect(probe.longestGapMs(1_015, 1_310)).toBe(290);
    expect(probe.longestGapMs(1_305, 1_310)).toBe(10);
    // Nobody is served any more.
    expect(probe.longestGapMs(1_015, 9_310)).toBe(8_000);
    expect(probe.failedCount(1_015)).toBe(1);
    expect(probe.served(1_015).map(({ node }) => node)).toEqual(["lb2", "lb2"]);
  });

  test("a strip shows who answered, and nobody", async () => {
    const strip = stripText(await Probe.start(cluster), 1_015, 1_330);
    expect(strip).toMatch(/^\.{9}1\|\.+22?\.*$/);
  });
});

describe("devices", () => {
  const connected = (device: number, connectedMs: number, broker: string): object => ({
    ...{ device, connectedMs, broker, node: "lb1", isPresent: true },
  });
  const cluster = printing([
    ...[connected(0, 100, "broker1"), connected(1, 110, "broker2"), connected(2, 120, "broker3")],
    { device: 0, lostMs: 1_000, reason: "ECONNRESET" },
    { device: 1, lostMs: 1_005, reason: "ECONNRESET" },
    connected(0, 1_200, "broker1"),
    { device: 0, lostMs: 1_250, reason: "closed" },
    connected(1, 1_300, "broker3"),
    connected(0, 1_400, "broker1"),
  ]);

  test("are back when they stay, and are asked for their broker", async () => {
    const fleet = await Fleet.start(cluster, 3, 1_000);
    expect(fleet.since(900)).toEqual({
      lost: [0, 1],
      firstLostMs: 1_000,
      backMs: [400, 500],
      keptBroker: 1,
    });
    expect(fleet.since(2_000)).toMatchObject({ lost: [], backMs: [] });
    expect(fleet.places(1_010).size).toBe(1);
  });

  test("are whole only when each has been answered since", async () => {
    const fleet = await Fleet.start(cluster, 3, 1_000);
    expect(fleet.isWhole(50)).toBe(true);
    // Device 2 has said nothing since its CONNACK.
    expect(fleet.isWhole(1_000)).toBe(false);
  });
});
