import { describe, expect, test } from "vitest";
import { RuntimeBench } from "./bench.ts";

const CONFIG = `
defaults
  timeout connect 1s
listen be
  bind 127.0.0.1:1883
  balance roundrobin
  option redispatch
  server b1 10.0.0.1:1883 check inter 1s fall 1 rise 1
  server b2 10.0.0.2:1883 track be/b1
  server b3 10.0.0.3:1883 check inter 1s agent-check agent-port 9 disabled
`;

describe("set server <b>/<s> state", () => {
  test("drain takes no new sessions, keeps those that it has and those that stick to it", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set server be/b2 state maint");
    const first = bench.accept().connected();
    bench.ask("set server be/b1 state drain");
    expect(bench.state("be/b1")).toBe("running 8");
    expect(first.state).toBe("relaying");
    expect(bench.accept().logged).toMatch(/^be\/<NOSRV>.* SC /);
    expect(bench.server("be/b1").isPersistable()).toBe(true);
    bench.ask("set server be/b1 state ready");
    expect(bench.accept().state).toBe("connecting");
  });

  test("maintenance takes the trackers along, and rests the check", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set server be/b1 state maint");
    expect(bench.state("be/b1")).toBe("stopped 1");
    expect(bench.state("be/b2")).toBe("stopped 2");
    expect(bench.monitor.statusOf("be/b1")).toMatchObject({ maintenance: "forced" });
    bench.checked("be/b1", true);
    expect(bench.state("be/b1")).toBe("stopped 1");
    bench.ask("set server be/b1 state ready");
    expect(bench.state("be/b1")).toBe("running 0");
    expect(bench.state("be/b2")).toBe("running 0");
  });

  test("drain takes the trackers along", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set server be/b1 state drain");
    expect(bench.state("be/b2")).toBe("running 16");
    bench.ask("set server be/b1 state ready");
    expect(bench.state("be/b2")).toBe("running 0");
  });

  test("a server comes out of maintenance up, unless its agent says no", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("enable server be/b3");
    expect(bench.state("be/b3")).toBe("running 4");
    bench.ask("set server be/b3 agent down");
    bench.ask("disable server be/b3");
    bench.ask("enable server be/b3");
    expect(bench.state("be/b3")).toBe("stopped 4");
  });

  test("says in the log what HAProxy says, with its levels", () => {
    const bench = new RuntimeBench(CONFIG);
    for (const state of ["drain", "maint", "drain", "ready", "ready"]) {
      bench.ask(`set server be/b1 state ${state}`);
    }
    const none = "0 active and 0 backup servers";
    expect(bench.lines.filter((line) => line.includes("be/b1 ") && !line.includes("b2"))).toEqual([
      `notice: Server be/b1 enters drain state. 1 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.`,
      `alert: Server be/b1 is going DOWN for maintenance. ${none} left. 0 sessions active, 0 requeued, 0 remaining in queue.`,
      "notice: Server be/b1 is UP/DRAIN (leaving forced maintenance).",
      "notice: Server be/b1 remains in forced drain mode.",
      "notice: Server be/b1 is UP (leaving forced drain).",
    ]);
  });

  test("what it expects is said", () => {
    const bench = new RuntimeBench(CONFIG);
    const expected = "'set server <srv> state' expects 'ready', 'drain' and 'maint'.";
    expect(bench.ask("set server be/b1 state up")).toBe(expected);
    expect(bench.ask("set server be/b9 state up")).toBe("No such server.");
    expect(bench.ask("set server bf/b1 state up")).toBe("No such backend.");
    expect(bench.ask("set server be state up")).toBe("Require 'backend/server'.");
  });

  test("survives a reload, as long as the line says the same", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set server be/b1 state maint");
    bench.reload(`${CONFIG}  server b4 10.0.0.4:1883\n`);
    expect(bench.state("be/b1")).toBe("stopped 1");
    bench.ask("set server be/b3 state ready");
    bench.reload(CONFIG);
    expect(bench.state("be/b3")).toMatch(/^running/);
  });
});

describe("forced health", () => {
  test("stands until the next check says otherwise", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set server be/b1 health down");
    expect(bench.state("be/b1")).toBe("stopped 0");
    expect(bench.state("be/b2")).toBe("stopped 0");
    bench.nowMs += 5_000;
    bench.checked("be/b1", true);
    expect(bench.state("be/b1")).toBe("running 0");
    bench.ask("set server be/b1 health stopping");
    expect(bench.state("be/b1")).toBe("stopping 0");
  });

  test("of a server without checks stands whatever is changed beside it", () => {
    const bench = new RuntimeBench(
      "listen l\n  bind :1\n  server a 10.0.0.1:1\n  server b 10.0.0.2:1\n",
    );
    bench.ask("set server l/a health down");
    bench.ask("set server l/b addr 10.0.0.3");
    bench.reload("listen l\n  bind :1\n  server a 10.0.0.1:1\n");
    expect(bench.state("l/a")).toBe("stopped 0");
  });

  test("waits for the end of maintenance", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set server be/b1 state maint");
    bench.ask("set server be/b1 health up");
    expect(bench.state("be/b1")).toBe("stopped 1");
  });

  test("is not for servers that track another or have no agent", () => {
    const bench = new RuntimeBench(CONFIG);
    expect(bench.ask("set server be/b2 health up")).toBe(
      "cannot change health on a tracking server.",
    );
    expect(bench.ask("set server be/b1 agent up")).toBe(
      "agent checks are not enabled on this server.",
    );
    expect(bench.ask("enable agent be/b1")).toBe(
      "Agent was not configured on this server, cannot enable.",
    );
  });

  test("a check that is switched off says nothing more", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("disable health be/b1");
    bench.nowMs += 5_000;
    bench.checked("be/b1", false);
    expect(bench.state("be/b1")).toBe("running 0");
    bench.ask("enable health be/b1");
    bench.checked("be/b1", false);
    expect(bench.state("be/b1")).toBe("stopped 0");
  });
});
