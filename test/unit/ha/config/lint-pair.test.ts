import { describe, expect, test } from "vitest";
import type { IpEndpoint } from "../../../../src/base/address.ts";
import { lintPair } from "../../../../ha/config/lint/pair.ts";
import {
  agentConfiguration,
  ip,
  scriptConfiguration,
  trackReference,
  type AgentDraft,
  type InstanceDraft,
} from "../../../support/agent-configuration.ts";

const FIRST: InstanceDraft = { vrid: 77, priority: 101, initialState: "MASTER" };
const SECOND: InstanceDraft = { vrid: 77, priority: 100 };

function pair(
  first: InstanceDraft,
  second: InstanceDraft,
  more: { readonly first?: AgentDraft; readonly second?: AgentDraft } = {},
): readonly string[] {
  return lintPair(
    agentConfiguration({ instances: [{ ...FIRST, ...first }], ...more.first }),
    agentConfiguration({ instances: [{ ...SECOND, ...second }], ...more.second }),
  ).map(({ message, hint }) => `${message} ${hint ?? ""}`);
}

function pass(text: string): InstanceDraft {
  const password = new Uint8Array(8);
  password.set(Buffer.from(text));
  return { version: 2, authentication: { kind: "pass", password } };
}

const LOCAL: IpEndpoint = { kind: "ip", family: 4, host: "192.0.2.1", port: 5112 };
const PEER: IpEndpoint = { kind: "ip", family: 4, host: "192.0.2.2", port: 5112 };

describe("lintPair", () => {
  test("a pair that fits gets no finding", () => {
    expect(pair({}, {})).toEqual([]);
    expect(pair(pass("secret"), pass("secret"))).toEqual([]);
    expect(
      pair(
        { unicast: ["10.9.9.2"], sourceIp: "10.9.9.1" },
        { unicast: ["10.9.9.1"], sourceIp: "10.9.9.2" },
      ),
    ).toEqual([]);
  });

  const CASES: readonly (readonly [string, InstanceDraft, InstanceDraft, RegExp])[] = [
    ["VRID", {}, { vrid: 78 }, /VRID 78, but 77 .*'virtual_router_id 77'/],
    ["version", { version: 2 }, { version: 3 }, /version 3, but version 2 .*'vrrp_version 3'/],
    ["interval, v2", { version: 2 }, { version: 2, advertIntervalMs: 2_000 }, /both nodes become/],
    ["interval, v3", {}, { advertIntervalMs: 100 }, /every 0\.1 s, but every 1 s.*follows/],
    ["password", pass("secret"), pass("other"), /another auth_pass/],
    ["a password on one node", pass("secret"), { version: 2 }, /no authentication, unlike/],
    ["VIPs", {}, { vips: ["10.9.9.100/24", "10.9.9.101/24"] }, /10\.9\.9\.101 only in the second/],
    [
      "excluded VIPs",
      { excludedVips: ["10.9.9.9/24"] },
      {},
      /excluded VIPs differ, 10\.9\.9\.9 only/,
    ],
    ["unicast on one node", { unicast: ["10.9.9.2"] }, {}, /the first file has unicast_peer/],
    [
      "a peer that is not the other node",
      { unicast: ["10.9.9.3"] },
      { unicast: ["10.9.9.1"], sourceIp: "10.9.9.2" },
      /names 10\.9\.9\.3, but .* is 10\.9\.9\.2.*unicast_peer \{ 10\.9\.9\.2 \}/,
    ],
    ["equal priorities", {}, { priority: 101 }, /priority 101, and so has the first file/],
    ["two owners", { priority: 255 }, { priority: 255 }, /both nodes have priority 255/],
    ["nopreempt on the lower node", {}, { isNopreempt: true }, /only on the node with the lower/],
  ];

  test.each(CASES)("names what differs: %s", (_name, first, second, pattern) => {
    const found = pair(first, second);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(pattern);
  });

  test("never shows a password", () => {
    expect(pair(pass("hunter22"), pass("tr0ub4do")).join()).not.toMatch(/hunter22|tr0ub4do/);
  });

  test("a weight must pass the difference of the priorities", () => {
    const first = (weight: number): AgentDraft => ({
      scripts: [scriptConfiguration({ weight })],
    });
    const tracked = { priority: 110, trackedScripts: [trackReference("chk")] };
    for (const weight of [9, 10, -10]) {
      const found = pair(tracked, {}, { first: first(weight) });
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/not more than the difference .* 110 and 100.*weight -?11/);
    }
    for (const weight of [11, -11, 0]) {
      expect(pair(tracked, {}, { first: first(weight) })).toEqual([]);
    }
  });

  test("nopreempt on both nodes, or on the higher one, is right", () => {
    const both = { isNopreempt: true, initialState: "BACKUP" } as const;
    expect(pair(both, both)).toEqual([]);
    expect(pair(both, {})).toEqual([]);
  });

  test("an instance without a counterpart is named, on either side", () => {
    const one = agentConfiguration({ instances: [FIRST] });
    const two = agentConfiguration({
      instances: [SECOND, { ...SECOND, name: "VI_2", vrid: 78, vips: ["10.9.9.200/24"] }],
    });
    expect(lintPair(one, two)[0]?.message).toMatch(/^\(VI_2\) VRID 78 .* in the first file/);
    expect(lintPair(two, one)[0]?.message).toMatch(/^\(VI_2\) VRID 78 .* in the second file/);
  });

  test("the same VRID on two interfaces is paired by name or VIP", () => {
    const inside = { vrid: 5, name: "IN", vips: ["10.1.0.1/24"] };
    const outside = { vrid: 5, name: "OUT", interface: "eth1", vips: ["10.2.0.1/24"] };
    const files = ([high, low]: readonly [number, number]) => [
      agentConfiguration({
        instances: [
          { ...inside, priority: high },
          { ...outside, priority: high },
        ],
      }),
      agentConfiguration({
        instances: [
          { ...outside, priority: low },
          { ...inside, priority: low },
        ],
      }),
    ];
    const [first, second] = files([150, 100]);
    expect(lintPair(first!, second!)).toEqual([]);
  });

  test("heartbeat paths must be mirror images with one key, which is never shown", () => {
    const key = (text: string) => new Uint8Array(Buffer.from(text));
    const mine = { local: LOCAL, peer: PEER, key: key("correct horse"), interface: undefined };
    const theirs = { ...mine, local: PEER, peer: LOCAL };
    const files = (second: readonly (typeof mine)[]) =>
      pair(
        {},
        {},
        { first: { tandem: { heartbeats: [mine] } }, second: { tandem: { heartbeats: second } } },
      );
    expect(files([theirs])).toEqual([]);
    for (const wrong of [[], [mine], [{ ...theirs, key: key("battery staple") }]]) {
      const found = files(wrong);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/192\.0\.2\.1 to 192\.0\.2\.2 has no mirror image/);
      expect(found[0]).not.toMatch(/correct|battery/);
    }
  });

  test("IPv4 and IPv6 with one VRID are two virtual routers", () => {
    const v6 = { ...SECOND, vips: ["fe80::1/64"], multicastGroup: ip("ff02::12") };
    const found = lintPair(
      agentConfiguration({ instances: [FIRST] }),
      agentConfiguration({ instances: [v6] }),
    );
    expect(found).toHaveLength(2);
  });
});
