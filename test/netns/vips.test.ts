// VIPs in real kernels: claimed, announced, put back, released.
import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { InstanceDraft } from "../support/agent-configuration.ts";
import { compileProgram } from "../support/compiled.ts";
import { createLan, noNamespaces, type Host } from "../support/netns.ts";
import type { RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const VIP = "10.98.0.100";
let program = "";

/** A node that holds VIPs, told what to do. */
class VipNode {
  readonly host: Host;
  readonly process: RunningProcess;
  readonly #orders: string;

  private constructor(host: Host, process: RunningProcess, orders: string) {
    this.host = host;
    this.process = process;
    this.#orders = orders;
  }

  static async start(host: Host, draft: object, more: readonly string[] = []): Promise<VipNode> {
    const orders = path.join(tempDir(), "orders");
    execFileSync("mkfifo", [orders]);
    const args = [program, "--draft", JSON.stringify(draft), "--orders", orders, ...more];
    const running = await host.start({ command: process.execPath, args, ready: / ready / });
    return new VipNode(host, running, orders);
  }

  /** Gives an order and waits until it is carried out; gives when it was taken and done, ms. */
  async tell(order: "claim" | "release" | "stop"): Promise<{ fromMs: number; toMs: number }> {
    const seen = this.process.stdout().length;
    appendFileSync(this.#orders, `${order}\n`);
    const done = new RegExp(`([\\d.]+) order ${order}\\n(?:[^]*\\n)?([\\d.]+) done ${order}\\n`);
    const match = await waitFor(() => done.exec(this.process.stdout().slice(seen)) ?? undefined);
    return { fromMs: Number(match[1]), toMs: Number(match[2]) };
  }

  lines(kind: string): readonly string[] {
    const lines = this.process.stdout().split("\n");
    return lines.filter((line) => line.includes(` ${kind} `));
  }

  async settled(isHeld: boolean): Promise<void> {
    await this.process.waitForOutput(new RegExp(`settled ${String(isHeld)}\\n`));
  }
}

/** The MAC address that a host's neighbour cache has for an address. */
async function neighbour(host: Host, address: string): Promise<string> {
  const shown = await host.run("ip", "neighbour", "show", address);
  return /lladdr (\S+)/.exec(shown.stdout)?.[1] ?? "";
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

beforeAll(() => {
  if (noNamespaces === undefined) program = compileProgram("test/netns/programs/vip-node.ts");
});

describe.skipIf(noNamespaces !== undefined)(`VIPs in the kernel ${noNamespaces ?? ""}`, () => {
  test("claims and releases take about a millisecond", async () => {
    const lan = await createLan(["a"]);
    const a = lan.host("a");
    const node = await VipNode.start(a, { vips: [`${VIP}/24`] });
    const times = { claim: [] as number[], release: [] as number[] };
    for (let i = 0; i < 30; i++) {
      for (const order of ["claim", "release"] as const) {
        const { fromMs, toMs } = await node.tell(order);
        times[order].push(toMs - fromMs);
        expect(await a.hasAddress(VIP)).toBe(order === "claim");
      }
    }
    console.info(
      `claim ${median(times.claim).toFixed(2)} ms, release ${median(times.release).toFixed(2)} ms (median)`,
    );
    expect(median(times.claim)).toBeLessThan(20);
    expect(median(times.release)).toBeLessThan(20);
    expect([...node.lines("warning"), ...node.lines("error"), ...node.lines("problem")]).toEqual(
      [],
    );
  });

  test("the neighbours of both families follow a claim, and a VIP that is removed comes back", async () => {
    const lan = await createLan(["a", "b", "c"]);
    const [a, b, c] = [lan.host("a"), lan.host("b"), lan.host("c")];
    const draft = { vips: [`${VIP}/24`], excludedVips: ["fd00::100/64"] };
    await c.mustRun("ip", "address", "add", "fd00::3/64", "dev", "eth0", "nodad");
    const [one, other] = [await VipNode.start(a, draft), await VipNode.start(b, draft)];
    await one.tell("claim");
    await one.settled(true);
    await c.mustRun("ping", "-c1", "-W2", "-nq", VIP);
    await c.mustRun("ping", "-c1", "-W2", "-nq", "fd00::100");
    expect(await neighbour(c, VIP)).toBe(a.mac);
    expect(await neighbour(c, "fd00::100")).toBe(a.mac);
    // The cache is not even asked for a new entry: the announcement alone changes it.
    await one.tell("release");
    // A cache does not take news of an entry within 1 s of the last (locktime, arp(7)).
    await waitFor(
      async () => {
        await other.tell("claim");
        const isTaken = (await neighbour(c, VIP)) === b.mac;
        if (!isTaken) await other.tell("release");
        return isTaken;
      },
      { what: "the neighbour's cache to follow" },
    );
    await waitFor(async () => (await neighbour(c, "fd00::100")) === b.mac);
    await other.settled(true);

    const removedMs = Date.now();
    await b.mustRun("ip", "address", "del", `${VIP}/24`, "dev", "eth0");
    const [line] = await waitFor(() => {
      const lines = warningsOf(other);
      return lines.length > 0 ? lines : undefined;
    });
    await waitFor(() => b.hasAddress(VIP));
    console.info(`put back after ${(Number(line!.split(" ")[0]) - removedMs).toFixed(1)} ms`);
    await b.mustRun("ip", "link", "set", "eth0", "down");
    await b.mustRun("ip", "link", "set", "eth0", "up");
    // IPv6 addresses go when a link goes down.
    await waitFor(() => b.hasAddress("fd00::100"));
    await other.tell("release");
    await other.settled(false);
    expect(await b.hasAddress(VIP)).toBe(false);
    expect(await b.hasAddress("fd00::100")).toBe(false);
  });

  test("labels, leftovers, routes and rules", async () => {
    const lan = await createLan(["a"]);
    const a = lan.host("a");
    await a.mustRun("ip", "address", "add", `${VIP}/32`, "dev", "eth0");
    const draft: InstanceDraft = {
      virtualRoutes: [["10.77.0.0/16", "via", "10.98.0.254", "src", VIP]],
      virtualRules: [["from", VIP, "table", "77"]],
    };
    const node = await VipNode.start(a, { ...draft, vips: [`${VIP}/24`], label: "eth0:vip" });
    expect(await a.hasAddress(VIP)).toBe(false);
    await node.tell("claim");
    await node.settled(true);
    expect(await a.mustRun("ip", "-o", "address", "show", "dev", "eth0")).toMatch(
      /inet 10\.98\.0\.100\/24 brd 10\.98\.0\.255 scope global secondary eth0:vip/,
    );
    expect(await a.mustRun("ip", "route", "show", "10.77.0.0/16")).toContain(`src ${VIP}`);
    await node.tell("claim");
    const rules = (await a.mustRun("ip", "rule", "show")).match(/lookup 77/g);
    expect(rules).toHaveLength(1);
    // The route's source goes, and the route with it.
    await a.mustRun("ip", "address", "del", `${VIP}/24`, "dev", "eth0");
    await waitFor(async () =>
      (await a.mustRun("ip", "route", "show", "10.77.0.0/16")).includes("src"),
    );
    await node.tell("release");
    await node.settled(false);
    expect(await a.mustRun("ip", "rule", "show")).not.toContain("lookup 77");
    expect(await a.mustRun("ip", "route", "show", "10.77.0.0/16")).toBe("");
  });

  test("an interface that is made anew gets its VIP again", async () => {
    const lan = await createLan(["a"]);
    const a = lan.host("a");
    const make = ["link", "add", "test0", "type", "veth", "peer", "name", "test1"];
    await a.mustRun("ip", ...make);
    await a.mustRun("ip", "link", "set", "test0", "up");
    const node = await VipNode.start(a, { interface: "test0", vips: ["10.97.0.100/24"] });
    await node.tell("claim");
    await node.settled(true);
    await a.mustRun("ip", "link", "del", "test0");
    await a.mustRun("ip", ...make);
    await waitFor(() => a.hasAddress("10.97.0.100"));
    expect(node.lines("error")).toEqual([]);
  });

  test("use_vmac: the VIP answers from a macvlan with its MAC address, even with strict rp_filter", async () => {
    const lan = await createLan(["a", "c"]);
    const [a, c] = [lan.host("a"), lan.host("c")];
    await a.mustRun("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1");
    const mac = "00:00:5e:00:01:33";
    const vmac = { device: "vrrp.51", sendsOnParent: false, address: [0, 0, 0x5e, 0, 1, 0x33] };
    const node = await VipNode.start(a, { vips: [`${VIP}/24`], vmac });
    expect(await a.mustRun("ip", "-d", "link", "show", "vrrp.51")).toMatch(/macvlan mode bridge/);
    await node.tell("claim");
    await node.settled(true);
    await c.mustRun("ping", "-c2", "-i0.2", "-W2", "-nq", VIP);
    expect(await neighbour(c, VIP)).toBe(mac);
    await c.mustRun("ping", "-c1", "-W2", "-nq", a.ipv4);
    expect(await neighbour(c, a.ipv4)).toBe(a.mac);
    // Someone takes the macvlan away: it is made again, with the VIP.
    await a.mustRun("ip", "link", "del", "vrrp.51");
    await waitFor(() => a.hasAddress(VIP), { what: () => node.process.output() });
    await waitFor(async () => (await c.run("ping", "-c1", "-W1", "-nq", VIP)).code === 0, {
      what: () => node.process.output(),
    });
    expect(node.lines("error")).toEqual([]);
    await node.tell("stop");
    await node.process.exited;
    expect((await a.run("ip", "link", "show", "vrrp.51")).code).not.toBe(0);
    expect(await a.mustRun("sysctl", "-n", "net.ipv4.conf.eth0.arp_ignore")).toBe("0\n");
  });

  test("the user's scripts, and an ip that is killed", async () => {
    const lan = await createLan(["a"]);
    const a = lan.host("a");
    const scripts = ["vip-up", "vip-down"].map((name) =>
      path.join(REPOSITORY_DIR, "scripts", name),
    );
    const [up, down] = scripts as [string, string];
    const draft = { vips: [`${VIP}/24`], excludedVips: ["fd00::100/64"] };
    const byScript = await VipNode.start(a, draft, ["--up", up, "--down", down]);
    await byScript.tell("claim");
    await byScript.settled(true);
    await waitFor(() => byScript.lines("announced").length === 10);
    // By hand, twice: idempotent.
    await a.mustRun(up, "eth0", `${VIP}/24`);
    await byScript.tell("release");
    await byScript.settled(false);
    await a.mustRun(down, "eth0", `${VIP}/24`);
    expect(await a.hasAddress(VIP)).toBe(false);
    expect((await a.run(up, "nosuch", `${VIP}/24`)).code).toBe(1);
    await byScript.process.stop();

    const node = await VipNode.start(a, { vips: [`${VIP}/24`] });
    process.kill(Number(/ready ip (\d+)/.exec(node.process.stdout())![1]), "SIGKILL");
    await node.tell("claim");
    expect(await a.hasAddress(VIP)).toBe(true);
    await node.tell("release");
    expect(await a.hasAddress(VIP)).toBe(false);
  });
});

function warningsOf(node: VipNode): readonly string[] {
  return node.lines("warning").filter((line) => line.includes("put back"));
}
