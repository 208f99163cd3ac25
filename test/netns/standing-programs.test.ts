// The `ip` processes of a node: signals to everybody do not end them, the end of the node does.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createLan, noNamespaces, type Host } from "../support/netns.ts";
import { startNode, type TandemNode } from "../support/tandem-agent.ts";
import { waitFor } from "../support/wait-for.ts";

const KEEPALIVED = `vrrp_instance one {
  interface eth0
  virtual_router_id 51
  priority 150
  version 3
  advert_int 0.1
  virtual_ipaddress { 10.98.0.100/24 }
}
`;

async function startMaster(): Promise<{ host: Host; node: TandemNode }> {
  const host = (await createLan(["a"])).host("a");
  const node = await startNode(host, { keepalived: KEEPALIVED });
  await node.process.waitForOutput(/Entering MASTER STATE/);
  return { host, node };
}

/** Process ids of the `ip` programs on this host. */
async function ipsOf(host: Host): Promise<number[]> {
  return (await host.pids()).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("ip\0-o\0");
    } catch {
      return false; // It has ended.
    }
  });
}

describe.skipIf(noNamespaces !== undefined)(`standing programs ${noNamespaces ?? ""}`, () => {
  test.each(["SIGHUP", "SIGINT", "SIGTERM"] as const)(
    "%s to each of them changes nothing",
    async (signal) => {
      const { host, node } = await startMaster();
      const before = await ipsOf(host);
      // One of the guard, two of the agent.
      expect(before).toHaveLength(3);
      for (const pid of before) process.kill(pid, signal);
      // What goes through them still works.
      await host.mustRun("ip", "address", "del", "10.98.0.100/24", "dev", "eth0");
      await waitFor(() => host.hasAddress("10.98.0.100"), { what: () => node.process.output() });
      expect(await ipsOf(host)).toEqual(before);
    },
  );

  test("SIGTERM to every process at once, as systemd may do: the VIP goes without a complaint", async () => {
    const { host, node } = await startMaster();
    for (const pid of await host.pids()) process.kill(pid, "SIGTERM");
    expect(await node.process.exited).toEqual({ code: 0, signal: null });
    expect(await host.hasAddress("10.98.0.100")).toBe(false);
    expect(node.process.output()).not.toMatch(/"level":"(?:warning|warn|error)"|was ended by/);
    await waitFor(async () => (await host.pids()).length === 0, { what: "the end of all" });
  });

  test("guard and agent killed at once: none is left", async () => {
    const { host, node } = await startMaster();
    const pids = [node.process.pid, await node.childPid("agent")];
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await waitFor(async () => (await host.pids()).length === 0, { what: "the end of all" });
  });
});
