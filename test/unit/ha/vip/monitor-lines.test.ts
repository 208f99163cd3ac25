import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMonitorLine } from "../../../../ha/vip/monitor-lines.ts";
import { MAC, kernelAddress } from "../../../support/vip-harness.ts";

// As `ip -o` of iproute2 6.1 prints them.
const LINES = [
  "3: eth0    inet 10.9.0.101/24 brd 10.9.0.255 scope global secondary eth0:vip2\\       valid_lft forever preferred_lft forever",
  "Deleted 3: eth0    inet6 2001:db8::5/128 scope global nodad deprecated \\       valid_lft forever preferred_lft 0sec",
  "3: eth0    inet 10.9.0.102 peer 10.9.9.9/30 scope global eth0\\       valid_lft forever preferred_lft forever",
  "4: vrrp.51@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff",
  "2: eth9@NONE: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue state DOWN group default \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff",
  "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default \\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00",
  "Deleted 4: vrrp.51@eth0: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noop state DOWN group default \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff",
];

describe("lines of ip", () => {
  test("addresses", () => {
    expect(parseMonitorLine(LINES[0]!)).toEqual({
      ...{ kind: "address", index: 3, address: kernelAddress("10.9.0.101/24"), isDeleted: false },
    });
    expect(parseMonitorLine(LINES[1]!)).toEqual({
      ...{ kind: "address", index: 3, address: kernelAddress("2001:db8::5/128"), isDeleted: true },
    });
    expect(parseMonitorLine(LINES[2]!)).toEqual({
      ...{ kind: "address", index: 3, address: kernelAddress("10.9.0.102/30"), isDeleted: false },
    });
  });

  test("links", () => {
    const link = (name: string, index: number, mac: Uint8Array | undefined, isRunning: boolean) => {
      return { kind: "link", link: { name, index, mac, isRunning } };
    };
    expect(LINES.slice(3).map(parseMonitorLine)).toEqual([
      { ...link("vrrp.51", 4, MAC, true), isDeleted: false },
      { ...link("eth9", 2, MAC, false), isDeleted: false },
      { ...link("lo", 1, undefined, true), isDeleted: false },
      { ...link("vrrp.51", 4, MAC, false), isDeleted: true },
    ]);
  });

  test("anything else is nothing, and never throws", () => {
    for (const line of [
      "",
      "3: eth0    inet 10.9.0.300/24 scope global eth0",
      "3: eth0    inet 10.9.0.1/33 scope global eth0",
      "3: eth0    inet6 ::1/129 scope host",
      "10.0.0.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE",
    ]) {
      expect(parseMonitorLine(line)).toBeUndefined();
    }
    const mutated = fc
      .tuple(fc.constantFrom(...LINES), fc.nat(200), fc.nat(20), fc.string())
      .map(([line, at, count, text]) => line.slice(0, at) + text + line.slice(at + count));
    fc.assert(
      fc.property(fc.oneof(fc.string(), mutated), (line) => {
        const parsed = parseMonitorLine(line);
        if (parsed?.kind !== "address") return;
        const { address, prefixLength } = parsed.address;
        expect(prefixLength).toBeLessThanOrEqual(address.length * 8);
      }),
    );
  });
});
