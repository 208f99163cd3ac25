import { describe, expect, test } from "vitest";
import {
  additionWords,
  extraAdditions,
  extraRemovals,
  kernelAddressOf,
  removalWords,
  scriptArguments,
} from "../../../../ha/vip/commands.ts";
import { vmacCreation } from "../../../../ha/vip/vmac.ts";
import { vipConfiguration as vip } from "../../../support/agent-configuration.ts";
import { instance } from "../../../support/vip-harness.ts";

const V = instance("V", []);

function added(...args: Parameters<typeof vip>): string {
  return additionWords(V, vip(...args)).join(" ");
}

describe("words for ip", () => {
  test("an IPv4 VIP with everything", () => {
    const words = added("10.0.0.100/24", {
      ...{ device: "eth1", label: "eth1:vip", broadcast: "+", scope: "link" },
      flags: ["home", "noprefixroute"],
    });
    expect(words).toBe(
      "address add 10.0.0.100/24 dev eth1 brd + label eth1:vip scope link home noprefixroute",
    );
  });

  test("an IPv4 VIP without a length is a /32", () => {
    expect(added("10.0.0.100")).toBe("address add 10.0.0.100/32 dev eth0");
  });

  test("an IPv6 VIP is usable at once, and deprecated when it is a /128", () => {
    expect(added("2001:db8::5/64")).toBe("address add 2001:db8::5/64 dev eth0 nodad");
    expect(added("fe80::5")).toBe("address add fe80::5/128 dev eth0 nodad preferred_lft 0");
    expect(added("2001:db8::5", { preferredLifetime: "forever" })).toBe(
      "address add 2001:db8::5/128 dev eth0 nodad preferred_lft forever",
    );
    expect(added("2001:db8::5/64", { flags: ["-nodad"] })).toBe(
      "address add 2001:db8::5/64 dev eth0",
    );
    expect(added("2001:db8::5/64", { flags: ["nodad", "mngtmpaddr"] })).toBe(
      "address add 2001:db8::5/64 dev eth0 mngtmpaddr nodad",
    );
  });

  test("a peer's prefix length is what the kernel shows", () => {
    const withPeer = vip("10.0.0.100", { peer: "10.9.9.9/30" });
    expect(additionWords(V, withPeer).join(" ")).toBe(
      "address add 10.0.0.100/32 peer 10.9.9.9/30 dev eth0",
    );
    expect(removalWords(V, withPeer).join(" ")).toBe(
      "address del 10.0.0.100/32 peer 10.9.9.9/30 dev eth0",
    );
    expect(kernelAddressOf(V, withPeer).prefixLength).toBe(30);
    expect(kernelAddressOf(V, vip("fd00::1", { peer: "fd00::2" })).prefixLength).toBe(128);
  });

  test("routes are replaced; a rule's double is removed first", () => {
    const extras = instance("V", [], {
      virtualRoutes: [["10.9.0.0/16", "via", "10.0.0.1"]],
      virtualRules: [["from", "10.0.0.100", "table", "7"]],
    });
    expect(extraAdditions(extras).map((words) => words.join(" "))).toEqual([
      "route replace 10.9.0.0/16 via 10.0.0.1",
      "rule del from 10.0.0.100 table 7",
      "rule add from 10.0.0.100 table 7",
    ]);
    expect(extraRemovals(extras).map((words) => words.join(" "))).toEqual([
      "rule del from 10.0.0.100 table 7",
      "route del 10.9.0.0/16 via 10.0.0.1",
    ]);
  });

  test("scripts get the device first", () => {
    const labelled = vip("10.0.0.100/24", { label: "eth0:v", peer: "10.0.0.9" });
    expect(scriptArguments(additionWords(V, labelled))).toEqual([
      ...["eth0", "10.0.0.100/24", "peer", "10.0.0.9", "label", "eth0:v"],
    ]);
    expect(scriptArguments(removalWords(V, vip("10.0.0.100/24")))).toEqual([
      "eth0",
      "10.0.0.100/24",
    ]);
  });

  test("use_vmac: VIPs of the instance's family live on the macvlan, others on the parent", () => {
    const vmac = {
      device: "vrrp.51",
      sendsOnParent: false,
      address: Uint8Array.of(0, 0, 0x5e, 0, 1, 0x33),
    };
    const v4 = instance("V", [vip("10.0.0.100/24")], { vmac });
    expect(kernelAddressOf(v4, vip("10.0.0.100/24")).device).toBe("vrrp.51");
    expect(kernelAddressOf(v4, vip("fd00::1/64")).device).toBe("eth0");
    expect(kernelAddressOf(v4, vip("10.0.0.100/24", { device: "eth1" })).device).toBe("eth1");
    const effects = vmacCreation(v4, vmac);
    expect(effects[0]).toEqual({
      kind: "ip",
      words:
        "link add link eth0 name vrrp.51 address 00:00:5e:00:01:33 type macvlan mode bridge".split(
          " ",
        ),
    });
    expect(effects).toContainEqual({
      ...{ kind: "sysctl", path: "net/ipv4/conf/vrrp.51/accept_local", value: "1" },
    });
    expect(effects.at(-1)).toEqual({ kind: "ip", words: ["link", "set", "vrrp.51", "up"] });
  });
});
