import { describe, expect, test } from "vitest";
import { preflight } from "../../../../cli/operator/preflight.ts";
import { resolveServers } from "../../../../cli/operator/resolve-servers.ts";
import { switchoverText } from "../../../../cli/operator/switchover-text.ts";
import type { AgentReport } from "../../../../ha/agent/agent-report.ts";
import type { BalancerStatus, ServerReport } from "../../../../src/stats/balancer-status.ts";

const INSTANCE: AgentReport["instances"][number] = {
  name: "V",
  vrid: 51,
  interface: "eth0",
  state: "MASTER",
  stateForMs: 60_000,
  reason: "",
  basePriority: 150,
  priority: 150,
  vips: ["10.98.0.100/24"],
  isHeld: true,
  faults: [],
  source: "10.98.0.1",
  masterAddress: "10.98.0.1",
  masterPriority: 150,
  advertIntervalMs: 1_000,
  masterDownMs: 3_400,
  heard: [],
  becameMasterCount: 1,
  sentCount: 1,
  receivedCount: 0,
  droppedCount: 0,
  transitionCount: 1,
  lastOutageMs: null,
};

function agent(
  instance: Partial<typeof INSTANCE> = {},
  heartbeats: AgentReport["heartbeats"] = [],
): AgentReport {
  return { instances: [{ ...INSTANCE, ...instance }], heartbeats } as unknown as AgentReport;
}

function balancer(peer: object, stage = "finished"): BalancerStatus {
  const table = { name: "t", lagMs: 0 };
  const known = { name: "b", isLocal: false, state: "established", tables: [table] };
  const peers = [{ ...known, mismatches: [], ...peer }];
  return { peers: [{ section: "nodes", resync: { stage }, peers }] } as unknown as BalancerStatus;
}

const ALONE = { peers: [] } as unknown as BalancerStatus;
const ALIVE = { local: "a", peer: "10.99.0.2:1112", isAlive: true, silentMs: 10 };

describe("preflight", () => {
  test("a pair that is well", () => {
    expect(preflight(agent(), balancer({}))).toEqual({
      obstacle: undefined,
      objections: [],
      instances: ["V"],
      vips: ["10.98.0.100/24"],
    });
    expect(preflight(agent({}, [ALIVE]), ALONE).objections).toEqual([]);
  });

  test.each([
    [{ state: "BACKUP", masterAddress: "10.98.0.2" }, /^this node is not master: 10\.98\.0\.2 is/],
    [{ state: "FAULT", masterAddress: null }, /^this node is not master$/],
    [{ priority: 255 }, /^V has priority 255/],
  ])("obstacle: %j", (instance, text) => {
    expect(preflight(agent(instance), balancer({})).obstacle).toMatch(text);
  });

  const backup = { address: "10.98.0.2", path: "heartbeat", agoMs: 100 };
  test.each([
    ["no way to hear it", agent(), ALONE, /neither a peers section nor a heartbeat/],
    ["no balancer", agent(), null, /gives no answer/],
    ["silent", agent({}, [{ ...ALIVE, isAlive: false }]), balancer({}), /silent for 10 ms/],
    ["away", agent(), balancer({ state: "idle" }), /peer nodes\/b is not connected \(idle\)/],
    ["late", agent(), balancer({ tables: [{ name: "t", lagMs: 1_500 }] }), /t .* is 1\.5 s behind/],
    ["learning", agent(), balancer({}, "remote"), /still learns its tables \(remote\)/],
    [
      "mismatch",
      agent(),
      balancer({ mismatches: [{ table: "t", text: "type" }] }),
      /t is not shared .*: type/,
    ],
    [
      "unfit",
      agent({ heard: [{ ...backup, state: "BACKUP", priority: 1 }] }),
      balancer({}),
      /10\.98\.0\.2 is not fit to serve V/,
    ],
    [
      "in fault",
      agent({ heard: [{ ...backup, state: "FAULT", priority: 100 }] }),
      balancer({}),
      /is in FAULT for V/,
    ],
  ])("objection: %s", (_name, report, status, text) => {
    const { objections, obstacle } = preflight(report, status);
    expect(obstacle).toBeUndefined();
    expect(objections).toEqual([expect.stringMatching(text)]);
  });
});

test("what was said longer ago does not count", () => {
  const old = {
    address: "10.98.0.2",
    path: "heartbeat",
    agoMs: 60_000,
    state: "FAULT",
    priority: 1,
  };
  expect(preflight(agent({ heard: [old] }), balancer({})).objections).toEqual([]);
});

describe("servers", () => {
  const report = {} as unknown as ServerReport;
  const known = ["brokers/broker1", "brokers/broker2", "web/s1"].map((name) => ({ name, report }));
  const names = (...words: string[]): string[] =>
    resolveServers(words, known).map(({ name }) => name);

  test("names and patterns, each server once", () => {
    expect(names("brokers/*", "brokers/broker1")).toEqual(["brokers/broker1", "brokers/broker2"]);
  });

  test.each([
    ["s1", 'found "s1", expected backend/server: did you mean "web/s1"?'],
    ["brokers/brokr1", 'no server is named "brokers/brokr1": did you mean "brokers/broker1"?'],
    ["x/*", 'no server matches "x/*": there are brokers/broker1, brokers/broker2, web/s1'],
    ["\u001b[2J", /^found "\\u\{1b\}\[2J", expected backend\/server: there are /],
  ])("%j is explained", (word, text) => {
    expect(() => names(word)).toThrow(text);
  });
});

test("the end of a switchover", () => {
  const outcome = {
    master: "10.98.0.2",
    tookMs: 61,
    outageMs: 33,
    deviceCount: 200,
    backCount: 200,
  };
  expect(switchoverText({ ...outcome, leftCount: 0 }, 3_600_000)).toBe(
    [
      "master     10.98.0.2, after 61 ms",
      "outage     33 ms",
      "sessions   200 of 200 devices back, none left here",
      "hold       1 h: this node does not take the addresses back before;",
      '           "tandem switchover --return" ends it',
      "",
    ].join("\n"),
  );
});
