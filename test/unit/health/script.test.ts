import { describe, expect, test } from "vitest";
import type { CheckMethod } from "../../../src/config/model/check.ts";
import type { Timeouts } from "../../../src/config/model/proxy.ts";
import type { Server } from "../../../src/config/model/server.ts";
import { planAgent, planCheck } from "../../../src/health/plan.ts";
import type { CheckPlan } from "../../../src/health/plan.ts";
import type { ScriptEffect, ScriptEvent } from "../../../src/health/script.ts";
import { CheckScript } from "../../../src/health/script.ts";
import { CHECK_ANSWER_BYTES_MAX } from "../../../src/limits.ts";
import { backend, checkSettings, connectRule, server, tcpExpect, tcpSend } from "./fixtures.ts";

function plan(method: CheckMethod, overrides: Partial<Server> = {}, timeouts: Timeouts = {}) {
  const checked = server(overrides);
  return planCheck(backend("be", [checked], method, timeouts), checked)!;
}

/** Feeds events at the given instants and gives all effects. */
function play(
  checkPlan: CheckPlan,
  events: readonly (readonly [number, ScriptEvent])[],
): { readonly effects: readonly ScriptEffect[]; readonly script: CheckScript } {
  const script = new CheckScript(checkPlan);
  const effects: ScriptEffect[] = [];
  for (const [nowMs, event] of events) {
    script.handle(event, nowMs);
    for (let effect = script.poll(); effect !== undefined; effect = script.poll()) {
      effects.push(effect);
    }
  }
  return { effects, script };
}

function reportOf(effects: readonly ScriptEffect[]) {
  const done = effects.find((effect) => effect.kind === "done");
  return done?.report;
}

const data = (text: string): ScriptEvent => ({ kind: "data", bytes: Buffer.from(text, "latin1") });
const start = [0, { kind: "start" }] as const;
const connected = (atMs: number) => [atMs, { kind: "connected" }] as const;
const timeout = (atMs: number) => [atMs, { kind: "timeout" }] as const;

describe("CheckScript", () => {
  test("connects, closes by reset and passes at once under a plain TCP check", () => {
    const { effects } = play(plan({ kind: "tcp" }), [start, connected(3)]);
    expect(effects.map((effect) => effect.kind)).toEqual(["connect", "close", "done"]);
    expect(effects[1]).toEqual({ kind: "close", linger: false });
    expect(reportOf(effects)).toEqual({ ok: true, code: "L4OK", info: "", durationMs: 3 });
  });

  test("gives up connecting after the interval when there is no timeout check", () => {
    const timeouts = { connect: 100 };
    const { effects, script } = play(plan({ kind: "tcp" }, {}, timeouts), [start, timeout(1999)]);
    expect(reportOf(effects)).toBeUndefined();
    expect(script.nextTimeout()).toBe(2000);
    const again = play(plan({ kind: "tcp" }, {}, timeouts), [start, timeout(2000)]);
    expect(reportOf(again.effects)).toMatchObject({ code: "L4TOUT", durationMs: 2000, info: "" });
  });

  test("waits min(timeout connect, inter) for the connection when there is a timeout check", () => {
    const short = play(plan({ kind: "tcp" }, {}, { connect: 100, check: 700 }), [start]);
    expect(short.script.nextTimeout()).toBe(100);
    const long = play(plan({ kind: "tcp" }, {}, { connect: 9000, check: 700 }), [start]);
    expect(long.script.nextTimeout()).toBe(2000);
  });

  test("counts timeout check from the connection, else the interval from the start", () => {
    const method: CheckMethod = { kind: "tcp-check", rules: [tcpExpect("string", "x")] };
    const own = play(plan(method, {}, { connect: 100, check: 700 }), [start, connected(50)]);
    expect(own.script.nextTimeout()).toBe(750);
    const none = play(plan(method), [start, connected(50)]);
    expect(none.script.nextTimeout()).toBe(2000);
  });

  test("names TLS as the culprit from tcp-connected to connected", () => {
    const check = checkSettings({ tls: true });
    const securing = [start, [1, { kind: "tcp-connected" }]] as const;
    const late = play(plan({ kind: "tcp" }, { check }), [...securing, timeout(2000)]);
    expect(reportOf(late.effects)?.code).toBe("L6TOUT");
    const failing = [...securing, [2, { kind: "failed", code: "ERR_SSL_X" }]] as const;
    const broken = play(plan({ kind: "tcp" }, { check }), failing);
    expect(reportOf(broken.effects)).toMatchObject({
      code: "L6RSP",
      info: "SSL handshake failure",
    });
    const closed = play(plan({ kind: "tcp" }, { check }), [...securing, [2, { kind: "ended" }]]);
    expect(reportOf(closed.effects)?.code).toBe("L6RSP");
    const fine = play(plan({ kind: "tcp" }, { check }), [...securing, connected(5)]);
    expect(reportOf(fine.effects)?.code).toBe("L6OK");
  });

  test("tells errors of this machine from those of the network", () => {
    const codeAfter = (code: string) =>
      reportOf(play(plan({ kind: "tcp" }), [start, [1, { kind: "failed", code }]]).effects);
    expect(codeAfter("EADDRNOTAVAIL")).toMatchObject({
      code: "SOCKERR",
      info: "Cannot assign requested address",
    });
    expect(codeAfter("ETIMEDOUT")?.code).toBe("L4TOUT");
    expect(codeAfter("EHOSTUNREACH")).toMatchObject({ code: "L4CON", info: "No route to host" });
  });

  test("takes a reset before `connected` for a connection that lived", () => {
    const { effects } = play(plan({ kind: "tcp" }), [
      start,
      [1, { kind: "failed", code: "ECONNRESET" }],
    ]);
    expect(reportOf(effects)?.code).toBe("L4OK");
  });

  test("reports SOCKERR without connecting when the server has no address", () => {
    const address = { kind: "name", host: "broker", port: 1883 } as const;
    const { effects } = play(plan({ kind: "tcp" }, { address }), [start]);
    expect(effects.some((effect) => effect.kind === "connect")).toBe(false);
    expect(reportOf(effects)).toMatchObject({ ok: false, code: "SOCKERR" });
  });

  test("speaks MQTT by send-binary and expect binary", () => {
    const connect = Buffer.from("101000044d5154540402003c00046863686b", "hex").toString("latin1");
    const rules = [connectRule(), tcpSend(connect), tcpExpect("binary", "20020000")];
    const checkPlan = plan({ kind: "tcp-check", rules });
    const accepted = play(checkPlan, [start, connected(1), [2, data("\x20\x02\x00\x00")]]);
    expect(accepted.effects[1]).toEqual({ kind: "send", bytes: Buffer.from(connect, "latin1") });
    expect(reportOf(accepted.effects)).toMatchObject({ code: "L7OK", info: "(tcp-check)" });
    const refused = play(checkPlan, [
      start,
      connected(1),
      [2, data("\x20\x02\x00\x05")],
      [3, { kind: "ended" }],
    ]);
    expect(reportOf(refused.effects)).toMatchObject({
      code: "L7RSP",
      info: "TCPCHK did not match content (binary) at step 3",
    });
  });

  test("closes the first connection before a second connect rule, each in its own way", () => {
    const rules = [connectRule({ linger: true }), connectRule({ port: 9 })];
    const { effects } = play(plan({ kind: "tcp-check", rules }), [
      start,
      connected(1),
      connected(2),
    ]);
    expect(effects.map((effect) => effect.kind)).toEqual([
      "connect",
      "close",
      "connect",
      "close",
      "done",
    ]);
    expect(effects[1]).toEqual({ kind: "close", linger: true });
    expect(effects[2]).toMatchObject({ endpoint: { port: 9 } });
    expect(effects[3]).toEqual({ kind: "close", linger: false });
  });

  test("judges a full buffer as all that will come", () => {
    const checkPlan = plan({ kind: "tcp-check", rules: [tcpExpect("string", "needle")] });
    const almost = [
      start,
      connected(1),
      [2, data("y".repeat(CHECK_ANSWER_BYTES_MAX - 1))],
    ] as const;
    expect(reportOf(play(checkPlan, almost).effects)).toBeUndefined();
    const full = play(checkPlan, [...almost, [3, data("yneedle")]]);
    expect(reportOf(full.effects)?.code).toBe("L7RSP");
  });

  test("says nothing after `done`", () => {
    const { effects, script } = play(plan({ kind: "tcp" }), [
      start,
      connected(1),
      [2, data("late")],
      [3, { kind: "failed", code: "ECONNRESET" }],
      timeout(9000),
    ]);
    expect(effects.filter((effect) => effect.kind === "done")).toHaveLength(1);
    expect(script.nextTimeout()).toBeUndefined();
  });

  test("sends agent-send and hands over the agent's line", () => {
    const checked = server({ agent: { port: 99, intervalMs: 2000, send: "who\n" } });
    const agentPlan = planAgent(backend("be", [checked], { kind: "tcp" }), checked)!;
    const { effects } = play(agentPlan, [
      start,
      connected(1),
      [2, data("75% ")],
      [3, data("up\nx")],
    ]);
    expect(effects[0]).toMatchObject({ kind: "connect", endpoint: { port: 99 } });
    expect(effects[1]).toEqual({ kind: "send", bytes: Buffer.from("who\n") });
    expect(effects.at(-1)).toMatchObject({
      kind: "done",
      reply: "75% up",
      report: { code: "L7OK" },
    });
  });

  test("keeps an agent's unfinished line apart from a verdict", () => {
    const checked = server({ agent: { port: 99, intervalMs: 2000 } });
    const agentPlan = planAgent(backend("be", [checked], { kind: "tcp" }), checked)!;
    const { effects } = play(agentPlan, [
      start,
      connected(1),
      [2, data("down")],
      [3, { kind: "ended" }],
    ]);
    expect(reportOf(effects)).toMatchObject({
      code: "L7TOUT",
      info: "Ignoring incomplete line from agent",
    });
  });
});
