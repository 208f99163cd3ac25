import { describe, expect, test } from "vitest";
import { readServersState } from "../../../../src/runtime/server-state/read.ts";
import { STATE_HEADER } from "../../../../src/runtime/server-state/columns.ts";
import { restoreServers, restoreTimes } from "../../../../src/runtime/server-state/restore.ts";
import { RuntimeBench } from "./bench.ts";

const CONFIG = `
listen be
  bind 127.0.0.1:1883
  server b1 10.0.0.1:1883 weight 10
  server b2 10.0.0.2:1883 check inter 1s agent-check agent-port 9
  server b3 10.0.0.3:1883 track b2
  server b4 10.0.0.4:1883 disabled
  server b5 broker.example:1883
backend other
  id 77
  server x 10.0.0.9:1883 id 12
`;

/** Lines as HAProxy 2.6 wrote them. */
function stateOf(...lines: readonly string[]): string {
  return `1\n${STATE_HEADER}\n${lines.join("\n")}\n`;
}

function restore(bench: RuntimeBench, text: string): void {
  const { servers, problems } = readServersState(text);
  expect(problems).toEqual([]);
  bench.run(restoreServers(servers, bench.configuration, bench, bench.nowMs));
  restoreTimes(servers, bench.world, bench.nowMs);
}

describe("show servers state", () => {
  test("prints a line for each server", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.nowMs += 7_400;
    expect(bench.ask("show servers state").split("\n")).toEqual([
      "1",
      STATE_HEADER,
      "1 be 1 b1 10.0.0.1 2 0 10 10 7 1 0 2 0 0 0 0 - 1883 - 0 0 - - 0",
      "1 be 2 b2 10.0.0.2 2 0 1 1 7 1 0 2 6 22 0 0 - 1883 - 0 0 - - 9",
      "1 be 3 b3 10.0.0.3 2 0 1 1 7 1 0 2 0 0 0 0 - 1883 - 0 0 - - 0",
      "1 be 4 b4 10.0.0.4 0 5 1 1 7 1 0 2 8 0 0 0 - 1883 - 0 0 - - 0",
      "1 be 5 b5 - 0 32 1 1 7 1 0 2 0 0 0 0 broker.example 1883 - 0 0 - - 0",
      "77 other 12 x 10.0.0.9 2 0 1 1 7 1 0 2 0 0 1 1 - 1883 - 0 0 - - 0",
      "",
    ]);
    expect(bench.ask("show servers state other").split("\n")).toHaveLength(4);
    expect(bench.ask("show servers state nope")).toBe("Can't find backend.");
  });

  test("what is printed is restored", () => {
    const bench = new RuntimeBench(CONFIG);
    for (const line of [
      "set server be/b1 state drain",
      "set server be/b1 weight 5",
      "set server be/b2 check-addr 10.0.0.8 port 81",
      "set server be/b2 health down",
      "set server other/x state maint",
    ]) {
      bench.ask(line);
    }
    bench.nowMs += 90_000;
    const text = bench.ask("show servers state");
    const other = new RuntimeBench(CONFIG);
    other.nowMs += 500_000;
    restore(other, text);
    expect(other.ask("show servers state")).toBe(text);
  });
});

describe("a state file", () => {
  test("gives drain, maintenance, weight, health, port and time since the last change", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.nowMs = 1_000_000;
    restore(
      bench,
      stateOf(
        "3 be 1 b1 127.0.0.9 2 8 5 10 100 1 0 2 0 0 0 0 - 2999 - 0 0 - - 0",
        "3 be 2 b2 127.0.0.1 0 0 1 1 50 8 2 0 6 0 0 0 - 1883 - 0 4000 127.0.0.4 - 0",
        "3 be 4 b4 127.0.0.1 2 0 1 1 20 1 0 2 0 0 0 0 - 1883 - 0 0 - - 0",
        "3 be 5 b5 10.9.9.9 2 0 1 1 20 1 0 2 0 0 0 0 broker.example 1883 - 0 0 - - 0",
      ),
    );
    expect(bench.state("be/b1")).toBe("running 8");
    expect(bench.ask("get weight be/b1")).toBe("5 (initial 10)");
    expect(bench.server("be/b1").lastChangeMs).toBe(900_000);
    expect(bench.backend("be").facts.get("b1")!.endpoint).toMatchObject({
      host: "10.0.0.1",
      port: 2999,
    });
    expect(bench.state("be/b2")).toBe("stopped 0");
    expect(bench.state("be/b3")).toBe("stopped 0");
    expect(bench.server("be/b2").spec.check).toMatchObject({ host: "127.0.0.4", port: 4000 });
    expect(bench.state("be/b4")).toBe("stopped 5");
    expect(bench.state("be/b5")).toBe("running 0");
    expect(bench.backend("be").facts.get("b5")!.endpoint).toMatchObject({ host: "10.9.9.9" });
  });

  test("a weight counts only while the configured one is the same", () => {
    const bench = new RuntimeBench(CONFIG);
    restore(bench, stateOf("3 be 1 b1 - 2 0 3 8 0 1 0 2 0 0 0 0 - 1883 - 0 0 - - 0"));
    expect(bench.ask("get weight be/b1")).toBe("10 (initial 10)");
  });

  test("never leaves a server down that nothing would bring up", () => {
    const bench = new RuntimeBench(CONFIG);
    restore(bench, stateOf("3 be 1 b1 - 0 0 10 10 9 8 2 0 6 0 0 0 - 1883 - 0 0 - - 0"));
    expect(bench.state("be/b1")).toBe("running 0");
  });

  test("a server that the configuration no longer disables is up", () => {
    const bench = new RuntimeBench(CONFIG);
    restore(bench, stateOf("3 be 2 b2 - 0 5 1 1 9 1 0 2 14 0 0 0 - 1883 - 0 0 - - 0"));
    expect(bench.state("be/b2")).toBe("running 0");
  });

  test("what is damaged is left out and named", () => {
    const good = "3 be 1 b1 - 2 8 10 10 9 1 0 2 0 0 0 0 - 1883 - 0 0 - - 0";
    const { servers, problems } = readServersState(
      stateOf("3 be 2", good.replace(" 2 8 ", " x 8 "), good.replace("1883", "70000"), good),
    );
    expect(servers).toHaveLength(1);
    expect(problems).toEqual([
      "line 3: 3 words where 25 are expected",
      "line 4: 'x' is no srv_op_state",
      "line 5: '70000' is no srv_port",
    ]);
    expect(readServersState("2\n").problems).toEqual(["line 1: expected the version '1'"]);
    expect(readServersState("").problems).toHaveLength(1);
  });
});
