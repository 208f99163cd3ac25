import { describe, expect, test } from "vitest";
import { describeAgent, describeElection } from "../../../../ha/config/describe.ts";
import { range, span } from "../../../../ha/config/describe/words.ts";
import {
  agentConfiguration,
  notifyCommand,
  processConfiguration,
  scriptConfiguration,
  syncGroupConfiguration,
  trackReference,
  vipConfiguration,
  type AgentDraft,
  type InstanceDraft,
} from "../../../support/agent-configuration.ts";

const KEY = "correct horse battery";

/** The users' node 1 of a pair, and our own directives. */
function usersFile(instance: InstanceDraft = {}, more: AgentDraft = {}) {
  return agentConfiguration({
    scripts: [
      scriptConfiguration({
        name: "chk_haproxy",
        command: notifyCommand("/usr/bin/killall -0 haproxy"),
        intervalMs: 2_000,
        weight: 2,
        fall: 2,
        rise: 2,
      }),
    ],
    instances: [
      {
        version: 2,
        interface: "eth1",
        priority: 101,
        initialState: "MASTER",
        authentication: { kind: "pass", password: Buffer.from("s3cr3t\0\0") },
        unicast: ["192.168.56.12"],
        sourceIp: "192.168.56.11",
        vips: [vipConfiguration("192.168.56.100/24", { device: "eth1", label: "eth1:vip" })],
        trackedScripts: [trackReference("chk_haproxy")],
        ...instance,
      },
    ],
    ...more,
  });
}

function otherNode(instance: InstanceDraft = {}) {
  return usersFile(
    {
      priority: 100,
      initialState: "BACKUP",
      unicast: ["192.168.56.11"],
      sourceIp: "192.168.56.12",
      ...instance,
    },
    { global: { routerId: "lb2" } },
  );
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

describe("describeAgent", () => {
  test("the users' file, word for word", () => {
    expect(describeAgent(usersFile(), { hasBalancer: false })).toBe(
      lines(
        "node lb1",
        "  vrrp_instance VI_1: VRID 51 on eth1, VRRP version 2 with a password, unicast to 192.168.56.12 from 192.168.56.11",
        "    adverts every 1 s; as backup it notices a master's silent death after 2.61 to 3.61 s, its stop at once",
        "    holds 192.168.56.100/24 on eth1 as eth1:vip",
        '    tracks script chk_haproxy ("/usr/bin/killall -0 haproxy" every 2 s, down after failing 2 times in a row, up after succeeding 2 times in a row): priority +2 while it is up',
        "    FAULT while eth1 is down",
        "    priority 103 (101 and weights) while all is well, 101 when script chk_haproxy fails: becomes master of a node with less, gives way to one with more, and of two equal ones the higher address wins",
        "  no second heartbeat path: nodes that do not hear each other's adverts both become master ('#tandem heartbeat')",
      ),
    );
  });

  test("supervision, heartbeat paths and groups, and never a secret", () => {
    const text = describeAgent(
      usersFile(
        {},
        {
          syncGroups: [syncGroupConfiguration({ members: ["VI_1", "VI_2"] })],
          tandem: {
            onBalancerFailure: "restart",
            mapsHaproxyChecks: true,
            heartbeats: [
              {
                local: { kind: "ip", family: 4, host: "10.0.0.1", port: 5112 },
                peer: { kind: "ip", family: 4, host: "10.0.0.2", port: 5112 },
                key: new Uint8Array(Buffer.from(KEY)),
                interface: "eth2",
              },
            ],
          },
        },
      ),
      { hasBalancer: true },
    );
    expect(text).toContain(
      "second heartbeat path on eth2: 10.0.0.1:5112 to 10.0.0.2:5112, authenticated",
    );
    expect(text).toContain("VI_1, VI_2 hold their VIPs together");
    expect(text).toContain("silent for 300 ms hangs");
    expect(text).toContain(
      "restarts it first, and hands the VIPs over when it does not serve within 1 s",
    );
    expect(text).toContain("after 10 restarts in 1 min");
    expect(text).not.toMatch(/s3cr3t|correct horse/);
    expect(text).not.toContain(Buffer.from(KEY).toString("hex"));
  });

  test("short intervals, multicast, the owner, nopreempt, processes", () => {
    const text = describeAgent(
      agentConfiguration({
        processes: [processConfiguration()],
        global: { startupDelayMs: 10_000 },
        instances: [
          { advertIntervalMs: 100, isNopreempt: true, trackedProcesses: [trackReference("proc")] },
          { name: "VI_2", vrid: 52, priority: 255 },
        ],
      }),
      { hasBalancer: false },
    );
    expect(text).toContain("multicast to 224.0.0.18");
    expect(text).toContain("silent death after 261 to 361 ms, its stop after 60.9 ms");
    expect(text).toContain("tracks process proc (haproxy): FAULT while it is down");
    expect(text).toContain("nopreempt: does not take");
    expect(text).toContain("priority 255, the address owner");
    expect(text).toContain("waits 10 s after its start");
  });
});

describe("describeElection", () => {
  test("the users' pair, word for word", () => {
    expect(describeElection(usersFile(), otherNode())).toBe(
      lines(
        "election of VRID 51: lb1 is master, priority 103 against 102 while all is well",
        "  when lb1 dies silently, lb2 takes over after 2.6 to 3.6 s",
        "  when script chk_haproxy fails on lb1, it falls to 101, and lb2 takes over with 102",
        "  when lb1 returns, it takes the VIPs back",
      ),
    );
  });

  test("the order of the files does not matter", () => {
    expect(describeElection(otherNode(), usersFile())).toBe(
      describeElection(usersFile(), otherNode()),
    );
  });

  test.each<[InstanceDraft, string]>([
    [
      { priority: 101 },
      "lb2 is master, priority 103 on both nodes, and the higher address, 192.168.56.12",
    ],
    [
      { priority: 101, sourceIp: undefined },
      "the higher address of the two wins, and it is not known",
    ],
    [{ priority: 50 }, "it stays master with 101 against 52"],
    [{ priority: 99 }, "both have 101: the higher address decides"],
    [{ isNopreempt: true }, "but lb2 does not take over (nopreempt)"],
    [{ priority: 255 }, "lb2 is master, the address owner"],
    [{ priority: 150, isNopreempt: true }, "when lb2 returns, lb1 stays master (nopreempt)"],
    [{ priority: 150, preemptDelayMs: 5_000 }, "after a preempt_delay of 5 s"],
    [
      { priority: 150, trackedScripts: [trackReference("chk_haproxy", { weight: 0 })] },
      "when script chk_haproxy fails on lb2, it is in FAULT, and lb1 takes over",
    ],
  ])("%j: %s", (instance, expected) => {
    expect(describeElection(usersFile(), otherNode(instance))).toContain(expected);
  });
});

describe("span and range", () => {
  test("choose the unit", () => {
    expect([36.02, 999, 1_000, 3_609.4, 60_000].map(span)).toEqual([
      "36 ms",
      "999 ms",
      "1 s",
      "3.61 s",
      "1 min",
    ]);
    expect(range(261, 361)).toBe("261 to 361 ms");
    expect(range(900, 1_900)).toBe("900 ms to 1.9 s");
    expect(range(5, 5)).toBe("5 ms");
  });
});
