import { describe, expect, test } from "vitest";
import type { HealthStatus } from "../../../src/health/events.ts";
import { FitnessJudge } from "../../../src/health/fitness.ts";
import {
  FIRST_CHECKS_MS_MAX,
  FITNESS_REASON_CHARS_MAX,
  FITNESS_REASONS_MAX,
} from "../../../src/limits.ts";
import { Bench } from "../session/bench.ts";

const TIMEOUTS = "timeout connect 1s\n timeout client 1m\n timeout server 1m\n mode tcp\n";

/** A world, the health of its servers, and a judge who starts at 0 ms. */
class Judged {
  readonly bench: Bench;
  readonly statuses = new Map<string, HealthStatus>();
  readonly judge: FitnessJudge;
  isResynced = true;

  constructor(text: string) {
    this.bench = new Bench(text);
    this.judge = new FitnessJudge(
      {
        world: this.bench.world,
        statusOf: (key) => this.statuses.get(key),
        resyncDone: () => this.isResynced,
      },
      0,
    );
  }

  reasons(nowMs = 0): readonly string[] {
    const { isFit, reasons } = this.judge.judge(nowMs);
    expect(isFit).toBe(reasons.length === 0);
    return reasons;
  }

  /** Says what the check of a server has found: nothing yet, success or failure. */
  check(
    key: string,
    found: "nothing" | "ok" | "failed",
    changes: Partial<HealthStatus> = {},
  ): void {
    const ok = found === "ok";
    const code = ok ? "L4OK" : "L4CON";
    const lastReport = { ok, code, info: "", durationMs: 1 } as const;
    this.statuses.set(key, {
      state: found === "failed" ? "down" : "up",
      up: found !== "failed",
      maintenance: "none",
      check: {
        health: 2,
        rise: 2,
        fall: 3,
        enabled: true,
        inProgress: false,
        ...(found === "nothing" ? {} : { lastReport }),
      },
      failedChecks: 0,
      failedTraffic: 0,
      transitionsDown: 0,
      lastChangeMs: 0,
      ...changes,
    });
    this.bench.setUp(key, found !== "failed");
  }
}

function listen(name: string, port: number, servers: string): string {
  return `listen ${name}\n ${TIMEOUTS} bind 127.0.0.1:${port}\n ${servers}\n`;
}

const TWO = "server s1 127.0.0.1:1 check\n server s2 127.0.0.1:2 check";

describe("a balancer is fit to serve", () => {
  test("while its listeners are open and each frontend has a usable server", () => {
    expect(new Judged(listen("a", 1, "server s 127.0.0.1:1")).reasons()).toEqual([]);
  });

  test("not while a listener is closed", () => {
    const judged = new Judged(listen("a", 1883, "server s 127.0.0.1:1"));
    judged.bench.world.listeners.clear();
    expect(judged.reasons()).toEqual(["listener 127.0.0.1:1883 of frontend a is not open"]);
  });

  test("not before its tables have been fetched", () => {
    const judged = new Judged(listen("a", 1, "server s 127.0.0.1:1"));
    judged.isResynced = false;
    expect(judged.reasons()).toEqual(["stick tables have not been fetched from a peer yet"]);
    judged.isResynced = true;
    expect(judged.reasons()).toEqual([]);
  });
});

describe("the first results of checks", () => {
  test("are waited for, a failed one counts, and servers that a reload adds are not waited for", () => {
    const judged = new Judged(listen("a", 1, TWO));
    judged.check("a/s1", "nothing");
    judged.check("a/s2", "nothing");
    expect(judged.reasons()).toEqual(["no check has ended yet of servers a/s1, a/s2"]);
    judged.check("a/s1", "ok");
    expect(judged.reasons(10)).toEqual(["no check has ended yet of server a/s2"]);
    judged.check("a/s2", "failed");
    expect(judged.reasons(20)).toEqual([]);
    judged.check("a/s2", "nothing");
    expect(judged.reasons(30)).toEqual([]);
  });

  test("are waited for only so long", () => {
    const judged = new Judged(listen("a", 1, TWO));
    judged.check("a/s1", "nothing");
    expect(judged.reasons(FIRST_CHECKS_MS_MAX - 1)).not.toEqual([]);
    expect(judged.reasons(FIRST_CHECKS_MS_MAX)).toEqual([]);
  });

  test("are not waited for of servers that are not checked: none, in maintenance, tracking", () => {
    const judged = new Judged(listen("a", 1, `${TWO}\n server s3 127.0.0.1:3`));
    judged.check("a/s1", "nothing", { maintenance: "forced" });
    judged.check("a/s2", "nothing", { tracked: "b/s1" });
    expect(judged.reasons()).toEqual([]);
  });

  test("are named for a few servers and counted for many", () => {
    const servers = Array.from({ length: 9 }, (_, i) => `server s${i} 127.0.0.1:${i + 1} check`);
    const judged = new Judged(listen("a", 1, servers.join("\n ")));
    for (let i = 0; i < 9; i++) judged.check(`a/s${i}`, "nothing");
    expect(judged.reasons()).toEqual([
      "no check has ended yet of servers a/s0, a/s1, a/s2, a/s3 and 5 more",
    ]);
  });
});

describe("usable servers", () => {
  function split(useBackend: string, defaultBackend: string): Judged {
    return new Judged(`
frontend in
 ${TIMEOUTS} bind 127.0.0.1:1883
 ${useBackend}
 ${defaultBackend}
backend one
 ${TIMEOUTS} server s1 127.0.0.1:1 check
backend two
 ${TIMEOUTS} server s1 127.0.0.1:2 check
 server spare 127.0.0.1:3 backup
backend none
 ${TIMEOUTS}`);
  }

  test("are needed in a default backend", () => {
    const judged = split("use_backend two if FALSE", "default_backend one");
    judged.check("one/s1", "failed");
    expect(judged.reasons()).toEqual(["backend one of frontend in has no usable server"]);
    judged.check("one/s1", "ok");
    expect(judged.reasons()).toEqual([]);
  });

  test("may be missing in a backend that rules lead to, which then is told with others only", () => {
    const judged = split("use_backend one if FALSE", "default_backend two");
    judged.check("one/s1", "failed");
    expect(judged.reasons()).toEqual([]);
    judged.bench.setUp("two/spare", false);
    judged.check("two/s1", "failed");
    expect(judged.reasons()).toEqual([
      "backend one of frontend in has no usable server",
      "backend two of frontend in has no usable server",
    ]);
  });

  test("may be missing in all but one of them where there is no default backend", () => {
    const judged = split("use_backend one if FALSE\n use_backend two if FALSE", "");
    judged.check("one/s1", "failed");
    expect(judged.reasons()).toEqual([]);
    judged.check("two/s1", "failed");
    expect(judged.reasons()).toEqual([]); // The backup serves.
    judged.bench.setUp("two/spare", false);
    expect(judged.reasons()).toHaveLength(2);
  });

  test("are not missed in a backend that is meant to have none", () => {
    expect(split("use_backend two if FALSE", "default_backend none").reasons()).toEqual([]);
  });
});

test("reasons are bounded in number and length", () => {
  const sections = Array.from({ length: 100 }, (_, i) =>
    listen(`a${i}${"x".repeat(300)}`, i + 1, "server s 127.0.0.1:1"),
  );
  const judged = new Judged(sections.join(""));
  judged.bench.world.listeners.clear();
  const reasons = judged.reasons();
  expect(reasons).toHaveLength(FITNESS_REASONS_MAX);
  expect(reasons.at(-1)).toBe(`and ${100 - FITNESS_REASONS_MAX + 1} more`);
  for (const reason of reasons) expect(reason.length).toBeLessThanOrEqual(FITNESS_REASON_CHARS_MAX);
});
