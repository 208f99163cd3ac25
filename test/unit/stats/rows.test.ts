import { describe, expect, test } from "vitest";
import type { HealthStatus, ProbeStatus } from "../../../src/health/events.ts";
import type { StatsRow } from "../../../src/stats/columns.ts";
import { PageCounters } from "../../../src/stats/page-counters.ts";
import { ALL_ROWS, type RowSelection, statsRows } from "../../../src/stats/rows.ts";
import { Bench, configurationOf } from "../session/bench.ts";

const FILE = `
listen page
  mode http
  bind 127.0.0.1:8404
  maxconn 30
  stats enable
frontend in
  bind 127.0.0.1:1883
  maxconn 70
  default_backend brokers
backend brokers
  balance leastconn
  server a 10.0.0.1:1883 check weight 5 maxconn 10 maxqueue 7
  server b 10.0.0.2:1883 track a
  server c 10.0.0.3:1883 disabled check
  server spare 10.0.0.4:1883 backup weight 9
backend idle
`;

const UP: ProbeStatus = { health: 4, rise: 2, fall: 3, enabled: true, inProgress: false };
const HEALTH: HealthStatus = {
  state: "up",
  up: true,
  maintenance: "none",
  failedChecks: 0,
  failedTraffic: 0,
  transitionsDown: 0,
  lastChangeMs: 0,
};

/** A world of `FILE`, with the health of servers as given. */
class Stats {
  readonly bench = new Bench(FILE);
  readonly page = new PageCounters();
  readonly health = new Map<string, HealthStatus>([
    ["brokers/a", { ...HEALTH, check: UP }],
    ["brokers/b", { ...HEALTH, tracked: "brokers/a" }],
    ["brokers/c", { ...HEALTH, check: UP, state: "down", maintenance: "forced" }],
    ["brokers/spare", HEALTH],
  ]);

  rows(selection: Partial<RowSelection> = {}): readonly StatsRow[] {
    return statsRows(
      {
        world: this.bench.world,
        proxies: configurationOf(FILE).proxies,
        pages: new Map([["page", this.page]]),
        startedMs: 0,
        statusOf: (key) => this.health.get(key),
      },
      { ...ALL_ROWS, ...selection },
      this.bench.nowMs,
    );
  }

  cells(name: string, selection: Partial<RowSelection> = {}): StatsRow["cells"] {
    const row = this.rows(selection).find(
      ({ cells }) => `${String(cells.pxname)}/${String(cells.svname)}` === name,
    );
    return row!.cells;
  }

  /** The status of server `a` with this check. */
  status(check: Partial<ProbeStatus>, state: HealthStatus["state"] = "up"): string {
    const { balancer } = this.bench.backend("brokers");
    this.health.set("brokers/a", { ...HEALTH, state, check: { ...UP, ...check } });
    const up = state === "stopping" ? state : state === "up";
    balancer.setOperational(balancer.find("a")!, up, this.bench.nowMs);
    return String(this.cells("brokers/a").status);
  }
}

function namesOf(rows: readonly StatsRow[]): string[] {
  return rows.map(({ cells }) => `${String(cells.pxname)}/${String(cells.svname)}`);
}

describe("statsRows()", () => {
  test("follows the order of the file: frontend, servers, backend", () => {
    expect(namesOf(new Stats().rows())).toEqual([
      ...["page/FRONTEND", "page/BACKEND", "in/FRONTEND"],
      ...["brokers/a", "brokers/b", "brokers/c", "brokers/spare", "brokers/BACKEND"],
      "idle/BACKEND",
    ]);
  });

  test("shows proxies in scope, and those that are searched for", () => {
    const stats = new Stats();
    expect(namesOf(stats.rows({ scope: ["in", "idle"] }))).toEqual(["in/FRONTEND", "idle/BACKEND"]);
    expect(namesOf(stats.rows({ search: "ID" }))).toEqual(["idle/BACKEND"]);
    expect(namesOf(stats.rows({ scope: ["in"], search: "idle" }))).toEqual([]);
  });

  test("leaves out servers that are down, and then counts those that are up", () => {
    const stats = new Stats();
    expect(namesOf(stats.rows({ hideDown: true }))).not.toContain("brokers/c");
    expect(stats.cells("brokers/BACKEND", { hideDown: true }).status).toBe("UP (3/4)");
    expect(stats.cells("idle/BACKEND", { hideMaintenance: true }).status).toBe("UP (0/0)");
    stats.status({ health: 0 }, "down");
    expect(namesOf(stats.rows({ hideDown: true }))).not.toContain("brokers/a");
    expect(namesOf(stats.rows({ hideMaintenance: true }))).toContain("brokers/a");
    expect(namesOf(stats.rows({ hideMaintenance: true }))).not.toContain("brokers/c");
  });

  test("shows limits where there are any", () => {
    const stats = new Stats();
    expect(stats.cells("in/FRONTEND").slim).toBe(70);
    expect(stats.cells("brokers/a")).toMatchObject({ slim: 10, qlimit: 7, weight: 5, uweight: 5 });
    expect(stats.cells("brokers/b")).not.toHaveProperty("slim");
    expect(stats.cells("brokers/b")).not.toHaveProperty("qlimit");
    // A tenth of what its frontend lets in.
    expect(stats.cells("brokers/BACKEND").slim).toBe(7);
    expect(stats.cells("idle/BACKEND").slim).toBe(1);
    expect(stats.cells("page/BACKEND").slim).toBe(3);
  });

  test("shows addresses and algorithms with legends only", () => {
    const stats = new Stats();
    expect(stats.cells("brokers/a").addr).toBe("10.0.0.1:1883");
    expect(stats.cells("brokers/BACKEND").algo).toBe("leastconn");
    expect(stats.cells("brokers/a", { legends: false })).not.toHaveProperty("addr");
    expect(stats.cells("brokers/BACKEND", { legends: false })).not.toHaveProperty("algo");
  });

  test("counts a session in its frontend, its backend and its server", () => {
    const stats = new Stats();
    stats.bench.accept().take();
    expect(stats.cells("in/FRONTEND")).toMatchObject({ scur: 1, smax: 1, stot: 1 });
    expect(stats.cells("brokers/BACKEND")).toMatchObject({ scur: 1, smax: 1, stot: 1, lbtot: 1 });
    expect(stats.cells("brokers/a")).toMatchObject({ scur: 1, smax: 1, stot: 1, lbtot: 1 });
    expect(stats.cells("brokers/b")).toMatchObject({ scur: 0, stot: 0, lastsess: -1 });
  });

  test("counts the requests of a page by their answers", () => {
    const stats = new Stats();
    const listener = stats.page.listenerCounts.of("127.0.0.1:8404");
    stats.page.connected(listener, stats.bench.nowMs);
    for (const status of [200, 401, 503]) {
      stats.page.requested(stats.bench.nowMs);
      stats.page.answered(status, stats.bench.nowMs);
    }
    stats.page.failed(listener, 400, stats.bench.nowMs);
    expect(stats.cells("page/FRONTEND")).toMatchObject({
      ...{ scur: 1, stot: 1, req_tot: 4, intercepted: 2, ereq: 1 },
      ...{ hrsp_2xx: 1, hrsp_4xx: 2, hrsp_5xx: 1 },
    });
    expect(stats.cells("page/BACKEND")).toMatchObject({ stot: 1, econ: 1, hrsp_5xx: 1 });
    expect(listener).toMatchObject({ sessions: { current: 1, total: 1 }, failedRequests: 1 });
    stats.page.disconnected(listener);
    expect(listener.sessions.current).toBe(0);
  });

  test("shows what the last check said, and nothing of it in maintenance", () => {
    const stats = new Stats();
    expect(stats.cells("brokers/a")).toMatchObject({
      ...{ check_status: "INI", check_desc: "Initializing", last_chk: "", chkfail: 0 },
      ...{ check_rise: 2, check_fall: 3, check_health: 4 },
    });
    expect(stats.cells("brokers/a")).not.toHaveProperty("check_duration");
    const lastReport = {
      ok: false,
      code: "L7STS",
      status: 503,
      info: "no",
      durationMs: 2.7,
    } as const;
    stats.status({ lastReport, inProgress: true });
    expect(stats.cells("brokers/a")).toMatchObject({
      ...{ check_status: "* L7STS", check_code: 503, check_duration: 2, last_chk: "no" },
    });
    expect(stats.cells("brokers/c")).not.toHaveProperty("check_status");
    expect(stats.cells("brokers/c")).toMatchObject({ chkfail: 0, status: "MAINT" });
    expect(stats.cells("brokers/b")).not.toHaveProperty("chkfail");
    expect(stats.cells("brokers/b").tracked).toBe("brokers/a");
  });
});

describe("serverStatus()", () => {
  test("counts the steps to the next change", () => {
    const stats = new Stats();
    expect(stats.status({ health: 4 })).toBe("UP");
    expect(stats.status({ health: 3 })).toBe("UP 2/3");
    expect(stats.cells("brokers/b").status).toBe("UP 2/3");
    expect(stats.status({ health: 0 }, "down")).toBe("DOWN");
    expect(stats.status({ health: 1 }, "down")).toBe("DOWN 1/2");
    expect(stats.status({ health: 4, enabled: false })).toBe("no check");
    expect(stats.status({ health: 4 }, "stopping")).toBe("NOLB");
    expect(stats.status({ health: 3 }, "stopping")).toBe("NOLB 2/3");
  });

  test("puts the administrator's word first", () => {
    const stats = new Stats();
    const { balancer } = stats.bench.backend("brokers");
    const server = balancer.find("a")!;
    balancer.setAdmin(server, "drain", 0);
    expect(stats.status({ health: 4 })).toBe("DRAIN");
    expect(stats.status({ health: 3 })).toBe("DRAIN 2/3");
    const agent = { ...UP, health: 1, rise: 1, fall: 1 };
    stats.health.set("brokers/a", { ...HEALTH, agent });
    expect(stats.cells("brokers/a").status).toBe("DRAIN (agent)");
    balancer.setAdmin(server, "maint", 0);
    expect(stats.cells("brokers/a").status).toBe("MAINT");
    const follower = balancer.find("b")!;
    balancer.setInheritedMaintenance(follower, true, 0);
    expect(stats.cells("brokers/b").status).toBe("MAINT (via brokers/a)");
  });

  test("blames the agent when it is the agent", () => {
    const stats = new Stats();
    const { balancer } = stats.bench.backend("brokers");
    balancer.setOperational(balancer.find("a")!, false, 0);
    const agent = { ...UP, health: 0, rise: 1, fall: 1 };
    stats.health.set("brokers/a", { ...HEALTH, state: "down", check: UP, agent });
    expect(stats.cells("brokers/a").status).toBe("DOWN (agent)");
    expect(stats.cells("brokers/a")).toMatchObject({ agent_status: "INI", agent_health: 0 });
  });
});
