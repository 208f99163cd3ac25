import { describe, expect, test } from "vitest";
import type { LogTarget } from "../../../src/config/model/log.ts";
import { LogRouter } from "../../../src/log/router.ts";

const SENDER = { tag: "t", pid: 1, utcOffset: () => 0 };

function target(changes: Partial<LogTarget> = {}): LogTarget {
  return {
    target: { kind: "udp", host: "127.0.0.1", port: 514 },
    lengthMax: 1024,
    format: "priority",
    facility: "local0",
    levelMax: "debug",
    levelMin: "emerg",
    position: { file: "x.cfg", line: 1 },
    ...changes,
  };
}

function lines(router: LogRouter, level: "alert" | "info" | "notice", text = "x"): string[] {
  return router.route({ text, level, wallMs: 0 }, SENDER).map((frame) => frame.bytes.toString());
}

describe("LogRouter", () => {
  test("drops what is less urgent than the maximum and clamps what is above the minimum", () => {
    const router = new LogRouter([
      target({ levelMax: "notice" }),
      target({ facility: "local1", levelMax: "info", levelMin: "err" }),
    ]);
    expect(lines(router, "info")).toEqual(["<142>x\n"]);
    expect(lines(router, "alert")).toEqual(["<129>x\n", "<139>x\n"]);
  });

  test("wants() knows whether a level reaches any target", () => {
    const router = new LogRouter([target({ levelMax: "notice" })]);
    expect([router.wants("info"), router.wants("notice"), router.wants("alert")]).toEqual([
      false,
      true,
      true,
    ]);
  });

  test("sends the sampled lines of each round only", () => {
    const ranges = [
      [1, 1],
      [3, 4],
    ] as const;
    const router = new LogRouter([target({ format: "raw", sample: { ranges, size: 5 } })]);
    const sent = Array.from({ length: 12 }, (_, index) => lines(router, "info", String(index)));
    expect(sent.flat().join("")).toBe("0\n2\n3\n5\n7\n8\n10\n");
  });

  test("sends no empty line", () => {
    expect(lines(new LogRouter([target()]), "info", "")).toEqual([]);
  });
});
