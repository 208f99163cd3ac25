// What counts as wrong, and how badly.
import { describe, expect, test } from "vitest";
import { statusDocument } from "../../../../cli/status/document.ts";
import type { NodeFacts, NoReport } from "../../../../cli/status/facts.ts";
import {
  agent,
  balancer,
  child,
  facts,
  guard,
  peer,
  peers,
  router,
  server,
} from "./sample-node.ts";

function told(of: NodeFacts): string[] {
  return statusDocument(of).problems.map(({ severity, text }) => `${severity}: ${text}`);
}

function failing(part: "guard" | "agent" | "balancer", failure: NoReport): NodeFacts {
  const node = facts({});
  const { path } = node[part];
  return { ...node, [part]: { path, report: null, failure, failureText: "why" } };
}

describe("processes", () => {
  test("a node that is well has no problems", () => {
    expect(told(facts({}))).toEqual([]);
  });

  test("a balancer alone is whole without an agent, an agent alone without a balancer", () => {
    expect(told(facts({ guard: null, agent: null }))).toEqual([]);
    expect(told(facts({ guard: guard({ balancer: null }), balancer: null }))).toEqual([]);
  });

  test.each(["absent", "ended", "denied", "silent", "garbled", "failed", "unreadable"] as const)(
    "a supervised balancer whose socket is %s is down",
    (failure) => {
      expect(statusDocument(failing("balancer", failure)).state).toBe("down");
      expect(told(failing("balancer", failure)).join()).toContain("/run/tandem/balancer.sock");
    },
  );

  test("an agent that hangs is down, a guard that is gone a matter of concern", () => {
    expect(told(failing("agent", "silent"))).toEqual([
      'down: the agent at "/run/tandem/agent.sock" does not answer (why)',
    ]);
    expect(statusDocument(failing("guard", "ended")).state).toBe("degraded");
    const alone = { ...failing("guard", "ended"), agent: facts({ agent: null }).agent };
    const nothing = { ...alone, balancer: facts({ balancer: null }).balancer };
    expect(statusDocument(nothing).state).toBe("down");
  });

  test("children that are down or given up are told with their cause", () => {
    const lastCause = "it ended with status 1";
    const down = guard({ balancer: child({ phase: "resting", lastCause }) });
    expect(told(facts({ guard: down }))).toContain(
      "down: the balancer does not run, it is resting: it ended with status 1",
    );
    const spent = guard({ agent: child({ isGivenUp: true, runCount: 11, lastCause }) });
    expect(told(facts({ guard: spent }))).toContain(
      "down: the agent is given up after 11 starts: it ended with status 1",
    );
  });

  test("a node that stops says so", () => {
    expect(told(facts({ guard: guard({ isStopping: true }) }))).toEqual([
      "down: the node is stopping",
    ]);
    expect(told(facts({ balancer: balancer({ isStopping: true }) }))[0]).toContain("stopping");
  });
});

describe("virtual routers", () => {
  const of = (change: Parameters<typeof router>[0]): string[] =>
    told(facts({ agent: agent({ instances: [router(change)] }) }));
  const rival = { address: "10.98.0.2", priority: 200, state: "MASTER", path: "vrrp" };

  test("two masters are told of while the other one is heard", () => {
    expect(of({ heard: [{ ...rival, agoMs: 300 }] })).toEqual([
      "degraded: two masters of mqtt_vip: 10.98.0.2, priority 200, too",
    ]);
    expect(of({ heard: [{ ...rival, agoMs: 301 }] })).toEqual([]);
    expect(of({ heard: [{ ...rival, priority: 0, agoMs: 10 }] })).toEqual([]);
  });

  test("FAULT of the only instance is down, of one of two degraded", () => {
    const fault = router({ state: "FAULT", faults: ["interface eth0 is down"], isHeld: false });
    const one = facts({ agent: agent({ instances: [fault] }) });
    expect(told(one)).toEqual(["down: mqtt_vip is in FAULT: interface eth0 is down"]);
    const two = facts({ agent: agent({ instances: [fault, router()] }) });
    expect(statusDocument(two).state).toBe("degraded");
  });
});

describe("brokers", () => {
  const withServers = (usableCount: number, ...servers: ReturnType<typeof server>[]): NodeFacts =>
    facts({
      balancer: balancer({
        backends: [{ name: "b", sessionCount: 0, queueCount: 0, usableCount, servers }],
      }),
    });
  const down = server({ state: "down", status: "DOWN", stateForMs: 5_000, check: null });

  test("no usable broker anywhere is down", () => {
    expect(told(withServers(0, down))).toEqual([
      "down: backend b has no usable broker",
      "degraded: broker b/broker1 is DOWN for 5.0 s",
    ]);
  });

  test("many that are down are one problem", () => {
    expect(told(withServers(1, server(), down, down, down, down))).toEqual([
      "degraded: 4 brokers of backend b are DOWN: broker1, broker1, broker1, broker1",
    ]);
  });

  test("what an operator took out is a note", () => {
    const out = server({ state: "maintenance", status: "MAINT" });
    expect(told(withServers(1, server(), out))).toEqual([
      "note: in maintenance: broker1 of backend b",
    ]);
  });
});

describe("replication", () => {
  const section = (change: Parameters<typeof peers>[0]): string[] =>
    told(facts({ balancer: balancer({ peers: [peers(change)] }) }));

  test("a table is out of step from a second on", () => {
    const table = { name: "t", pendingCount: 3, unackedCount: 2, receivedCount: 0 };
    const lagging = (lagMs: number) => ({ peers: [peer({ tables: [{ ...table, lagMs }] })] });
    expect(section(lagging(999))).toEqual([]);
    expect(section(lagging(1_000))).toEqual([
      "degraded: table t of peer pair/lb2 is out of step: 5 changes, 1.0 s behind",
    ]);
  });

  test("a dropped definition is told with the text of both values", () => {
    const mismatches = [{ table: "t", text: "string here, ip there" }];
    expect(section({ peers: [peer({ mismatches })] })).toEqual([
      "degraded: table t is not replicated with peer pair/lb2: string here, ip there",
    ]);
  });

  test("a resync that was not whole is told of, where there are peers", () => {
    const resync = { stage: "finished", outcome: "none", teacher: null, last: null };
    expect(section({ resync })).toEqual([
      "degraded: lb1 of peers pair has started without what its peers know",
    ]);
    expect(section({ resync, peers: [peer({ isLocal: true })] })).toEqual([]);
  });
});
