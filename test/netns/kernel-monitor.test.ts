// What is known of a kernel's links and addresses stays true, whatever happens to the monitor.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { IpBatch } from "../../ha/io/ip-batch.ts";
import { KernelMonitor } from "../../ha/io/kernel-monitor.ts";
import { KernelView } from "../../ha/vip/kernel-view.ts";
import { ip } from "../support/agent-configuration.ts";
import { endLater } from "../support/cleanup.ts";
import { createLan, noNamespaces, type Host } from "../support/netns.ts";
import { waitFor } from "../support/wait-for.ts";

/** A view of a host's kernel, kept by a monitor. */
async function watch(host: Host): Promise<{ view: KernelView; problems: string[] }> {
  const view = new KernelView();
  const problems: string[] = [];
  const prefix = ["ip", "netns", "exec", host.namespace];
  const batch = new IpBatch({ prefix });
  const monitor = new KernelMonitor({
    ...{ batch, prefix },
    onEvent(event) {
      if (event.kind === "link") view.setLink(event.link);
      else if (event.kind === "link-removed") view.removeLink(event.name);
      else if (event.kind === "addresses") view.replace(event.addresses);
      else if (event.kind === "address-added") view.add(event.address);
      else view.remove(event.address);
    },
    onProblem: (problem) => problems.push(problem),
  });
  endLater(() => {
    monitor.close();
    batch.close();
  });
  await monitor.start();
  return { view, problems };
}

/** The one monitor that this process has started. */
function monitorPid(): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = pids.filter((pid) => {
    try {
      const parent = / \S \d+ /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[0].split(" ")[2];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return parent === String(process.pid) && command.includes("monitor\0address");
    } catch {
      return false;
    }
  });
  expect(found).toHaveLength(1);
  return Number(found[0]);
}

describe.skipIf(noNamespaces !== undefined)(`the kernel's notices ${noNamespaces ?? ""}`, () => {
  test("addresses and links come and go, get other names, and are found after a loss", async () => {
    const host = (await createLan(["a"])).host("a");
    const { view, problems } = await watch(host);
    const has = (address: string, device = "eth0"): boolean =>
      view.find(device, ip(address)) !== undefined;
    // Known before `start` resolves.
    expect(has(host.ipv4)).toBe(true);
    expect(view.link("eth0")?.isRunning).toBe(true);
    await host.mustRun("ip", "address", "add", "10.98.0.100/24", "dev", "eth0");
    await waitFor(() => has("10.98.0.100"));
    await host.mustRun("ip", "address", "del", "10.98.0.100/24", "dev", "eth0");
    await waitFor(() => !has("10.98.0.100"));
    await host.mustRun("ip", "link", "set", "eth0", "down");
    await waitFor(() => view.link("eth0")?.isRunning === false);
    await host.mustRun("ip", "link", "set", "eth0", "name", "eth7");
    await waitFor(() => view.isGone("eth0") && has(host.ipv4, "eth7"));
    await host.mustRun("ip", "link", "set", "eth7", "name", "eth0");
    await host.mustRun("ip", "link", "set", "eth0", "up");
    await waitFor(() => view.isGone("eth7") && view.link("eth0")?.isRunning && has(host.ipv4));

    // A port that leaves a bridge is told of like a link that goes, and is still there.
    await host.mustRun("ip", "link", "add", "br0", "type", "bridge");
    await host.mustRun("ip", "link", "set", "eth0", "master", "br0");
    await host.mustRun("ip", "link", "set", "eth0", "nomaster");
    await host.mustRun("ip", "link", "del", "br0");
    await waitFor(() => view.isGone("br0"));
    expect(view.isGone("eth0")).toBe(false);

    process.kill(monitorPid(), "SIGKILL");
    await host.mustRun("ip", "address", "add", "10.98.0.101/24", "dev", "eth0");
    await waitFor(() => has("10.98.0.101"));
    expect(problems).toEqual(['"ip monitor" ended (SIGKILL): it is started again']);
    await host.mustRun("ip", "address", "del", "10.98.0.101/24", "dev", "eth0");
    await waitFor(() => !has("10.98.0.101"));
  });
});
