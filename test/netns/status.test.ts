// `tandem status` beside whole nodes: who is master, what guard and agent say, what is wrong now.
import { existsSync, statSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { AGENT_SHAPE, GUARD_SHAPE } from "../../cli/status/report-shapes.ts";
import { askNode, controlPlaces } from "../../cli/io/status-asker.ts";
import { statusDocument, type StatusDocument } from "../../cli/status/document.ts";
import { misfit } from "../../src/base/shape.ts";
import { noNamespaces } from "../support/netns.ts";
import { runTandem } from "../support/tandem.ts";
import type { TandemNode } from "../support/tandem-agent.ts";
import { waitFor } from "../support/wait-for.ts";
import { Bench, instanceText } from "./agents.ts";
import { startSolo, VIP } from "./solo-node.ts";

/** Unix sockets know no network namespaces: the test asks from outside. */
async function statusOf({ controlFolder }: TandemNode): Promise<StatusDocument> {
  return statusDocument(await askNode(controlPlaces({ controlDir: controlFolder })));
}

async function until(
  node: TandemNode,
  holds: (status: StatusDocument) => boolean,
): Promise<StatusDocument> {
  let last: StatusDocument | undefined;
  return waitFor(
    async () => {
      last = await statusOf(node);
      return holds(last) ? last : undefined;
    },
    {
      timeoutMs: 12_000,
      what: () => `a status, the last one is ${JSON.stringify(last?.problems)}`,
    },
  );
}

describe.skipIf(noNamespaces !== undefined)(`tandem status ${noNamespaces ?? ""}`, () => {
  test("of a whole node: guard, agent and balancer, and their ends", async () => {
    const { node } = await startSolo();
    const well = await until(node, ({ state }) => state === "ok");
    const run = await runTandem(["status", "--control-dir", node.controlFolder]);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^\S+ {2}MASTER {2}OK .*\nPROCESSES\n/);
    expect(misfit(well.guard, GUARD_SHAPE, "guard")).toBeUndefined();
    expect(misfit(well.agent, AGENT_SHAPE, "agent")).toBeUndefined();
    expect(well.guard).toMatchObject({ pid: node.process.pid, agent: { phase: "ready" } });
    expect(well.guard!.balancer!.pid).toBe(await node.childPid("balancer"));
    expect(well.agent!.pid).toBe(await node.childPid("agent"));
    expect(well.agent!.instances).toMatchObject([
      { name: "V", state: "MASTER", isHeld: true, priority: 100, vips: [`${VIP}/24`] },
    ]);
    expect(well.balancer!.fitness).toEqual({ isFit: true, reasons: [] });
    for (const name of ["guard", "agent", "balancer"]) {
      expect(statSync(path.join(node.controlFolder, `${name}.sock`)).mode & 0o777).toBe(0o600);
    }
    // The agent is restarted: that is told, with the cause, and is no fault any more.
    process.kill(await node.childPid("agent"), "SIGKILL");
    const again = await until(node, ({ guard, state }) => {
      return guard?.agent?.runCount === 2 && state === "ok";
    });
    expect(again.problems).toMatchObject([{ severity: "note" }]);
    expect(again.problems[0]!.text).toMatch(/^the agent was restarted \(start 2, .* ago\): /);
    // A guard that is killed: nothing is supervised, and agent and balancer end.
    node.process.kill("SIGKILL");
    const lost = await until(node, ({ guard, agent, problems }) => {
      const isTold = problems.some(({ text }) => text.includes("the guard has ended"));
      return guard === null && agent === null && isTold;
    });
    expect(lost.state).toBe("down");
    // A session whose client cannot reach it any more would keep it until its timeout.
    if (lost.balancer !== null) process.kill(lost.balancer.pid, "SIGKILL");
  }, 60_000);

  test("of a pair: each node knows the other's role", async () => {
    const bench = await Bench.create();
    const heartbeat = (own: string, other: string): string =>
      `global_defs {\n  heartbeat ${own} ${other} key a-key-for-this-test\n}\n`;
    const [a, b] = [bench.host("a").ipv4, bench.host("b").ipv4];
    const one = await bench.start("a", heartbeat(a, b) + instanceText({ priority: 150 }));
    const two = await bench.start("b", heartbeat(b, a) + instanceText({ priority: 100 }));
    await bench.owned("a");
    const master = await until(one, ({ otherNodes }) => otherNodes[0]?.role === "BACKUP");
    expect(master.otherNodes[0]!.evidence).toMatch(/^heartbeat \d+ ms ago, no adverts$/);
    const backup = await until(two, ({ otherNodes }) => otherNodes[0]?.role === "MASTER");
    expect(backup.otherNodes).toMatchObject([{ instance: "V", address: a, priority: 150 }]);
    expect(backup.agent!.instances[0]).toMatchObject({ state: "BACKUP", masterAddress: a });
    expect(backup).toMatchObject({ state: "ok", balancer: null, problems: [] });
    one.process.kill("SIGTERM");
    await one.process.exited;
    expect(existsSync(path.join(one.controlFolder, "agent.sock"))).toBe(false);
    expect(existsSync(path.join(one.controlFolder, "guard.sock"))).toBe(false);
    const alone = await until(two, ({ agent, state }) => {
      return agent?.instances[0]?.state === "MASTER" && state === "degraded";
    });
    expect(alone.problems[0]!.text).toContain(`second heartbeat path to ${a}`);
  });

  test("asking without end, and nonsense, cost an agent no advert", async () => {
    const bench = await Bench.create();
    const one = await bench.start("a", instanceText({ priority: 150, advertInt: 0.01 }));
    await bench.start("b", instanceText({ priority: 100, advertInt: 0.01 }));
    await bench.owned("a");
    const file = path.join(one.controlFolder, "agent.sock");
    let answerCount = 0;
    let isOver = false;
    const ask = async (text: string): Promise<void> => {
      while (!isOver) {
        await new Promise<void>((resolve) => {
          const socket = net.connect(file, () => socket.write(text));
          socket.on("error", () => undefined);
          socket.on("data", () => answerCount++);
          socket.once("close", () => resolve());
        });
      }
    };
    const status = '{"command":"status"}\n';
    const clients = [status, status, status, "x".repeat(100_000), "{}\n", "\n", status].map(ask);
    await waitFor(() => answerCount > 2_000, { timeoutMs: 20_000 });
    isOver = true;
    await Promise.all(clients);
    const { agent } = await statusOf(one);
    expect(agent!.instances[0]).toMatchObject({ state: "MASTER", becameMasterCount: 1 });
    expect(bench.owners()).toBe("a");
  });
});
