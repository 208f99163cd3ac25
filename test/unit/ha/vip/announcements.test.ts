import { describe, expect, test } from "vitest";
import { Announcements } from "../../../../ha/vip/announcements.ts";
import type { KernelAddress } from "../../../../ha/vip/vip-events.ts";
import type { AnnouncementSettings } from "../../../../ha/config/model/instance.ts";
import { instance, kernelAddress } from "../../../support/vip-harness.ts";

const DEFAULTS = instance("V", []).announcements;

/** Runs a schedule on a clock of its own; notes when what was announced. */
class Clock {
  readonly announced: { readonly atMs: number; readonly device: string }[] = [];
  readonly announcements: Announcements;
  nowMs = 0;

  constructor(addresses: readonly KernelAddress[] = [kernelAddress("10.0.0.100/24")]) {
    this.announcements = new Announcements({
      addressesOf: () => addresses,
      announce: ({ device }) => this.announced.push({ atMs: this.nowMs, device }),
    });
  }

  begin(settings: Partial<AnnouncementSettings> = {}): this {
    this.announcements.begin("V", { ...DEFAULTS, ...settings }, this.nowMs);
    return this;
  }

  run(forMs: number): this {
    const endMs = this.nowMs + forMs;
    for (let due = this.announcements.nextMs(); due <= endMs; due = this.announcements.nextMs()) {
      this.nowMs = Math.max(this.nowMs, due);
      this.announcements.onTimer(this.nowMs);
    }
    this.nowMs = endMs;
    return this;
  }

  times(): readonly number[] {
    return this.announced.map(({ atMs }) => atMs);
  }
}

describe("announcements", () => {
  test("garp_master_repeat frames now and garp_master_delay later", () => {
    expect(new Clock().begin().run(60_000).times()).toEqual([
      ...[0, 0, 0, 0, 0],
      ...[5_000, 5_000, 5_000, 5_000, 5_000],
    ]);
  });

  test("vrrp_min_garp: one, and no second set", () => {
    const clock = new Clock().begin({ repeat: 1, secondSetAfterMs: 0 });
    expect(clock.run(60_000).times()).toEqual([0]);
    expect(clock.announcements.nextMs()).toBe(Infinity);
  });

  test("garp_master_refresh goes on, and does not catch up after a pause", () => {
    const clock = new Clock().begin({
      ...{ repeat: 1, secondSetAfterMs: 0, refreshMs: 10_000, refreshRepeat: 2 },
    });
    expect(clock.run(25_000).times()).toEqual([0, 10_000, 10_000, 20_000, 20_000]);
    clock.nowMs = 100_000;
    clock.announcements.onTimer(clock.nowMs);
    expect(clock.times().slice(5)).toEqual([100_000, 100_000]);
    expect(clock.announcements.nextMs()).toBe(110_000);
  });

  test("garp_interval keeps a distance on each interface and for each family", () => {
    const clock = new Clock([
      kernelAddress("10.0.0.100/24"),
      kernelAddress("10.0.0.101/24"),
      kernelAddress("10.1.0.100/24", "eth1"),
      kernelAddress("fd00::100/64"),
    ]);
    clock.begin({ repeat: 2, secondSetAfterMs: 0, arpIntervalMs: 100 }).run(10_000);
    const arp0 = clock.announced.filter(({ device }) => device === "eth0").map(({ atMs }) => atMs);
    // Four ARPs with their distance, two NAs at once.
    expect(arp0).toEqual([0, 0, 0, 100, 200, 300]);
    const arp1 = clock.announced.filter(({ device }) => device === "eth1").map(({ atMs }) => atMs);
    expect(arp1).toEqual([0, 100]);
  });

  test("an end takes along what waits", () => {
    const clock = new Clock().begin({ arpIntervalMs: 100 }).run(150);
    clock.announcements.end("V");
    expect(clock.run(60_000).times()).toEqual([0, 100]);
  });

  test("a rival's adverts lead to garp_lower_prio sets, but a flood of them to no flood", () => {
    const clock = new Clock().begin({
      ...{ repeat: 1, secondSetAfterMs: 0 },
      ...{ lowerPriorityRepeat: 3, lowerPrioritySecondSetAfterMs: 1_000 },
    });
    for (let i = 0; i < 1_000; i++) {
      clock.announcements.contest("V", clock.nowMs);
      clock.run(0.1);
    }
    expect(clock.times().length).toBeLessThanOrEqual(1 + 3 * 3);
    clock.run(10_000);
    // The second set comes even when rivals do not stop.
    expect(clock.times().filter((atMs) => atMs === 1_000)).toHaveLength(3);
  });

  test("without a claim nothing is announced", () => {
    const clock = new Clock();
    clock.announcements.contest("V", 0);
    clock.announcements.once("V", [kernelAddress("10.0.0.100/24")], 0);
    expect(clock.run(60_000).times()).toEqual([]);
  });
});
