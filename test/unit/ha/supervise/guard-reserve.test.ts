// The balancer in reserve: when it is prepared, what it is used for, and when it goes.
import { describe, expect, test } from "vitest";
import { RESERVE_CALM_MS, RESERVE_RETRY_MAX_MS } from "../../../../ha/limits.ts";
import { GuardBench, SETTINGS } from "./guard-bench.ts";

const SERVING = "report | serving | fit";

/** With a reserve that stands, unless told otherwise. */
function running(stands = true): GuardBench {
  const bench = GuardBench.running({ hasReserve: true });
  if (!stands) return bench;
  bench.pass(RESERVE_CALM_MS);
  bench.take();
  return bench;
}

function prepared(texts: readonly string[]): string[] {
  return texts.filter((text) => text.startsWith("prepare"));
}

describe("guard: a balancer in reserve", () => {
  test("is prepared when the balancer has been ready for a while, once", () => {
    const bench = running(false);
    bench.pass(RESERVE_CALM_MS - 1);
    expect(bench.take()).toEqual([]);
    bench.pass(1);
    expect(bench.take()).toEqual(["prepare reserve 1"]);
    bench.pass(600_000);
    expect(bench.take()).toEqual([]);
  });

  test("is not prepared where it is not wanted, or where no balancer is supervised", () => {
    const unwanted = GuardBench.running();
    const alone = GuardBench.running({ children: ["agent"], hasReserve: true });
    for (const bench of [unwanted, alone]) {
      bench.pass(60_000);
      expect(bench.take()).toEqual([]);
    }
  });

  test("becomes the next run, and is replaced when that run is calm", () => {
    const bench = running();
    bench.end("balancer");
    expect(bench.take().at(-1)).toBe("spawn balancer 2 from reserve 1");
    bench.pass(1_000);
    bench.balancerReady();
    expect(bench.take()).toEqual(["vips ", SERVING]);
    bench.pass(RESERVE_CALM_MS - 1);
    expect(bench.take()).toEqual([]);
    bench.pass(1);
    expect(bench.take()).toEqual(["prepare reserve 2"]);
    bench.end("balancer");
    bench.pass(100);
    expect(bench.take().at(-1)).toBe("spawn balancer 3 from reserve 2");
  });

  test("replaces a balancer that hangs, too", () => {
    const bench = running();
    bench.silent.add("balancer");
    bench.pass(400);
    expect(bench.take()).toContain("spawn balancer 2 from reserve 1");
  });

  test("once woken, has the whole time that a start has, and is killed after it", () => {
    const bench = running();
    bench.pass(3_600_000);
    bench.end("balancer");
    bench.take();
    bench.pass(SETTINGS.balancerStartTimeoutMs - 1);
    expect(bench.take().filter((text) => text.startsWith("SIGKILL"))).toEqual([]);
    bench.pass(1);
    bench.pass(100);
    const seen = bench.take();
    expect(seen).toContain("SIGKILL balancer 2");
    expect(seen).toContain("spawn balancer 3");
  });

  test("that is late for the next run is not woken by the run after it", () => {
    const bench = running(false);
    bench.end("balancer");
    expect(bench.take().at(-1)).toBe("spawn balancer 2");
    bench.pass(60_000);
    expect(prepared(bench.take())).toEqual([]);
  });

  test("that ended is prepared again, later each time, and counts as no restart", () => {
    const bench = running();
    const delays: number[] = [];
    for (let count = 0; count < 8; count++) {
      const endedMs = bench.nowMs;
      bench.endReserve();
      while (prepared(bench.take()).length === 0) bench.pass(100);
      delays.push(bench.nowMs - endedMs);
    }
    expect(delays).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(bench.logs.at(-1)).toBe(
      "warning: The balancer in reserve is lost: it exited with status 1. " +
        "Devices do not notice; the next one is prepared in 60 s at the earliest",
    );
    expect(bench.guard.status().balancer).toMatchObject({ run: 1, phase: "ready" });
    bench.end("balancer");
    expect(bench.logs.at(-1)).toContain("restart 1 of 10");
  });

  test("that stood for long is replaced soon", () => {
    const bench = running();
    for (let count = 0; count < 6; count++) {
      bench.endReserve();
      bench.pass(RESERVE_RETRY_MAX_MS);
    }
    bench.take();
    bench.endReserve();
    bench.pass(2_000);
    expect(prepared(bench.take())).toHaveLength(1);
  });

  test("that is heard to have ended only after it was taken is nobody's end", () => {
    const bench = running();
    bench.end("balancer");
    bench.endReserve();
    bench.balancerReady();
    bench.take();
    bench.pass(RESERVE_CALM_MS);
    expect(bench.take()).toEqual(["prepare reserve 2"]);
    bench.endReserve(1);
    bench.end("balancer");
    bench.pass(100);
    expect(bench.take()).toContain("spawn balancer 3 from reserve 2");
  });

  test("that ended while no balancer ran waits for a balancer, and for its own time", () => {
    const bench = running();
    for (let count = 0; count < 4; count++) {
      bench.endReserve();
      while (prepared(bench.take()).length === 0) bench.pass(100);
    }
    bench.endReserve();
    bench.end("balancer");
    bench.balancerReady();
    bench.take();
    bench.pass(31_900);
    expect(prepared(bench.take())).toEqual([]);
    bench.pass(100);
    expect(prepared(bench.take())).toHaveLength(1);
  });

  test("is not prepared between crashes that come faster than calm", () => {
    const bench = running();
    bench.end("balancer");
    bench.take();
    const taken: string[] = [];
    for (let run = 0; run < 200; run++) {
      while (bench.guard.status().balancer?.phase !== "starting") bench.pass(100);
      bench.balancerReady();
      bench.pass(RESERVE_CALM_MS - 500);
      bench.end("balancer");
      taken.push(...bench.take());
    }
    expect(prepared(taken)).toEqual([]);
    expect(taken).toContain(
      "report | given-up | unfit | the balancer is given up: it was killed by SIGKILL",
    );
  });

  test("goes first when the guard stops, and none comes", () => {
    const bench = running();
    bench.feed({ kind: "stop" });
    expect(bench.take()).toEqual(["end reserve 1", "tell agent stop"]);
    bench.end("agent", 0, null);
    bench.pass(5_000);
    expect(prepared(bench.take())).toEqual([]);
    const early = running(false);
    early.feed({ kind: "stop" });
    early.pass(RESERVE_CALM_MS);
    expect(prepared(early.take())).toEqual([]);
  });

  test("comes and goes with a reload that says so, and stays otherwise", () => {
    const bench = running();
    const reload = (hasReserve: boolean): string[] => {
      bench.take();
      bench.feed({ kind: "reload", settings: { ...SETTINGS, hasReserve } });
      return bench.take().filter((text) => text.includes("reserve"));
    };
    expect(reload(true)).toEqual([]);
    expect(reload(false)).toEqual(["end reserve 1"]);
    bench.endReserve(1);
    bench.pass(10_000);
    expect(reload(false)).toEqual([]);
    expect(reload(true)).toEqual(["prepare reserve 2"]);
    expect(bench.logs.filter((text) => text.includes("in reserve is lost"))).toEqual([]);
  });
});
