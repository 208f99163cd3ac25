import { describe, expect, test } from "vitest";
import type { AssignRequest } from "../../../src/balance/assignment.ts";
import { BackendBalancer } from "../../../src/balance/backend.ts";
import type { ServerState } from "../../../src/balance/server.ts";
import { backendSpec, type BackendTraits } from "./specs.ts";

function balancerOf(traits: Partial<BackendTraits>): BackendBalancer<string> {
  const spec = backendSpec({ algorithm: "roundrobin", servers: [], ...traits });
  return new BackendBalancer<string>(spec, () => 0, 0);
}

/** `server <name>`, `queue <name>`, `queue`, `refused <name>` or `none`. */
function ask(
  balancer: BackendBalancer<string>,
  token: string,
  request: Partial<AssignRequest<string>> = {},
  nowMs = 0,
): string {
  const assignment = balancer.assign({ token, ...request }, nowMs);
  switch (assignment.kind) {
    case "server":
      return `server ${assignment.server.name}`;
    case "queued":
      return `queue ${assignment.server?.name ?? ""}`.trim();
    case "refused-full":
      return `refused ${assignment.server.name}`;
    case "none":
      return "none";
  }
}

function serverOf(balancer: BackendBalancer<string>, name: string): ServerState {
  const server = balancer.find(name);
  if (server === undefined) throw new Error(`No server ${name}`);
  return server;
}

describe("assign()", () => {
  test("gives a persisted client its server although it drains or weighs 0", () => {
    const balancer = balancerOf({ servers: [{ name: "a", weight: 0 }, { name: "b" }] });
    const a = serverOf(balancer, "a");
    expect(ask(balancer, "1", { persisted: a })).toBe("server a");
    balancer.setAdmin(a, "drain", 0);
    expect(ask(balancer, "2", { persisted: a })).toBe("server a");
    expect(a.counters.lbTotal).toBe(0);
    balancer.setAdmin(a, "maint", 0);
    expect(ask(balancer, "3", { persisted: a })).toBe("server b");
  });

  test("lets a persisted client wait for its full server, then breaks persistence by maxqueue", () => {
    const servers = [{ name: "a", maxconn: 1, maxqueue: 1 }, { name: "b" }];
    for (const redispatch of [0, -1]) {
      const balancer = balancerOf({ servers, redispatch });
      const persisted = serverOf(balancer, "a");
      expect(ask(balancer, "1", { persisted })).toBe("server a");
      expect(ask(balancer, "2", { persisted })).toBe("queue a");
      expect(ask(balancer, "3", { persisted })).toBe(redispatch === 0 ? "refused a" : "server b");
    }
  });

  test("finds none without a usable server, and a backup before that", () => {
    const balancer = balancerOf({ servers: [{ name: "a" }, { name: "b", backup: true }] });
    balancer.setOperational(serverOf(balancer, "a"), false, 0);
    expect(ask(balancer, "1")).toBe("server b");
    expect(balancer.setOperational(serverOf(balancer, "b"), false, 0).availability).toBe("lost");
    expect(ask(balancer, "2")).toBe("none");
    expect(balancer.counts().usable).toBe(0);
  });

  test("avoids the failed server unless it is the only one", () => {
    const balancer = balancerOf({ servers: [{ name: "a" }, { name: "b" }] });
    const avoid = serverOf(balancer, "a");
    expect(ask(balancer, "1", { avoid })).toBe("server b");
    expect(ask(balancer, "2", { avoid })).toBe("server b");
    balancer.setAdmin(serverOf(balancer, "b"), "maint", 0);
    expect(ask(balancer, "3", { avoid })).toBe("server a");
  });

  test("serves clients without a key in turn", () => {
    const servers = [{ name: "a" }, { name: "b" }];
    const balancer = balancerOf({ algorithm: "source", servers });
    expect([ask(balancer, "1"), ask(balancer, "2")]).toEqual(["server a", "server b"]);
  });
});

describe("queues", () => {
  test("release() serves who came first, by class, and says how many went before", () => {
    const balancer = balancerOf({ servers: [{ name: "a", maxconn: 1 }] });
    const a = serverOf(balancer, "a");
    ask(balancer, "first");
    for (const token of ["x", "y"]) expect(ask(balancer, token, {}, 1)).toBe("queue");
    ask(balancer, "urgent", { priority: { class: -1, offsetMs: 0 } }, 2);
    ask(balancer, "early", { priority: { class: 0, offsetMs: -10 } }, 3);
    balancer.cancel("y", 4);
    const order = [1, 2, 3].map(() => balancer.release(a, 5)[0]);
    expect(order.map((dispatch) => dispatch?.token)).toEqual(["urgent", "early", "x"]);
    expect(balancer.release(a, 5)).toEqual([]);
    expect(order[0]?.backendQueuePosition).toBe(2);
    expect(balancer.counts().queuedMax).toBe(4);
  });

  test("a server that goes down sends its queue elsewhere with redispatch only", () => {
    for (const redispatch of [0, -1]) {
      const balancer = balancerOf({
        servers: [{ name: "a", maxconn: 1 }, { name: "b" }],
        redispatch,
      });
      const persisted = serverOf(balancer, "a");
      ask(balancer, "1", { persisted });
      ask(balancer, "2", { persisted });
      const { requeued } = balancer.setOperational(persisted, false, 0);
      expect(requeued).toEqual(redispatch === 0 ? [] : ["2"]);
      expect(persisted.queued).toBe(redispatch === 0 ? 1 : 0);
    }
  });

  test("a server that comes up and a limit that rises take those who wait", () => {
    const servers = [
      { name: "a", maxconn: 1 },
      { name: "b", maxconn: 1, disabled: true },
    ];
    const balancer = balancerOf({ servers });
    for (const token of ["1", "2", "3", "4"]) ask(balancer, token);
    const came = balancer.setAdmin(serverOf(balancer, "b"), "ready", 0);
    expect(came.dispatched.map(({ token, server }) => token + server.name)).toEqual(["2b"]);
    const raised = balancer.setMaxconn(serverOf(balancer, "a"), 3, 0);
    expect(raised.dispatched.map(({ token, server }) => token + server.name)).toEqual(["3a", "4a"]);
  });

  test("a backup takes those who wait once the last active server is gone", () => {
    const servers = [
      { name: "a", maxconn: 1 },
      { name: "b", backup: true },
    ];
    const balancer = balancerOf({ servers });
    for (const token of ["1", "2"]) ask(balancer, token);
    const { dispatched } = balancer.setAdmin(serverOf(balancer, "a"), "maint", 0);
    expect(dispatched.map(({ token, server }) => token + server.name)).toEqual(["2b"]);
  });
});

describe("slowstart", () => {
  test("tick() raises weight and limit each second until they are full", () => {
    const servers = [{ name: "a", weight: 10, maxconn: 20, slowstartMs: 4_000 }, { name: "b" }];
    const balancer = balancerOf({ servers });
    const a = serverOf(balancer, "a");
    expect(a.effectiveWeight).toBe(160);
    balancer.setOperational(a, false, 1_000);
    balancer.setOperational(a, true, 10_000);
    const seen: number[][] = [[a.effectiveWeight, a.maxconnEffective(0, 0, 10_000)]];
    for (let nowMs = balancer.nextTimeout(); nowMs !== undefined; nowMs = balancer.nextTimeout()) {
      balancer.tick(nowMs);
      seen.push([a.effectiveWeight, a.maxconnEffective(0, 0, nowMs)]);
    }
    expect(seen).toEqual([
      [10, 1],
      [50, 5],
      [90, 10],
      [130, 15],
      [160, 20],
    ]);
    // HAProxy 2.6.12 shows 1, 4, 6, 9 and 10 in these seconds.
    expect(seen.map(([weight]) => Math.ceil(weight! / 16))).toEqual([1, 4, 6, 9, 10]);
    expect(balancer.shownWeight(a)).toBe(10);
    expect(a.operational).toBe("running");
    expect(a.downMs(20_000)).toBe(9_000);
    expect(a.lastChangeMs).toBe(10_000);
    expect(a.counters.downTransitions).toBe(1);
  });
});

describe("setSlowness()", () => {
  test("takes its part of what else weighs, and never all of it", () => {
    const servers = [
      { name: "a", weight: 100, slowstartMs: 4_000 },
      { name: "b", weight: 100 },
    ];
    const balancer = balancerOf({ servers });
    const a = serverOf(balancer, "a");
    balancer.setSlowness(a, 25, 0);
    expect([a.effectiveWeight, balancer.shownWeight(a), a.userWeight]).toEqual([400, 25, 100]);
    balancer.setWeight(a, { kind: "percent", percent: 50 }, 0);
    expect(balancer.shownWeight(a)).toBe(13);
    balancer.setWeight(a, { kind: "absolute", weight: 1 }, 0);
    balancer.setSlowness(a, 1, 0);
    expect([a.effectiveWeight, a.isUsable()]).toEqual([1, true]);
    balancer.setWeight(a, { kind: "percent", percent: 100 }, 0);
    balancer.setSlowness(a, 50, 0);
    balancer.setOperational(a, false, 1_000);
    balancer.setOperational(a, true, 10_000);
    expect(balancer.shownWeight(a)).toBe(4);
    balancer.tick(12_000);
    expect(balancer.shownWeight(a)).toBe(29);
    balancer.setSlowness(a, 100, 14_000);
    balancer.tick(14_000);
    expect(balancer.shownWeight(a)).toBe(100);
  });

  test("changes nothing where weights are static", () => {
    const servers = [{ name: "a", weight: 10 }, { name: "b" }];
    const balancer = balancerOf({ algorithm: "static-rr", servers });
    const before = balancer.shownWeight(serverOf(balancer, "a"));
    balancer.setSlowness(serverOf(balancer, "a"), 10, 0);
    expect(balancer.shownWeight(serverOf(balancer, "a"))).toBe(before);
  });
});

describe("maxconnEffective()", () => {
  test("moves from minconn to maxconn as the backend fills", () => {
    const balancer = balancerOf({ servers: [{ name: "a", minconn: 2, maxconn: 10 }] });
    const a = serverOf(balancer, "a");
    expect([0, 4, 10, 19, 20, 90].map((count) => a.maxconnEffective(count, 20, 0))).toEqual([
      2, 2, 5, 9, 10, 10,
    ]);
  });
});

describe("setWeight()", () => {
  test("refuses what HAProxy refuses, in its words", () => {
    const servers = [{ name: "a", weight: 8 }];
    const dynamic = balancerOf({ servers });
    const absolute = (weight: number) => ({ kind: "absolute", weight }) as const;
    expect(dynamic.setWeight(serverOf(dynamic, "a"), absolute(257), 0).refused).toBe(
      "Absolute weight can only be between 0 and 256 inclusive.",
    );
    dynamic.setWeight(serverOf(dynamic, "a"), { kind: "percent", percent: 50 }, 0);
    expect(serverOf(dynamic, "a").userWeight).toBe(4);
    const still = balancerOf({ servers, algorithm: "static-rr" });
    expect(still.setWeight(serverOf(still, "a"), absolute(4), 0).refused).toBe(
      "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.",
    );
    expect(still.setWeight(serverOf(still, "a"), absolute(0), 0).availability).toBe("lost");
  });
});

describe("reconfigure()", () => {
  test("keeps state by name, frees removed servers in peace and requeues who waits for them", () => {
    const servers = [{ name: "a", maxconn: 1 }, { name: "b" }];
    const balancer = balancerOf({ servers });
    const [a, b] = [serverOf(balancer, "a"), serverOf(balancer, "b")];
    ask(balancer, "1", { persisted: a });
    ask(balancer, "2", { persisted: a });
    ask(balancer, "3", { persisted: b });
    balancer.setOperational(b, "stopping", 0);
    const next = backendSpec({ algorithm: "leastconn", servers: [{ name: "c" }, { name: "b" }] });
    expect(balancer.reconfigure(next, 0).requeued).toEqual(["2"]);
    expect(balancer.servers.map((server) => server.name)).toEqual(["c", "b"]);
    expect(balancer.find("b")).toBe(b);
    expect([b.served, b.operational, b.id]).toEqual([1, "stopping", 2]);
    expect(ask(balancer, "2", { persisted: a })).toBe("server c");
    expect(balancer.release(a, 0)).toEqual([]);
    expect(balancer.counts().served).toBe(2);
  });

  test("keeps a weight and a state set at run time unless the file changes them", () => {
    const balancer = balancerOf({ servers: [{ name: "a", weight: 10 }, { name: "b" }] });
    const [a, b] = [serverOf(balancer, "a"), serverOf(balancer, "b")];
    balancer.setWeight(a, { kind: "absolute", weight: 3 }, 0);
    balancer.setAdmin(b, "maint", 0);
    const reload = (weight: number, disabled: boolean): void => {
      const servers = [{ name: "a", weight, disabled }, { name: "b" }];
      balancer.reconfigure(backendSpec({ algorithm: "roundrobin", servers }), 0);
    };
    reload(10, false);
    expect([a.userWeight, a.isUsable(), b.isInMaintenance()]).toEqual([3, true, true]);
    reload(20, true);
    expect([a.userWeight, a.isUsable(), a.admin]).toEqual([20, false, 5]);
    reload(20, false);
    expect([a.isUsable(), a.admin]).toEqual([true, 0]);
  });
});

describe("counts()", () => {
  test("counts free slots, and none where there is no limit", () => {
    const limited = { maxconn: 3, maxqueue: 2 };
    const balancer = balancerOf({
      servers: [
        { name: "a", ...limited },
        { name: "b", ...limited },
      ],
    });
    ask(balancer, "1");
    expect(balancer.counts()).toMatchObject({ connectionSlots: 9, served: 1, activeUsable: 2 });
    expect(balancerOf({ servers: [{ name: "a" }] }).counts().connectionSlots).toBe(-1);
  });
});

test("setOperational() does not touch a server in maintenance", () => {
  const balancer = balancerOf({ servers: [{ name: "a" }] });
  const a = serverOf(balancer, "a");
  balancer.setInheritedMaintenance(a, true, 100);
  balancer.setOperational(a, true, 200);
  expect([a.isUsable(), a.admin]).toEqual([false, 2]);
  expect(balancer.setInheritedMaintenance(a, false, 300).availability).toBe("regained");
  expect([a.operational, a.downMs(900), balancer.availability.downMs(900)]).toEqual([
    "running",
    200,
    200,
  ]);
});
