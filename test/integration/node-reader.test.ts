// What a balancer learns of agent and guard: facts, reasons for none, and bounded waits.
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentReport } from "../../ha/agent/agent-report.ts";
import type { GuardReport } from "../../ha/supervise/guard-report.ts";
import { startControlServer } from "../../src/base/io/control-server.ts";
import { NodeReader } from "../../src/io/node-reader.ts";
import type { AgentFacts, GuardFacts } from "../../src/node/reports.ts";
import { endLater } from "../support/cleanup.ts";
import { tempDir } from "../support/temp.ts";

const BOUNDS = { clientsMax: 16, commandBytesMax: 256, commandMs: 5_000, readMs: 5_000 };

const GUARD: GuardFacts = {
  pid: 1,
  uptimeMs: 2,
  isStopping: false,
  agent: null,
  balancer: null,
  report: { state: "ready", isFit: true, reasons: [] },
};
const AGENT: AgentFacts = { pid: 3, uptimeMs: 4, instances: [], heartbeats: [] };

// What guard and agent answer has all that is read here.
type Reads<T extends U, U> = [T, U];
export type GuardHasAll = Reads<GuardReport, GuardFacts>;
export type AgentHasAll = Reads<AgentReport, AgentFacts>;

async function answer(file: string, status: () => object | Promise<object>): Promise<void> {
  const server = await startControlServer(file, "test", new Map([["status", status]]), BOUNDS);
  endLater(() => server.close());
}

describe("NodeReader", () => {
  test("reads both; many who ask at once cost one question, and so do those shortly after", async () => {
    const folder = tempDir();
    let askedCount = 0;
    await answer(path.join(folder, "agent-read.sock"), () => {
      askedCount += 1;
      return AGENT;
    });
    await answer(path.join(folder, "guard-read.sock"), () => GUARD);
    const reader = new NodeReader(folder);
    expect(reader.latest.agent.problem).toBe("not asked yet");
    const readings = await Promise.all([reader.read(), reader.read(), reader.read()]);
    for (const { agent, guard } of readings) {
      expect(agent.facts).toEqual(AGENT);
      expect(guard.facts).toEqual(GUARD);
    }
    await reader.read();
    expect(askedCount).toBe(1);
    expect(reader.latest).toBe(readings[0]);
  });

  test("says why there is nothing", async () => {
    const folder = tempDir();
    await answer(path.join(folder, "guard-read.sock"), () => ({ ...GUARD, pid: "x" }));
    const { agent, guard } = await new NodeReader(folder).read();
    expect(agent.problem).toBe("it does not run, or has another --control-dir");
    expect(guard.problem).toBe("its answer cannot be understood: guard.pid: expected a number");
    const alone = await new NodeReader(undefined).read();
    expect(alone.agent.problem).toMatch(/no control socket/);
  });

  test("does not wait for one that hangs", async () => {
    const folder = tempDir();
    await answer(path.join(folder, "agent-read.sock"), () => new Promise(() => undefined));
    await answer(path.join(folder, "guard-read.sock"), () => GUARD);
    const { agent, guard } = await new NodeReader(folder).read();
    expect(agent.problem).toMatch(/^no answer within/);
    expect(guard.facts).toEqual(GUARD);
  });
});
