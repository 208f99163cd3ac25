import { describe, expect, test } from "vitest";
import type { AgentFacts, InstanceFacts } from "../../../src/node/reports.ts";
import { nodeView, type PairSources, withSteadyInstants } from "../../../src/dashboard/pair.ts";
import { Timeline } from "../../../src/dashboard/timeline.ts";
import type { NodeEvent } from "../../../src/base/event.ts";

const MASTER: InstanceFacts = {
  name: "V",
  vrid: 51,
  interface: "eth0",
  state: "MASTER",
  stateForMs: 5_000,
  reason: "no advert was heard",
  basePriority: 150,
  priority: 150,
  vips: ["10.0.0.1/24"],
  isHeld: true,
  faults: [],
  masterAddress: "10.0.0.11",
  masterPriority: 150,
  advertIntervalMs: 100,
  heard: [],
  becameMasterCount: 1,
  transitionCount: 1,
  lastOutageMs: null,
  sentCount: 1,
  receivedCount: 0,
  droppedCount: 0,
};

function agent(instance: Partial<InstanceFacts>, isAlive = true): { facts: AgentFacts } {
  const heartbeats = [{ local: "l", peer: "p", isAlive, silentMs: 10 }];
  return {
    facts: { pid: 1, uptimeMs: 9, instances: [{ ...MASTER, ...instance }], heartbeats },
  };
}

function view(sources: Partial<PairSources>): ReturnType<typeof nodeView> {
  return nodeView({
    host: "lb1",
    version: "1",
    startedMs: 0,
    isStopping: false,
    fitness: { isFit: true, reasons: [] },
    guard: { problem: "it has ended" },
    agent: agent({}),
    askedMs: 100_000,
    peers: [],
    tables: [],
    servers: { down: [], restingCount: 0, backendsWithout: [], queuedCount: 0 },
    ...sources,
  });
}

const heard = (state: string, priority: number, agoMs: number): Partial<InstanceFacts> => ({
  heard: [{ address: "10.0.0.12", priority, state, path: "vrrp", agoMs }],
});

describe("the pair", () => {
  test("a silent other node is a backup only if a heartbeat shows that it is there", () => {
    expect(view({}).routers[0]?.other.role).toBe("BACKUP");
    expect(view({ agent: agent({}, false) }).routers[0]?.other.role).toBe("unknown");
    const backup = { state: "BACKUP", ...heard("MASTER", 100, 50) };
    expect(view({ agent: agent(backup) }).routers[0]?.other).toEqual({
      address: "10.0.0.12",
      role: "MASTER",
      priority: 100,
    });
    // One that resigned, and one that was heard long ago, is none.
    for (const old of [heard("MASTER", 0, 50), heard("MASTER", 100, 2_000)]) {
      const instance = agent({ state: "BACKUP", ...old });
      expect(view({ agent: instance }).routers[0]?.other.role).toBe("unknown");
    }
  });

  test("says what is wrong, the worst first", () => {
    const sources = {
      agent: agent({ ...heard("MASTER", 90, 50), isHeld: false }),
      servers: {
        down: ["be/a", "be/b", "be/c", "be/d"],
        restingCount: 1,
        backendsWithout: ["be"],
        queuedCount: 2,
      },
    };
    expect(view(sources).problems.map(({ text }) => text)).toEqual([
      "Backend be has no usable server",
      "V is MASTER, and its addresses are missing",
      "V has a second master: 10.0.0.12",
      "be/a, be/b, be/c and 1 more are DOWN",
      "2 clients wait in a queue",
      "1 server is drained or in maintenance",
    ]);
    expect(view(sources).state).toBe("down");
    expect(view({}).state).toBe("ok");
  });

  test("an agent that gives no answer is told in words", () => {
    const found = view({ agent: { problem: "it has ended" } });
    expect(found.agentFailure).toBe("it has ended");
    expect(found.processes[1]).toMatchObject({ isReached: false });
    expect(found.routers).toEqual([]);
  });

  test("instants stay, however long the answers took, until the state changes", () => {
    const first = view({});
    const later = view({ askedMs: 101_000, agent: agent({ stateForMs: 5_990 }) });
    expect(withSteadyInstants(later, first).routers).toEqual(first.routers);
    const anew = view({ askedMs: 101_000, agent: agent({ stateForMs: 10 }) });
    expect(withSteadyInstants(anew, first).routers[0]?.sinceMs).toBe(100_990);
  });
});

describe("the timeline", () => {
  const event = (atMs: number): NodeEvent => {
    const words = { kind: "k", severity: "info", subject: "s", text: "t" } as const;
    return { ...words, seq: atMs, atMs, source: "agent" };
  };

  test("puts events of several processes into the order of their time, and is bounded", () => {
    const timeline = new Timeline();
    timeline.take([event(5), event(9)], 1);
    timeline.take([event(7)], 2);
    expect(timeline.since(0).map(({ atMs }) => atMs)).toEqual([5, 7, 9]);
    expect(timeline.since(1).map(({ atMs }) => atMs)).toEqual([7]);
    timeline.take(
      Array.from({ length: 1_000 }, (_, index) => event(100 + index)),
      3,
    );
    expect(timeline.since(0)).toHaveLength(200);
    expect(timeline.since(0).at(-1)?.atMs).toBe(1_099);
  });
});
