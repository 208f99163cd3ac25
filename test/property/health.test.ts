// Invariants: the counter of rise and fall agrees with counting runs of verdicts; a script ends
// exactly once and never throws, whatever a server sends and however it is cut; a monitor's state
// is always that of its counters.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAgentReply } from "../../src/health/agent-reply.ts";
import type { HealthEvent } from "../../src/health/events.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import { planAgent, planCheck } from "../../src/health/plan.ts";
import type { CheckPlan } from "../../src/health/plan.ts";
import type { CheckReport } from "../../src/health/result.ts";
import { recordVerdict, rescaleHealth } from "../../src/health/rise-fall.ts";
import type { ScriptEvent } from "../../src/health/script.ts";
import { CheckScript } from "../../src/health/script.ts";
import {
  backend,
  checkSettings,
  failed,
  httpExpect,
  monitored,
  passed,
  server,
  tcpExpect,
  tcpSend,
} from "../unit/health/fixtures.ts";

const thresholds = fc.record({
  rise: fc.integer({ min: 1, max: 6 }),
  fall: fc.integer({ min: 1, max: 6 }),
});

describe("recordVerdict()", () => {
  test("agrees with counting verdicts in a row", () => {
    fc.assert(
      fc.property(
        thresholds,
        fc.array(fc.boolean(), { maxLength: 60 }),
        ({ rise, fall }, verdicts) => {
          let health = rise + fall - 1;
          let up = true;
          let contrary = 0;
          for (const ok of verdicts) {
            health = recordVerdict({ health, rise, fall }, ok);
            contrary = ok === up ? 0 : contrary + 1;
            if (contrary === (up ? fall : rise)) {
              up = !up;
              contrary = 0;
            }
            expect(health >= rise).toBe(up);
            expect(health).toBe(up ? rise + fall - 1 - contrary : contrary);
          }
        },
      ),
    );
  });

  test("rescaleHealth() keeps up up, down down and the result within bounds", () => {
    fc.assert(
      fc.property(thresholds, thresholds, fc.nat(), (from, to, seed) => {
        const health = seed % (from.rise + from.fall);
        const next = rescaleHealth({ ...from, health }, to);
        expect(next >= to.rise).toBe(health >= from.rise);
        expect(next).toBeGreaterThanOrEqual(0);
        expect(next).toBeLessThanOrEqual(to.rise + to.fall - 1);
      }),
    );
  });
});

const MQTT = { version: 4, clientIdPrefix: "t", keepaliveSeconds: 10 } as const;

const PLANS: readonly CheckPlan[] = plans();

function plans(): CheckPlan[] {
  const checked = server({ agent: { port: 9, intervalMs: 2000 } });
  const of = (check: Parameters<typeof backend>[2]) =>
    planCheck(backend("be", [checked], check), checked)!;
  const rules = [tcpExpect("rstring", "^2\\d\\d "), tcpSend("x"), tcpExpect("rbinary", "0D0A")];
  return [
    of({ kind: "tcp-check", rules }),
    of({ kind: "tcp-check", rules: [tcpExpect("string", "ab", { negated: true })] }),
    of({ kind: "httpchk", rules: [] }),
    of({ kind: "httpchk", rules: [httpExpect("string", "ok")] }),
    of({ kind: "httpchk", rules: [httpExpect("hdr", "name a value b")] }),
    of({ kind: "mqtt-check", mqtt: { ...MQTT, publish: { topic: "t", withinMs: 9 } } }),
    of({ kind: "mqtt-check", mqtt: { ...MQTT, version: 5, webSocketPath: "/mqtt" } }),
    planAgent(backend("be", [checked], { kind: "tcp" }), checked)!,
  ];
}

/** Bytes that get past the first checks more often than random ones do. */
const answer = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  fc
    .array(
      fc.constantFrom(
        "HTTP/1.1 200 OK\r\n",
        "A: b\r\n",
        "Content-Length: 4\r\n",
        "\r\n",
        "ok",
        "3\r\n",
        "220 ab",
        "up ",
        "50%",
        "\n",
        "Transfer-Encoding: chunked\r\n",
        "\x00\xff",
        "\x20\x02\x00\x00",
        "\x20\x03\x00\x00\x00",
        "\x90\x03\x00\x01\x01",
        "\x30\x05\x00\x01tab",
        "\xe0\x00",
        "HTTP/1.1 101 OK\r\n",
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join("")),
);

function verdicts(plan: CheckPlan, events: readonly ScriptEvent[]): CheckReport[] {
  const script = new CheckScript(plan);
  const found: CheckReport[] = [];
  for (const event of events) {
    script.handle(event, 0);
    for (let effect = script.poll(); effect !== undefined; effect = script.poll()) {
      if (effect.kind === "done") found.push(effect.report);
    }
  }
  return found;
}

const data = (text: string): ScriptEvent => ({ kind: "data", bytes: Buffer.from(text, "latin1") });

describe("CheckScript", () => {
  test("ends exactly once on any bytes that end, whole or byte by byte", () => {
    fc.assert(
      fc.property(fc.constantFrom(...PLANS), answer, (plan, text) => {
        const opening = [{ kind: "start" }, { kind: "connected" }] as const;
        const whole = verdicts(plan, [...opening, data(text), { kind: "ended" }]);
        const bytewise = verdicts(plan, [...opening, ...Array.from(text, data), { kind: "ended" }]);
        expect(whole).toHaveLength(1);
        expect(bytewise).toHaveLength(1);
      }),
    );
  });

  test("ends at most once, and surely by its timeout, in any order of events", () => {
    const event: fc.Arbitrary<ScriptEvent> = fc.oneof(
      fc.constantFrom<ScriptEvent>(
        { kind: "tcp-connected" },
        { kind: "connected" },
        { kind: "ended" },
        { kind: "failed", code: "ECONNRESET" },
        { kind: "failed", code: "EHOSTUNREACH" },
        { kind: "timeout" },
      ),
      answer.map(data),
    );
    fc.assert(
      fc.property(fc.constantFrom(...PLANS), fc.array(event, { maxLength: 20 }), (plan, events) => {
        const script = new CheckScript(plan);
        script.handle({ kind: "start" }, 0);
        for (const each of events) script.handle(each, 1);
        const dueMs = script.nextTimeout();
        if (dueMs !== undefined) script.handle({ kind: "timeout" }, dueMs);
        let done = 0;
        for (let effect = script.poll(); effect !== undefined; effect = script.poll()) {
          if (effect.kind === "done") done += 1;
        }
        expect(done).toBe(1);
        expect(script.nextTimeout()).toBeUndefined();
      }),
    );
  });
});

describe("parseAgentReply()", () => {
  test("never throws and never makes numbers out of range", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), answer), (text) => {
        const { weightPercent = 0, maxconn = 0 } = parseAgentReply(text);
        expect(weightPercent).toBeGreaterThanOrEqual(0);
        expect(maxconn).toBeLessThan(1e9);
      }),
    );
  });
});

describe("HealthMonitor", () => {
  test("has the state that its last effect announced, and never two checks of one server", () => {
    const { check: _, ...bare } = monitored();
    const fleet = [
      monitored({
        key: "a/s",
        observe: "layer4",
        errorLimit: 2,
        agent: { port: 1, intervalMs: 700 },
      }),
      monitored({ key: "b/s", check: checkSettings({ rise: 1, fall: 1, fastIntervalMs: 10 }) }),
      { ...bare, key: "c/s", track: "a/s" },
      { ...bare, key: "d/s", track: "c/s" },
    ];
    const key = fc.constantFrom("a/s", "b/s", "c/s", "d/s");
    const on = fc.boolean();
    const event: fc.Arbitrary<HealthEvent | "timer"> = fc.oneof(
      { weight: 4, arbitrary: fc.constant("timer" as const) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant("check-done" as const),
          server: key,
          report: fc.constantFrom(passed, failed),
        }),
      },
      fc.record({
        kind: fc.constant("agent-done" as const),
        server: key,
        report: fc.constantFrom<CheckReport>(
          { ...passed, code: "L7OK" },
          { ...failed, code: "L7STS" },
        ),
      }),
      fc.record({ kind: fc.constant("traffic" as const), server: key, ok: on }),
      fc.record({ kind: fc.constant("maintenance" as const), server: key, on }),
      fc.record({ kind: fc.constant("enable-checks" as const), server: key, on }),
      fc.record({
        kind: fc.constant("force-health" as const),
        server: key,
        check: fc.constant("check" as const),
        state: fc.constantFrom("up" as const, "down" as const),
      }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const monitor = new HealthMonitor({ spreadPercent: 10, random: () => 0.3 });
        monitor.reconfigure(fleet, 0);
        const running = new Set<string>();
        let nowMs = 0;
        for (const each of events) {
          if (each === "timer") {
            nowMs = Math.max(nowMs, monitor.nextTimeout() ?? nowMs);
            monitor.handle({ kind: "timeout" }, nowMs);
          } else {
            if (each.kind === "check-done") running.delete(each.server);
            monitor.handle(each, nowMs);
          }
          for (let effect = monitor.poll(); effect !== undefined; effect = monitor.poll()) {
            if (effect.kind === "start-check") {
              expect(running.has(effect.server)).toBe(false);
              running.add(effect.server);
            }
            if (effect.kind === "abort-check") running.delete(effect.server);
          }
          for (const { key: name, track } of fleet) {
            const status = monitor.statusOf(name)!;
            if (status.maintenance !== "none") expect(status.state).toBe("down");
            else if (track !== undefined) expect(status.state).toBe(monitor.statusOf(track)!.state);
            if (status.maintenance !== "none")
              expect(status.check?.inProgress ?? false).toBe(false);
          }
        }
      }),
    );
  });
});
