// Whole nodes under the guard: what is left when processes are killed, how a node stops, reloads and
// keeps quiet.
import { chmodSync, copyFileSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { noNamespaces, type Host } from "../support/netns.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import type { TandemNode } from "../support/tandem-agent.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { startSolo, VIP } from "./solo-node.ts";

const TANDEM = path.join(REPOSITORY_DIR, "bin", "tandem");

/** Waits until only these processes are left on the host. */
async function onlyLeft(host: Host, expected: readonly number[], timeoutMs = 3_000): Promise<void> {
  let left: readonly number[] = [];
  await waitFor(
    async () => {
      left = (await host.pids()).filter((pid) => !expected.includes(pid));
      return left.length === 0;
    },
    { timeoutMs, what: () => `processes ${left.join(" ")} to end` },
  );
}

/** Kills guard and agent so that neither sees the other's end. */
async function killBoth(node: TandemNode): Promise<void> {
  const pids = [node.process.pid, await node.childPid("agent")];
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await node.process.exited;
}

function lines(node: TandemNode, from = 0): string[] {
  return node.process.output().slice(from).split("\n").filter(Boolean);
}

function errors(node: TandemNode): string[] {
  return lines(node).filter((line) => /"level":"(?:error|fatal)"/.test(line));
}

/** When the node logged the line that matches, wall clock, ms. */
function timeOf(node: TandemNode, pattern: RegExp): number {
  const line = lines(node).find((one) => pattern.test(one));
  if (line === undefined) throw new Error(`No line matches ${String(pattern)}`);
  return Date.parse((JSON.parse(line) as { time: string }).time);
}

describe.skipIf(noNamespaces !== undefined)(
  `the end of processes of a node ${noNamespaces ?? ""}`,
  { timeout: 60_000 },
  () => {
    test("guard and agent killed at once: the VIP stays until `tandem release`, or a new start", async () => {
      const solo = await startSolo();
      const { host, node, bystanders } = solo;
      const balancer = await node.childPid("balancer");
      await killBoth(node);
      await waitFor(async () => !(await host.pids()).includes(balancer), {
        what: () => node.process.output(),
      });
      expect(await host.hasAddress(VIP)).toBe(true);
      const release = await host.run(TANDEM, "release", "-k", node.configFile);
      expect(release).toMatchObject({ code: 0, stderr: "" });
      expect(release.stdout).toBe(`Removed ${VIP}/24 dev eth0\n`);
      expect(await host.hasAddress(VIP)).toBe(false);
      const again = await host.run(TANDEM, "release", "-k", node.configFile);
      expect(again).toMatchObject({ code: 0, stderr: "" });
      expect(again.stdout).toContain("Nothing to remove");
      await onlyLeft(host, bystanders);

      const second = await solo.startAgain();
      await solo.served(Date.now());
      await killBoth(second);
      expect(await host.hasAddress(VIP)).toBe(true);
      const holdings = solo.watch.holdings().length;
      await solo.startAgain();
      await solo.served(Date.now());
      // The new agent took the VIP away before it stood for election.
      await waitFor(() => solo.watch.holdings().length === holdings + 1);
    });

    test("the guard killed alone: the agent resigns, the balancer finishes its sessions, nothing is left", async () => {
      const { host, node, watch, bystanders, hold } = await startSolo();
      const [agent, balancer] = [await node.childPid("agent"), await node.childPid("balancer")];
      const held = await hold(5);
      process.kill(node.process.pid, "SIGKILL");
      await waitFor(() => !watch.isHeld);
      await waitFor(async () => !(await host.pids()).includes(agent));
      // Whoever has the address now: this balancer takes nobody any more, and keeps whom it has.
      await host.mustRun("ip", "address", "add", `${VIP}/24`, "dev", "eth0");
      const listening = await host.mustRun("ss", "-Hltn");
      expect(listening).not.toContain(":1883");
      expect(held.ended()).toEqual([]);
      expect(await host.pids()).toContain(balancer);
      await held.process.stop();
      await onlyLeft(host, bystanders);
    });

    test("SIGTERM: first the VIP goes, then the balancer ends, exit code 0, nothing is left", async () => {
      const { host, node, watch, bystanders, hold } = await startSolo();
      await hold(3);
      node.process.kill("SIGTERM");
      expect(await node.process.exited).toEqual({ code: 0, signal: null });
      expect(errors(node)).toEqual([]);
      await waitFor(() => !watch.isHeld);
      // The agent ends when the kernel has let go of the VIP. A watch's own clock is late under load.
      const agentEndedMs = timeOf(node, /"msg":"Agent \(run 1\) has ended"/);
      expect(agentEndedMs).toBeLessThanOrEqual(
        timeOf(node, /"balancer\.stopped".*"msg":"stopped"/),
      );
      await onlyLeft(host, bystanders);
    });

    // Ctrl-C reaches the foreground's process group, systemd's KillMode=control-group every process.
    test.each(["SIGINT", "SIGTERM"] as const)(
      "%s to every process at once is the same",
      async (signal) => {
        const { host, node, bystanders } = await startSolo();
        const pids = (await host.pids()).filter((pid) => !bystanders.includes(pid));
        const guard = node.process.pid;
        for (const pid of [guard, ...pids.filter((one) => one !== guard)]) {
          process.kill(pid, signal);
        }
        expect(await node.process.exited).toEqual({ code: 0, signal: null });
        expect(await host.hasAddress(VIP)).toBe(false);
        expect(errors(node), node.process.output()).toEqual([]);
        await onlyLeft(host, bystanders);
      },
    );
  },
);

describe.skipIf(noNamespaces !== undefined)(
  `a node that runs ${noNamespaces ?? ""}`,
  { timeout: 120_000 },
  () => {
    test("reload of both halves by SIGHUP: no session is lost, the VIP stays", async () => {
      const { node, watch, probe, hold, balancerConfig, host } = await startSolo();
      const held = await hold(20);
      const holdings = watch.holdings().length;
      const fromMs = Date.now();
      node.rewriteBalancer(balancerConfig("listen more\n  bind :1885\n  server s1 127.0.0.1:9\n"));
      node.process.kill("SIGHUP");
      await waitFor(async () => (await host.mustRun("ss", "-Hltn")).includes(":1885"), {
        what: () => node.process.output(),
      });
      await node.process.waitForOutput(/"msg":"reloaded"/);
      await probe.waitForNode("a", Date.now());
      await waitFor(() => Date.now() - fromMs > 1_000);
      expect(held.ended()).toEqual([]);
      expect(watch.holdings()).toHaveLength(holdings);
      expect(watch.isHeld).toBe(true);
      expect(probe.longestGapMs(fromMs)).toBeLessThan(300);
      expect(errors(node)).toEqual([]);
    });

    test("a node in a steady state says nothing", async () => {
      const { node } = await startSolo();
      const mark = Date.now();
      await waitFor(() => Date.now() - mark > 2_000, { intervalMs: 100 });
      const from = node.process.output().length;
      // Long enough for the second set of announcements and an audit of the VIPs.
      const quietMs = process.env["TANDEM_TEST_LONG"] === "1" ? 60_000 : 10_000;
      await waitFor(() => Date.now() - mark > 2_000 + quietMs, { timeoutMs: quietMs + 10_000 });
      expect(lines(node, from)).toEqual([]);
    });

    test("a node that cannot hear adverts is in FAULT, and stands for election once it can", async () => {
      const { host, node, startAgain } = await startSolo();
      node.process.kill("SIGTERM");
      await node.process.exited;
      const limit = "net.ipv4.igmp_max_memberships";
      const usual = (await host.mustRun("sysctl", "-n", limit)).trim();
      await host.mustRun("sysctl", "-qw", `${limit}=0`);
      const deaf = await startAgain();
      await deaf.process.waitForOutput(/cannot join 224\.0\.0\.18/);
      const mark = Date.now();
      // Longer than a Master_Down_Interval, and longer than a retry.
      await waitFor(() => Date.now() - mark > 1_500);
      expect(await host.hasAddress(VIP)).toBe(false);
      expect(deaf.process.output()).not.toContain("MASTER STATE");
      await host.mustRun("sysctl", "-qw", `${limit}=${usual}`);
      await waitFor(() => host.hasAddress(VIP), { what: () => deaf.process.output() });
    });

    test("an ordinary user is told what is missing", async () => {
      const { host, node, plain } = await stoppedSolo();
      const refused = await host.run("setpriv", ...plain, TANDEM, ...node.words);
      expect(refused.code).toBe(4);
      expect(refused.stderr).toContain("CAP_NET_RAW and CAP_NET_ADMIN are missing");
      expect(refused.stderr).toContain("AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN");
    });

    test("an ordinary user with the capabilities named there runs a node", async () => {
      const { host, node, plain } = await stoppedSolo();
      const caps = "+net_raw,+net_admin,+net_bind_service";
      const grant = ["--inh-caps", caps, "--ambient-caps", caps];
      const running = await host.start({
        command: "setpriv",
        args: [...plain, ...grant, TANDEM, ...node.words],
        ready: /"msg":"ready"/,
      });
      await waitFor(() => host.hasAddress(VIP), { what: () => running.output() });
      // What reads foreign bytes has none of what the agent needs; nor has the one in reserve.
      const [, reserve] = await running.waitForOutput(/Process (\d+) stands in reserve/, 30_000);
      const [, balancer] = await running.waitForOutput(/The balancer is process (\d+)/);
      const [, agent] = await running.waitForOutput(/The agent is process (\d+)/);
      expect(capabilitiesOf(agent!)).toEqual({ CapEff: 0x3400, CapAmb: 0x3400 });
      for (const pid of [balancer!, reserve!]) {
        // A child begins as setpriv(1), which gives them up before it becomes the balancer.
        await waitFor(() => programOf(pid) === "node", { what: () => programOf(pid) });
        expect(capabilitiesOf(pid), pid).toEqual({ CapEff: 0x400, CapAmb: 0x400 });
      }
      running.kill("SIGTERM");
      expect(await running.exited).toEqual({ code: 0, signal: null });
      expect(await host.hasAddress(VIP)).toBe(false);
      expect(running.output()).not.toContain('"level":"error"');
    });
  },
);

/** The file that a process runs (proc(5)): its `comm` is what its main thread calls itself. */
function programOf(pid: string): string {
  return path.basename(readlinkSync(`/proc/${pid}/exe`));
}

/** The effective and ambient sets of a process (proc(5)). */
function capabilitiesOf(pid: string): Record<string, number> {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const masks = Array.from(status.matchAll(/^(CapEff|CapAmb):\s*([0-9a-f]+)$/gm));
  return Object.fromEntries(masks.map(([, name, mask]) => [name!, parseInt(mask!, 16)]));
}

/** A network with the files of a node that an ordinary user may read. */
async function stoppedSolo(): Promise<{
  host: Host;
  node: { readonly words: readonly string[] };
  /** For setpriv: becomes an ordinary user. */
  plain: readonly string[];
}> {
  const { host, node, balancerConfig } = await startSolo();
  node.process.kill("SIGTERM");
  await node.process.exited;
  const dir = tempDir();
  chmodSync(dir, 0o777);
  const [balancerFile, agentFile] = [path.join(dir, "haproxy.cfg"), path.join(dir, "k.conf")];
  writeFileSync(balancerFile, balancerConfig());
  copyFileSync(node.configFile, agentFile);
  const control = path.join(dir, "control.sock");
  return {
    host,
    node: { words: ["run", "-f", balancerFile, "-k", agentFile, "--control", control] },
    plain: ["--reuid", "65534", "--regid", "65534", "--clear-groups"],
  };
}
