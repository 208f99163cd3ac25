import { describe, expect, it } from "vitest";
import { GoneAddresses } from "../../../src/live/gone-addresses.ts";

const A = "192.0.2.1";
const B = "2001:db8::1";

/** Drives one; `gone` is what has been given up, as `address after ms`. */
function bench(graceMs = 10_000) {
  const settings = { graceMs };
  const addresses = new GoneAddresses(() => settings.graceMs);
  const gone: string[] = [];
  const drain = (): void => {
    for (let one = addresses.poll(); one; one = addresses.poll()) {
      gone.push(`${one.address} after ${one.awayMs}`);
    }
  };
  return {
    ...{ addresses, gone, settings },
    vips: (nowMs: number, ...held: string[]): void => {
      addresses.handle({ kind: "vips", held }, nowMs);
      drain();
    },
    timeout: (nowMs: number): void => {
      addresses.handle({ kind: "timeout" }, nowMs);
      drain();
    },
  };
}

describe("addresses that have left", () => {
  it("are given up one by one after the grace, once", () => {
    const { addresses, gone, vips, timeout } = bench();
    expect(addresses.nextTimeout()).toBeUndefined();
    vips(0, A, B);
    expect(addresses.nextTimeout()).toBeUndefined();
    vips(1_000, A);
    vips(4_000);
    expect(addresses.nextTimeout()).toBe(11_000);
    timeout(10_999);
    expect(gone).toEqual([]);
    timeout(11_000);
    expect(gone).toEqual([`${B} after 10000`]);
    expect(addresses.nextTimeout()).toBe(14_000);
    timeout(14_500);
    timeout(99_000);
    expect(gone).toEqual([`${B} after 10000`, `${A} after 10500`]);
    expect(addresses.nextTimeout()).toBeUndefined();
  });

  it("are kept when they return within the grace, and their time begins anew", () => {
    const { addresses, gone, vips, timeout } = bench();
    vips(0, A);
    vips(100);
    vips(9_000, A);
    expect(addresses.nextTimeout()).toBeUndefined();
    timeout(20_000);
    vips(21_000);
    timeout(30_999);
    expect(gone).toEqual([]);
    timeout(31_000);
    expect(gone).toEqual([`${A} after 10000`]);
  });

  it("are never given up with a grace of 0, and a reload may change it meanwhile", () => {
    const off = bench(0);
    off.vips(0, A);
    off.vips(1);
    off.timeout(100_000);
    expect(off.gone).toEqual([]);
    const changed = bench(10_000);
    changed.vips(0, A);
    changed.vips(1);
    changed.settings.graceMs = 100;
    changed.timeout(101);
    expect(changed.gone).toEqual([`${A} after 100`]);
  });
});
