import { describe, expect, test } from "vitest";
import { decideRetry, type FailedConnect } from "../../../src/session/retry.ts";

const refused: FailedConnect = {
  retriesDone: 0,
  retriesMax: 3,
  redispatch: 0,
  persisted: false,
  serverRunning: true,
  activeCount: 3,
  algorithm: "roundrobin",
  timedOut: false,
  connectTimeoutMs: 500,
};

/** What follows each attempt, as `same 500` or `other 0`, up to the last one. */
function course(changes: Partial<FailedConnect>): string {
  const steps: string[] = [];
  for (let retriesDone = 0; ; retriesDone++) {
    const decision = decideRetry({ ...refused, ...changes, retriesDone });
    if (decision.kind === "give-up") return steps.join(", ");
    steps.push(`${decision.kind === "redispatch" ? "other" : "same"} ${decision.waitMs}`);
  }
}

// Each line was measured on HAProxy 2.6.12 by its log line, `wretr`, `wredis` and its time.
describe("decideRetry()", () => {
  test.each([
    ["without redispatch", {}, "same 500, same 500, same 500"],
    ["with redispatch", { redispatch: -1 }, "other 0, other 0, other 0"],
    ["with leastconn", { redispatch: -1, algorithm: "leastconn" }, "other 0, other 0, other 0"],
    ["with first", { redispatch: -1, algorithm: "first" }, "other 0, other 0, other 0"],
    ["with random", { redispatch: -1, algorithm: "random" }, "other 0, other 0, other 0"],
    ["with source", { redispatch: -1, algorithm: "source" }, "same 500, same 500, other 0"],
    ["with hash", { redispatch: -1, algorithm: "hash" }, "same 500, same 500, other 0"],
    ["after persistence", { redispatch: -1, persisted: true }, "same 500, same 500, other 0"],
    ["with one server", { redispatch: -1, activeCount: 1 }, "same 500, same 500, other 500"],
    ["at every retry", { redispatch: 1, persisted: true }, "other 0, other 0, other 0"],
    ["at every second", { redispatch: 2, persisted: true }, "same 500, other 0, same 500"],
    ["at the last but one", { redispatch: -2, persisted: true }, "same 500, other 0, same 500"],
    ["at all from the first", { redispatch: -3, persisted: true }, "other 0, other 0, other 0"],
    [
      "at none before the first",
      { redispatch: -4, persisted: true },
      "same 500, same 500, same 500",
    ],
  ] as const)("%s", (_, changes, expected) => {
    expect(course(changes)).toBe(expected);
  });

  test("repeats a negative setting at the same interval", () => {
    const steps = course({ redispatch: -8, retriesMax: 10, algorithm: "source" }).split(", ");
    expect(steps.map((step) => step.startsWith("other"))).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((retry) => retry % 3 === 0),
    );
  });

  test("leaves a server that does not run, but only with redispatch", () => {
    const gone = { serverRunning: false, persisted: true } as const;
    expect(course({ ...gone, redispatch: -1 })).toBe("other 0, other 0, other 0");
    expect(course(gone)).toBe("same 500, same 500, same 500");
  });

  test("pauses for a second at most", () => {
    expect(course({ connectTimeoutMs: 5_000, retriesMax: 1 })).toBe("same 1000");
    expect(course({ connectTimeoutMs: undefined, retriesMax: 1 })).toBe("same 1000");
  });

  test("does not pause after an attempt that timed out", () => {
    expect(course({ timedOut: true })).toBe("same 0, same 0, same 0");
  });

  test("gives up at once without retries", () => {
    expect(decideRetry({ ...refused, retriesMax: 0, redispatch: 1 })).toEqual({ kind: "give-up" });
  });
});
