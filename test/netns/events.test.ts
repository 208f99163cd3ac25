// Events of whole nodes: what really happens is told once in the log, and the same by `tandem events`.
import { describe, expect, test } from "vitest";
import type { NodeEvent } from "../../src/base/event.ts";
import { noNamespaces } from "../support/netns.ts";
import { runTandem } from "../support/tandem.ts";
import type { TandemNode } from "../support/tandem-agent.ts";
import { waitFor } from "../support/wait-for.ts";
import { Bench, instanceText } from "./agents.ts";
import { startSolo } from "./solo-node.ts";

/** Unix sockets know no network namespaces: the test asks from outside. */
async function eventsOf({ controlFolder }: TandemNode): Promise<readonly NodeEvent[]> {
  const { stdout } = await runTandem(["events", "--json", "--control-dir", controlFolder]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as NodeEvent);
}

/** Waits until each of these kinds was told; all events. */
function until(node: TandemNode, kinds: readonly string[]): Promise<readonly NodeEvent[]> {
  let missing = kinds;
  return waitFor(
    async () => {
      const events = await eventsOf(node);
      missing = kinds.filter((kind) => !events.some((event) => event.kind === kind));
      return missing.length === 0 ? events : undefined;
    },
    { timeoutMs: 30_000, what: () => `events of the kinds ${missing.join(", ")}` },
  );
}

/** The structured lines of a node's log that are events, as `kind text`. */
function logged({ process: node }: TandemNode): string[] {
  return node
    .output()
    .split("\n")
    .flatMap((line) => {
      const start = line.indexOf('{"level"');
      if (start < 0 || !line.includes('"event":"')) return [];
      const { event, msg } = JSON.parse(line.slice(start)) as { event: string; msg: string };
      return [`${event} ${msg}`];
    });
}

describe.skipIf(noNamespaces !== undefined)(`events ${noNamespaces ?? ""}`, () => {
  test("of a node: start, election, a killed agent, a reload; each once, with cause and gap", async () => {
    const { node } = await startSolo();
    const first = ["guard.ready", "agent.started", "balancer.ready", "balancer.fit", "vip.set"];
    const before = await until(node, [...first, "vrrp.backup", "vrrp.master", "process.ready"]);
    for (const kind of ["guard.ready", "balancer.ready", "vrrp.master", "vip.set"]) {
      expect(before.filter((event) => event.kind === kind)).toHaveLength(1);
    }
    const text = (event: NodeEvent): string => `${event.kind} ${event.text}`;
    expect(logged(node)).toEqual(expect.arrayContaining(before.map(text)));
    for (const event of before.filter(({ kind }) => first.includes(kind))) {
      expect(logged(node).filter((line) => line === text(event))).toHaveLength(1);
    }
    expect(before.map(({ atMs }) => atMs)).toEqual([...before.map(({ atMs }) => atMs)].sort());

    process.kill(await node.childPid("agent"), "SIGKILL");
    await until(node, ["process.lost", "vip.taken-back"]);
    const after = await waitFor(
      async () => {
        const events = await eventsOf(node);
        const isBack = events.some(({ kind, cause, subject }) => {
          return kind === "process.ready" && subject === "agent" && cause !== undefined;
        });
        return isBack ? events : undefined;
      },
      { timeoutMs: 30_000 },
    );
    const lost = after.find(({ kind }) => kind === "process.lost");
    expect(lost).toMatchObject({
      source: "guard",
      severity: "error",
      subject: "agent",
      cause: "it was killed by SIGKILL",
    });
    const ready = after.find(({ kind, cause }) => kind === "process.ready" && cause !== undefined);
    expect(ready!.durationMs).toBeGreaterThan(0);
    expect(ready!.durationMs).toBeLessThanOrEqual(ready!.atMs - lost!.atMs + 50);

    node.process.kill("SIGHUP");
    const reloaded = await until(node, ["balancer.reloaded", "agent.reloaded"]);
    for (const kind of ["balancer.reloaded", "agent.reloaded"]) {
      expect(reloaded.find((event) => event.kind === kind)!.durationMs).toBeGreaterThanOrEqual(0);
    }
  }, 90_000);

  test("of a failover: the new master tells how long there was none", async () => {
    const bench = await Bench.create();
    const one = await bench.start("a", instanceText({ priority: 150 }));
    const two = await bench.start("b", instanceText({ priority: 100 }));
    await bench.owned("a");
    await until(two, ["vrrp.backup"]);
    process.kill(await one.childPid("agent"), "SIGSTOP");
    const guardPid = one.process.pid;
    one.process.kill("SIGSTOP");
    const events = await until(two, ["vrrp.master", "vip.set"]);
    one.process.kill("SIGCONT");
    expect(guardPid).toBeGreaterThan(0);
    const master = events.find(({ kind }) => kind === "vrrp.master")!;
    expect(master).toMatchObject({
      source: "agent",
      subject: "V",
      cause: "no master is heard",
      data: { from: "BACKUP", to: "MASTER", priority: 100 },
    });
    // Three intervals and a skew.
    expect(master.data!["outageMs"]).toBeGreaterThan(200);
  }, 60_000);
});
