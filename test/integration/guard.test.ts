// The guard with real processes. Children are fake; what happens to them is not.
import { setTimeout as sleep } from "node:timers/promises";
import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import type { Child } from "../../ha/supervise/guard-events.ts";
import { findProgram, has } from "../support/programs.ts";
import { runToEnd } from "../support/process.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  compilePrograms,
  type FakeNode,
  isThere,
  startNode,
  WILL,
  wallMs,
} from "./guard-harness.ts";

const DEL = "ip addr del 10.98.0.100/24 dev eth0";

beforeAll(compilePrograms);

const URGENT = "SCHED_RR|SCHED_RESET_ON_FORK";

/** Policy and priority of a process, its main thread. */
async function schedulingOf(pid: number): Promise<string> {
  const { stdout } = await runToEnd({ command: "chrt", args: ["--pid", String(pid)] });
  const found = /policy: (\S+)[^]*priority: (\d+)/.exec(stdout)?.slice(1);
  return found?.join(" ") ?? stdout;
}

function isRealtimePermitted(): boolean {
  const chrt = findProgram("chrt");
  return chrt !== undefined && spawnSync(chrt, ["--rr", "5", "true"]).status === 0;
}

/** What happened to the agent's will, in the guard's words. */
function willsOf(node: FakeNode): number {
  return node.guardNotes().filter(({ text }) => text === DEL).length;
}

describe("guard: the agent", () => {
  test("killed: its will is executed once, the next one hears of the balancer", async () => {
    const node = await startNode();
    const pid = await node.run("agent", 1);
    await node.childNote("agent", "report serving");
    const killedMs = wallMs();
    process.kill(pid, "SIGKILL");
    const afterMs = (await node.guardNote(DEL)) - killedMs;
    await node.run("agent", 2);
    await node.childNote("agent", "report serving", 2);
    expect(willsOf(node)).toBe(1);
    expect(afterMs).toBeLessThan(1_000);
    expect(node.pids("balancer")).toHaveLength(1);
  });

  test.each([
    ["stopped", "SIGSTOP", "it is stopped"],
    ["spinning", "SIGWINCH", "it hangs: no beat for"],
  ] as const)("%s: killed, then its will is executed", async (_how, signal, cause) => {
    const node = await startNode();
    const pid = await node.run("agent", 1);
    process.kill(pid, signal);
    await node.guardNote(DEL);
    await node.guardNote(`Agent \\(run 1\\) is lost: ${cause}`);
    await waitFor(() => !isThere(pid), { what: "the end of the agent" });
    await node.run("agent", 2);
    expect(willsOf(node)).toBe(1);
  });

  test("killed: so are the programs that it started, which might finish what it began", async () => {
    const node = await startNode({ agentOrders: ["helper"] });
    const helper = await waitFor(() =>
      node.childNotes("agent").find(({ text }) => text.startsWith("helper ")),
    );
    const helperPid = Number(helper.text.split(" ")[1]);
    expect(isThere(helperPid)).toBe(true);
    process.kill(await node.run("agent", 1), "SIGKILL");
    await waitFor(() => !isThere(helperPid), { what: "the end of the agent's program" });
  });

  test("a part of its will that fails is told, the rest is done", async () => {
    const words = WILL.commands[0]!.words;
    const node = await startNode({
      will: {
        commands: [
          { program: undefined, words: ["fail"] },
          { program: "false", words: ["eth0"] },
          { program: "/no/such/vip-down", words: ["eth0"] },
          { program: undefined, words },
        ],
        packets: [
          {
            family: 4,
            interface: "eth0",
            destination: new Uint8Array([224, 0, 0, 18]),
            bytes: new Uint8Array(4),
          },
        ],
      },
    });
    process.kill(await node.run("agent", 1), "SIGKILL");
    await node.guardNote(DEL);
    await node.guardNote("Part of the agent's will failed: it cannot be done");
    await node.guardNote(/will failed: "false eth0" failed/);
    await node.guardNote(/will failed: "\/no\/such\/vip-down eth0" cannot be started/);
    await node.guardNote("will failed: the other node could not be told on eth0");
  });

  test("one that ends by itself is started again", async () => {
    const node = await startNode();
    process.kill(await node.run("agent", 1), "SIGTERM");
    await node.run("agent", 2);
    await node.guardNote("Agent \\(run 1\\) is lost: it exited with status 0");
  });

  test("one that cannot be configured is given up, with a remedy", async () => {
    const node = await startNode({
      agentOrders: ["exit=2"],
      settings: { restartBudget: { count: 2, periodMs: 60_000 } },
      isReady: false,
    });
    await node.guardNote(/error agent: The agent is given up: .* it exited with status 2\./);
    expect(node.pids("agent")).toHaveLength(3);
    await node.run("balancer", 1);
    expect(node.pids("balancer")).toHaveLength(1);
  });
});

describe("guard: the balancer", () => {
  test.each([
    ["killed", "SIGKILL", "it was killed by SIGKILL"],
    ["stopped", "SIGSTOP", "it is stopped"],
    ["spinning", "SIGWINCH", "it hangs: no beat for"],
  ] as const)("%s: the agent hears of it and of the next one", async (_how, signal, cause) => {
    const node = await startNode();
    await node.childNote("agent", "report serving");
    process.kill(await node.run("balancer", 1), signal);
    await node.childNote("agent", "report down");
    await node.guardNote(`Balancer \\(run 1\\) is lost: ${cause}`);
    await node.run("balancer", 2);
    await node.childNote("agent", "report serving", 2);
    expect(node.pids("agent")).toHaveLength(1);
    expect(willsOf(node)).toBe(0);
  });
});

describe("guard: itself", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s: the agent ends first", async (signal) => {
    const node = await startNode();
    node.process.kill(signal);
    expect(await node.process.exited).toEqual({ code: 0, signal: null });
    const stoppedMs = await node.childNote("agent", "stop");
    const endedMs = await node.childNote("balancer", "SIGTERM");
    expect(endedMs).toBeGreaterThan(stoppedMs);
    expect(willsOf(node)).toBe(0);
    expect(node.guardNotes().at(-1)?.text).toBe("closed");
    expectGone(node);
  });

  test("children that do not want to end are killed, and the will is executed", async () => {
    const node = await startNode({
      agentOrders: ["deaf"],
      balancerOrders: ["deaf"],
      settings: { stopTimeoutMs: 300 },
    });
    node.process.kill("SIGTERM");
    expect(await node.process.exited).toEqual({ code: 0, signal: null });
    expect(willsOf(node)).toBe(1);
    expectGone(node);
  });

  test("killed: both children see the end of their pipes", async () => {
    const node = await startNode();
    node.process.kill("SIGKILL");
    await node.childNote("agent", "orphaned");
    await node.childNote("balancer", "orphaned");
    await waitFor(() => ![...node.pids("agent"), ...node.pids("balancer")].some(isThere));
  });

  test("stopped for long, then continued: nobody is killed", async () => {
    const node = await startNode();
    node.process.kill("SIGSTOP");
    // The pause itself is what is tested.
    await sleep(1_000);
    node.process.kill("SIGCONT");
    await node.guardNote("The guard itself was held up");
    node.process.kill("SIGHUP");
    await node.childNote("balancer", "SIGHUP");
    expect(node.pids("agent")).toHaveLength(1);
    expect(node.pids("balancer")).toHaveLength(1);
  });

  test("signals of dumps go to the agent, also the one without a name", async () => {
    const node = await startNode();
    await node.run("agent", 1);
    node.process.kill("SIGUSR1");
    await node.childNote("agent", "SIGUSR1");
    node.process.kill("SIGUSR2");
    await node.childNote("agent", "SIGUSR2");
    // Nobody takes it in the fake agent, whose end proves that it came.
    process.kill(node.process.pid, 36);
    await node.guardNote("Agent \\(run 1\\) is lost: it");
    await node.run("agent", 2);
  });

  test("reload reaches both", async () => {
    const node = await startNode();
    node.process.kill("SIGHUP");
    await node.childNote("agent", "reload");
    await node.childNote("balancer", "SIGHUP");
    expect(node.pids("balancer")).toHaveLength(1);
  });

  test.skipIf(!isRealtimePermitted())(
    "real time: the guard stands above the agent, the balancer is ordinary",
    async () => {
      const node = await startNode({ realtimePriority: 5 });
      const agent = await node.run("agent", 1);
      expect(await schedulingOf(node.process.pid)).toBe(`${URGENT} 6`);
      expect(await schedulingOf(await node.run("balancer", 1))).toBe("SCHED_OTHER 0");
      await waitFor(async () => (await schedulingOf(agent)) === `${URGENT} 5`);
      await node.guardNote(/^prefix chrt --rr --reset-on-fork 5$/);
      process.kill(agent, "SIGWINCH");
      await node.guardNote("Agent \\(run 1\\) is lost: it hangs");
      await node.guardNote(DEL);
    },
  );

  test.skipIf(!isRealtimePermitted())(
    "real time: the first agent loads its program as an ordinary process, the next one does not",
    async () => {
      const agentOrders = ["no-ready"];
      const node = await startNode({ realtimePriority: 5, agentOrders, isReady: false });
      await node.childNote("agent", "started");
      expect(await schedulingOf(node.pids("agent")[0]!)).toBe("SCHED_OTHER 0");
      process.kill(node.pids("agent")[0]!, "SIGKILL");
      await node.childNote("agent", "started", 2);
      expect(await schedulingOf(node.pids("agent")[1]!)).toBe(`${URGENT} 5`);
    },
  );

  test.skipIf(!has("setpriv") || process.getuid?.() !== 0)(
    "real time that is not permitted is one warning, and the node runs",
    async () => {
      const node = await startNode({ realtimePriority: 5, isUnprivileged: true });
      const warnings = node
        .guardNotes()
        .filter(({ text }) => text.includes("Real-time scheduling is not permitted"));
      expect(warnings).toHaveLength(1);
    },
  );

  test("programs that are not there are named", async () => {
    const node = await startNode({
      nodeFlags: ["/nowhere/no-such-program.js"],
      settings: { restartBudget: { count: 0, periodMs: 60_000 } },
      isReady: false,
    });
    await node.guardNote("The agent is given up");
    await node.guardNote("The balancer is given up");
  });
});

function expectGone(node: FakeNode): void {
  const children: readonly Child[] = ["agent", "balancer"];
  expect(children.flatMap((child) => node.pids(child)).filter(isThere)).toEqual([]);
}
