import { describe, expect, test } from "vitest";
import { frontendRow } from "../../../../src/stats/frontend-row.ts";
import { RuntimeBench } from "./bench.ts";

const CONFIG = `
defaults
  timeout connect 1s
frontend fe
  bind 127.0.0.1:1883
  maxconn 10
  default_backend be
backend be
  server b1 10.0.0.1:1883 check inter 1s fall 1
`;

/** The `status` column of `fe`. */
function frontendStatus(bench: RuntimeBench): unknown {
  const context = {
    nowMs: 0,
    legends: true,
    isFiltered: false,
    maxconn: 1,
    statusOf: () => undefined,
  };
  return frontendRow(bench.frontend("fe"), context).cells.status;
}

describe("frontends", () => {
  test("are paused, resumed and shut down", () => {
    const bench = new RuntimeBench(CONFIG);
    expect(bench.ask("disable frontend fe")).toBe("");
    expect(bench.effects[0]).toEqual({ kind: "listeners", frontend: "fe", become: "paused" });
    expect(frontendStatus(bench)).toBe("PAUSED");
    expect(bench.ask("disable frontend fe")).toBe("All sockets are already disabled.");
    expect(bench.ask("enable frontend fe")).toBe("");
    expect(bench.ask("enable frontend fe")).toBe("All sockets are already enabled.");
    expect(bench.ask("shutdown frontend fe")).toBe("");
    expect(frontendStatus(bench)).toBe("STOP");
    expect(bench.ask("enable frontend fe")).toBe(
      "Frontend was previously shut down, cannot enable.",
    );
    expect(bench.ask("disable frontend fe")).toBe(
      "Frontend was previously shut down, cannot disable.",
    );
    expect(bench.ask("shutdown frontend fe")).toBe("Frontend was already shut down.");
    expect(bench.lines).toEqual([
      "warning: Paused frontend fe.",
      "warning: Resumed frontend fe.",
      "warning: Proxy fe stopped (cumulated conns: FE: 0, BE: 0).",
    ]);
    bench.reload(CONFIG);
    expect(frontendStatus(bench)).toBe("OPEN");
  });

  test("take another limit until a reload", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set maxconn frontend fe 20");
    expect(bench.frontend("fe").side.maxconn).toBe(20);
    expect(bench.configuration.proxies[0]!.frontend!.maxconn).toBe(20);
    bench.ask("set maxconn frontend fe 0");
    expect(bench.frontend("fe").side.maxconn).toBeUndefined();
    expect(bench.ask("set maxconn frontend fe -1")).toBe("Value out of range.");
    expect(bench.ask("set maxconn frontend fe")).toBe("Integer value expected.");
    expect(bench.ask("set maxconn frontend be 5")).toBe("No such frontend.");
    bench.reload(CONFIG);
    expect(bench.frontend("fe").side.maxconn).toBe(10);
  });
});

describe("the process", () => {
  test("takes no more than it started with", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set maxconn global 5");
    expect(bench.world.limits.maxconn).toBe(5);
    expect(bench.ask("set maxconn global 1001")).toBe("Value out of range.");
    bench.ask("set maxconn global 0");
    expect(bench.world.limits.maxconn).toBe(1_000);
    expect(bench.ask("set maxconn global")).toBe("Expects an integer value.");
  });

  test("limits the rate of connections, and says what it does not limit", () => {
    const bench = new RuntimeBench(CONFIG);
    expect(bench.ask("set rate-limit connections global 7")).toBe("");
    expect(bench.world.limits.maxconnrate).toBe(7);
    bench.ask("set rate-limit connections global 0");
    expect(bench.world.limits.maxconnrate).toBeUndefined();
    expect(bench.ask("set rate-limit sessions global 0")).toBe("");
    expect(bench.ask("set rate-limit ssl-sessions global 5")).toContain("is not served");
    expect(bench.ask("set rate-limit connections fe 5")).toContain(
      "'set rate-limit' only supports :",
    );
  });

  test("sets the silence that a connection may keep", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set timeout cli 20", "user");
    expect(bench.effects).toEqual([{ kind: "connection", change: { timeoutMs: 20_000 } }]);
    expect(bench.ask("set timeout cli 0")).toBe("Invalid timeout value.");
    expect(bench.ask("set timeout client 5")).toBe("'set timeout' only supports 'cli'.");
  });
});

describe("sessions and counters", () => {
  test("one session or all of a server are ended", () => {
    const bench = new RuntimeBench(CONFIG);
    const [a, b, c] = [1, 2, 3].map(() => bench.accept().connected());
    const id = a!.session.context.id.toString(16);
    expect(bench.ask(`shutdown session 0x${id}`)).toBe("");
    expect(a!.take().at(-1)).toBe("close finish");
    expect(bench.ask("shutdown session 0xfffff")).toBe("No such session (use 'show sess').");
    expect(bench.ask("shutdown session x")).toBe("Session pointer expected (use 'show sess').");
    a!.relayed("closed");
    expect(a!.logged).toContain(" K- ");
    expect(b!.state).toBe("relaying");
    bench.ask("shutdown sessions server be/b1");
    for (const client of [b!, c!]) {
      client.relayed("closed");
      expect(client.logged).toContain(" K- ");
    }
  });

  test("highest values are forgotten, and with `all` every sum", () => {
    const bench = new RuntimeBench(CONFIG);
    const client = bench.accept().connected();
    bench.accept().connected().relayed();
    bench.tell({ kind: "timeout" });
    bench.checked("be/b1", false);
    const { counters } = bench.backend("be");
    bench.ask("clear counters", "operator");
    expect(bench.server("be/b1").counters).toMatchObject({ servedMax: 0, total: 2 });
    expect(counters.sessions).toMatchObject({ highest: 0, total: 2, current: 1 });
    expect(bench.ask("clear counters all", "operator")).toBe("Permission denied");
    bench.ask("clear counters all");
    expect(counters).toMatchObject({ connects: 0, sessions: { total: 0, current: 1 } });
    expect(bench.frontend("fe").counters.connectionsTotal).toBe(0);
    expect(bench.server("be/b1").counters).toMatchObject({ total: 0, downTransitions: 0 });
    expect(bench.monitor.statusOf("be/b1")).toMatchObject({ failedChecks: 0, transitionsDown: 0 });
    client.relayed();
    expect(counters.sessions.current).toBe(0);
  });

  test("needs the level that HAProxy wants", () => {
    const bench = new RuntimeBench(CONFIG);
    for (const line of [
      "set server be/b1 state maint",
      "disable frontend fe",
      "add server be/x 1.2.3.4:5",
    ]) {
      expect(bench.ask(line, "operator")).toBe("Permission denied");
    }
    expect(bench.ask("get weight be/b1", "user")).toBe("1 (initial 1)");
  });
});
