// The balancer in reserve, with real processes: what becomes of it when others end.
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import { beforeAll, describe, expect, test } from "vitest";
import { RESERVE_NICE } from "../../ha/limits.ts";
import { readState } from "../../ha/supervise/proc-text.ts";
import { has } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  compilePrograms,
  type FakeNode,
  isThere,
  type NodeOptions,
  startNode,
} from "./guard-harness.ts";

beforeAll(compilePrograms);

/** The nice value of what gives way to this process. */
const LOWERED = Math.min(19, os.getPriority() + RESERVE_NICE);

function startWithReserve(options: NodeOptions = {}): Promise<FakeNode> {
  return startNode({ ...options, settings: { hasReserve: true, ...options.settings } });
}

/** Waits for the reserve of this number, from 1 on, to wait; gives its process id. */
async function reserve(node: FakeNode, number: number): Promise<number> {
  await node.childNote("reserve", "waits", number);
  return node.pids("reserve")[number - 1]!;
}

/** The niceness of each thread of a process. */
function nicenessOf(pid: number): number[] {
  return threadsOf(pid).map((thread) => os.getPriority(thread));
}

function threadsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map(Number);
}

describe("guard: a balancer in reserve", () => {
  test("is woken when the balancer is killed, and another one is prepared", async () => {
    const node = await startWithReserve();
    const [first] = node.pids("balancer");
    const second = await reserve(node, 1);
    expect(node.childNotes("balancer").map(({ text }) => text)).toEqual(["started"]);
    process.kill(first!, "SIGKILL");
    expect(await node.run("balancer", 2)).toBe(second);
    await node.guardNote(`The balancer is process ${second} \\(run 2\\), which stood in reserve`);
    await node.childNote("agent", "report serving", 2);
    const third = await reserve(node, 2);
    process.kill(second, "SIGSTOP");
    expect(await node.run("balancer", 3)).toBe(third);
    await waitFor(() => !isThere(second), { what: "the end of the one that hung" });
    expect(node.guardNotes().filter(({ text }) => text.includes("error balancer"))).toHaveLength(2);
  });

  test.skipIf(process.getuid?.() !== 0)("gives way to all others until it is woken", async () => {
    const node = await startWithReserve();
    const pid = await reserve(node, 1);
    expect(nicenessOf(pid).every((nice) => nice === LOWERED)).toBe(true);
    process.kill(node.pids("balancer")[0]!, "SIGKILL");
    await node.run("balancer", 2);
    expect(nicenessOf(pid)).toEqual(threadsOf(pid).map(() => os.getPriority()));
  });

  test.skipIf(!has("setpriv") || process.getuid?.() !== 0)(
    "is an ordinary process where it could not be set back",
    async () => {
      const node = await startWithReserve({ isUnprivileged: true });
      expect(nicenessOf(await reserve(node, 1)).every((nice) => nice === os.getPriority())).toBe(
        true,
      );
    },
  );

  test("is replaced when it is killed, which is no restart", async () => {
    const node = await startWithReserve();
    process.kill(await reserve(node, 1), "SIGKILL");
    await node.guardNote("The balancer in reserve is lost: it was killed by SIGKILL");
    const second = await reserve(node, 2);
    expect(node.pids("balancer")).toHaveLength(1);
    process.kill(node.pids("balancer")[0]!, "SIGKILL");
    expect(await node.run("balancer", 2)).toBe(second);
    await node.guardNote("\\(restart 1 of 10");
  });

  test("that is stopped is of no use: a fresh balancer is started", async () => {
    const node = await startWithReserve();
    const pid = await reserve(node, 1);
    process.kill(pid, "SIGSTOP");
    await waitFor(() => readState(readFileSync(`/proc/${pid}/stat`, "latin1")) === "T");
    process.kill(node.pids("balancer")[0]!, "SIGKILL");
    expect(await node.run("balancer", 2)).not.toBe(pid);
    await waitFor(() => !isThere(pid), { what: "the end of the stopped one" });
  });

  test("that is killed together with the balancer costs no further restart", async () => {
    const node = await startWithReserve();
    const pid = await reserve(node, 1);
    // The guard hears of both ends at once.
    node.process.kill("SIGSTOP");
    process.kill(pid, "SIGKILL");
    await waitFor(() => !isThere(pid), { what: "the end of the reserve" });
    process.kill(node.pids("balancer")[0]!, "SIGKILL");
    node.process.kill("SIGCONT");
    await node.run("balancer", 2);
    await node.childNote("agent", "report serving", 2);
    const lost = node.guardNotes().filter(({ text }) => /Balancer \(run \d+\) is lost/.test(text));
    expect(lost).toHaveLength(1);
  });

  test("ends when the guard is killed", async () => {
    const node = await startWithReserve();
    const pid = await reserve(node, 1);
    node.process.kill("SIGKILL");
    await node.childNote("reserve", "not needed");
    await waitFor(() => !isThere(pid), { what: "the end of the reserve" });
  });

  test("ends with the guard, also when it is stopped", async () => {
    const node = await startWithReserve();
    const pid = await reserve(node, 1);
    process.kill(pid, "SIGSTOP");
    node.process.kill("SIGTERM");
    expect(await node.process.exited).toEqual({ code: 0, signal: null });
    await waitFor(() => !isThere(pid), { what: "the end of the reserve" });
  });

  test("is not prepared for a balancer that crashes again and again", async () => {
    const node = await startWithReserve({
      balancerOrders: ["exit=1"],
      settings: { restartBudget: { count: 4, periodMs: 60_000 } },
      isReady: false,
    });
    await node.guardNote("The balancer is given up");
    expect(node.pids("balancer")).toHaveLength(5);
    expect(node.pids("reserve")).toEqual([]);
  });

  test("that cannot be started is told of, and the balancer serves", async () => {
    const node = await startWithReserve({ reserve: { command: "/no/such/program", args: [] } });
    await node.guardNote('error balancer: "/no/such/program" cannot be started');
    await node.guardNote("The balancer in reserve is lost: it exited with status 127");
    process.kill(node.pids("balancer")[0]!, "SIGKILL");
    await node.run("balancer", 2);
  });
});
