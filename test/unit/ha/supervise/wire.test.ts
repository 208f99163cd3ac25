import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineReader } from "../../../../src/base/line-reader.ts";
import type { LastWill, ToAgent, ToGuard } from "../../../../ha/supervise/messages.ts";
import { readSchedstat, readState } from "../../../../ha/supervise/proc-text.ts";
import {
  decodeFromBalancer,
  decodeToAgent,
  decodeToGuard,
  encodeMessage,
} from "../../../../ha/supervise/wire.ts";
import { decodeToBalancer, type FromBalancer } from "../../../../src/base/life.ts";

const WILL: LastWill = {
  commands: [
    { program: undefined, words: ["addr", "del", "10.98.0.100/24", "dev", "eth0"] },
    { program: "/usr/local/sbin/vip-down", words: ["eth0", "10.98.0.100/24"] },
  ],
  packets: [
    {
      family: 4,
      interface: "eth0",
      destination: new Uint8Array([224, 0, 0, 18]),
      bytes: new Uint8Array([0x45, 0xc0, 0, 255]),
    },
  ],
};

describe("wire", () => {
  test.each<ToGuard>([
    { kind: "beat" },
    { kind: "ready" },
    { kind: "will", will: WILL },
    { kind: "will", will: { commands: [], packets: [] } },
    { kind: "vips", held: ["10.98.0.100", "2001:db8::1"] },
  ])("the guard understands the agent: %j", (message) => {
    const line = encodeMessage(message);
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(decodeToGuard(line.slice(0, -1))).toEqual(message);
  });

  test.each<ToAgent>([
    { kind: "beat" },
    { kind: "beat", everyMs: 500 },
    { kind: "reload" },
    { kind: "stop" },
    { kind: "tickle", connections: "A".repeat(96) },
    { kind: "balancer", report: { state: "given-up", isFit: false, reasons: ["a\nb", "ü"] } },
  ])("the agent understands the guard: %j", (message) => {
    expect(decodeToAgent(encodeMessage(message).slice(0, -1))).toEqual(message);
  });

  test.each<FromBalancer>([
    { kind: "ready", listeners: ["*:1883"] },
    { kind: "beat", fitness: { isFit: false, reasons: ["no broker"] }, probe: "unknown" },
    { kind: "beat", fitness: { isFit: true, reasons: [] }, probe: "ok", probeCount: 17 },
    { kind: "stopping", reason: "SIGTERM" },
    { kind: "tickle", connections: "A".repeat(48) },
  ])("the guard understands the balancer: %j", (message) => {
    expect(decodeFromBalancer(encodeMessage(message).slice(0, -1))).toEqual(message);
  });

  test.each(["A".repeat(47), "A".repeat(48 * 129), `${"A".repeat(47)}=`, 48, undefined])(
    "tickles are whole keys and not too many: %j",
    (connections) => {
      expect(decodeFromBalancer(JSON.stringify({ kind: "tickle", connections }))).toBeUndefined();
      expect(decodeToAgent(JSON.stringify({ kind: "tickle", connections }))).toBeUndefined();
    },
  );

  test("the balancer understands the guard, and takes only addresses for VIPs", () => {
    const beat = encodeMessage({ kind: "beat" });
    expect(decodeToBalancer(beat)).toEqual({ kind: "beat" });
    expect(decodeToBalancer('{"kind":"beat","everyMs":500}')).toEqual({
      kind: "beat",
      everyMs: 500,
    });
    for (const everyMs of ["0", "4.9", "10001", "-1", '"50"', "null", "[50]"]) {
      expect(decodeToBalancer(`{"kind":"beat","everyMs":${everyMs}}`)).toEqual({ kind: "beat" });
    }
    const many = Array.from({ length: 1_025 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const line = encodeMessage({ kind: "vips", held: many });
    expect(line.length).toBeLessThan(65_536);
    expect(decodeToBalancer(line)).toEqual({ kind: "vips", held: many.slice(0, 1_024) });
    expect(decodeToBalancer('{"kind":"vips","held":["::1","x",7]}')).toEqual({
      kind: "vips",
      held: ["::1"],
    });
    for (const bad of ["", "{", "null", "[]", '{"kind":"vips"}', '{"kind":"vips","held":{}}']) {
      expect(decodeToBalancer(bad)).toBeUndefined();
    }
    expect(decodeToGuard('{"kind":"vips","held":["::1","x"]}')).toBeUndefined();
  });

  test("half a will is none", () => {
    const line = encodeMessage({ kind: "will", will: WILL });
    expect(decodeToGuard(line.replace('"eth0"', "7"))).toBeUndefined();
    expect(decodeToGuard(line.replace('"family":4', '"family":5'))).toBeUndefined();
    expect(decodeToGuard('{"kind":"will","will":{"commands":[]}}')).toBeUndefined();
  });

  test("a balancer's reasons are bounded", () => {
    const reasons = Array.from({ length: 1_000 }, () => "x".repeat(1_000));
    const line = encodeMessage({ kind: "beat", fitness: { isFit: false, reasons }, probe: "ok" });
    const message = decodeFromBalancer(line);
    if (message?.kind !== "beat") throw new Error("not understood");
    expect(message.fitness.reasons).toHaveLength(64);
    expect(message.fitness.reasons[0]).toHaveLength(400);
  });

  test("nothing makes a reader throw", () => {
    const lines = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          kind: fc.constantFrom("beat", "ready", "will", "balancer", "stopping", "__proto__"),
          will: fc.anything(),
          report: fc.anything(),
          fitness: fc.anything(),
          probe: fc.constantFrom("ok", "failed", 3, null),
          reason: fc.anything(),
          listeners: fc.anything(),
        })
        .map((value) => {
          try {
            return JSON.stringify(value);
          } catch {
            return "";
          }
        }),
    );
    fc.assert(
      fc.property(lines, (line) => {
        decodeToGuard(line);
        decodeToAgent(line);
        decodeFromBalancer(line);
      }),
    );
  });
});

describe("lines", () => {
  test("come out as they went in, however they are cut", () => {
    const text = fc.array(fc.string({ maxLength: 20 }).map((line) => line.replaceAll("\n", "")));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (lines, size) => {
        const reader = new LineReader(100);
        const stream = lines.map((line) => `${line}\n`).join("");
        const out: string[] = [];
        for (let at = 0; at < stream.length; at += size) {
          out.push(...reader.push(stream.slice(at, at + size)));
        }
        expect(out).toEqual(lines);
        expect(reader.droppedCount).toBe(0);
      }),
    );
  });

  test("that are too long are dropped, and what follows is read", () => {
    const reader = new LineReader(5);
    expect(reader.push("12345\n123456\nabc\n1234")).toEqual(["12345", "abc"]);
    expect(reader.push("56789")).toEqual([]);
    expect(reader.push("0\nend\n")).toEqual(["end"]);
    expect(reader.droppedCount).toBe(2);
  });
});

describe("the texts of /proc", () => {
  test("times of a CPU", () => {
    expect(readSchedstat("530153520 533699366 135\n")).toEqual({
      ranMs: 530.15352,
      waitedMs: 533.699366,
    });
    expect(readSchedstat("")).toBeUndefined();
    expect(readSchedstat("0 x 1")).toBeUndefined();
  });

  test("the state, whatever the name", () => {
    expect(readState("12 (cat) R 1 2 3")).toBe("R");
    expect(readState("12 (a) T (b) ) S 1 2 3")).toBe("S");
    expect(readState("12 (cat")).toBeUndefined();
    expect(readState("")).toBeUndefined();
  });
});
