// Addresses of whole agents: kept by force, of both families, on macvlans, with routes; and what a
// reload changes of them.
import { renameSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startKeepalived } from "../support/keepalived.ts";
import { noNamespaces, type Host } from "../support/netns.ts";
import { has, skipNote } from "../support/programs.ts";
import type { TandemNode } from "../support/tandem-agent.ts";
import { overlapMs, VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";
import { Bench, countLines, dumpedJson, instanceText, VIP } from "./agents.ts";

/** The MAC address that a host has for an address; asks for it when it knows none. */
async function neighbour(host: Host, address: string): Promise<string> {
  const shown = await host.run("ip", "neighbour", "show", address);
  return /lladdr (\S+)/.exec(shown.stdout)?.[1] ?? "";
}

async function answers(host: Host, address: string): Promise<boolean> {
  return (await host.run("ping", "-c1", "-W1", "-nq", address)).code === 0;
}

function outputs(nodes: ReadonlyMap<string, TandemNode>): string {
  return [...nodes].map(([name, node]) => `${name}: ${node.process.output()}`).join("\n");
}

describe.skipIf(noNamespaces !== undefined)(`VIPs of an agent ${noNamespaces ?? ""}`, () => {
  test("a VIP that is removed by hand, or with its interface, comes back", async () => {
    const bench = await Bench.create({ more: ["c"] });
    const a = bench.host("a");
    const addLink = async (): Promise<void> => {
      await a.mustRun("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
      await a.mustRun("sh", "-c", "ip link set veth0 up && ip link set veth1 up");
      await a.mustRun("ip", "address", "add", "10.97.0.1/24", "dev", "veth0");
    };
    await addLink();
    const other = await VipWatch.start(a, "10.97.0.100");
    const node = await bench.start(
      "a",
      instanceText({ priority: 150 }) +
        instanceText({
          name: "W",
          vrid: 52,
          interface: "veth0",
          priority: 150,
          vips: ["10.97.0.100/24"],
        }),
    );
    await bench.owned("a");
    await waitFor(() => other.isHeld);
    await a.mustRun("ip", "address", "del", `${VIP}/24`, "dev", "eth0");
    await waitFor(() => bench.watch("a").holdings().length === 2 && bench.watch("a").isHeld, {
      what: () => node.process.output(),
    });
    const [first, second] = bench.watch("a").holdings();
    expect(second!.fromMs - first!.toMs).toBeLessThan(250);
    expect(await answers(bench.host("c"), VIP)).toBe(true);
    await a.mustRun("ip", "link", "del", "veth0");
    await waitFor(async () => (await dumpedJson(node)).get("W")!.data.state === 3, {
      what: () => node.process.output(),
    });
    await addLink();
    await waitFor(() => a.hasAddress("10.97.0.100"), { what: () => node.process.output() });
    await waitFor(async () => (await dumpedJson(node)).get("W")!.data.state === 2);
    // The other instance did not notice.
    expect(countLines(node, "(V) Entering")).toBe(2);
    await node.process.stop();
    expect(await a.hasAddress("10.97.0.100")).toBe(false);
  });

  test("excluded VIPs of the other family, virtual routes and use_vmac come and go with the master", async () => {
    const bench = await Bench.create({ more: ["c"] });
    const c = bench.host("c");
    await c.mustRun("ip", "address", "add", "fd00::3/64", "dev", "eth0", "nodad");
    const text = (priority: number): string =>
      instanceText({
        priority,
        lines: `use_vmac
  virtual_ipaddress_excluded {
    fd00::100/64
  }
  virtual_routes {
    192.0.2.0/24 via 10.98.0.3 dev eth0
  }`,
      });
    const seen = async (name: string): Promise<string> => {
      const host = bench.host(name);
      const routes = await host.mustRun("ip", "route", "show", "192.0.2.0/24");
      const isHeld = await Promise.all([VIP, "fd00::100"].map((vip) => host.hasAddress(vip)));
      return [...isHeld, routes.includes("via 10.98.0.3")].join();
    };
    const settled = (name: string, what: string): Promise<unknown> =>
      waitFor(async () => (await seen(name)) === what, { what: () => outputs(nodes) });
    const nodes = new Map([["a", await bench.start("a", text(150))]]);
    await settled("a", "true,true,true");
    expect(await bench.host("a").mustRun("ip", "address", "show", "vrrp.51")).toContain(VIP);
    nodes.set("b", await bench.start("b", text(100)));
    // Adverts with the MAC address that b's own macvlan has reach b all the same.
    await waitFor(
      async () => (await dumpedJson(nodes.get("b")!)).get("V")!.stats["advert_rcvd"]! >= 8,
      { what: () => outputs(nodes) },
    );
    expect(bench.watch("b").holdings(), outputs(nodes)).toHaveLength(0);
    expect(await seen("b")).toBe("false,false,false");
    await waitFor(async () => (await answers(c, VIP)) && (await answers(c, "fd00::100")));
    // Caches need no change: both nodes answer with the MAC address of the virtual router.
    expect(await neighbour(c, VIP)).toBe("00:00:5e:00:01:33");
    await nodes.get("a")!.process.stop();
    await settled("b", "true,true,true");
    await settled("a", "false,false,false");
    expect((await bench.host("a").run("ip", "link", "show", "vrrp.51")).code).not.toBe(0);
    await waitFor(async () => (await answers(c, VIP)) && (await answers(c, "fd00::100")));
    expect(await neighbour(c, VIP)).toBe("00:00:5e:00:01:33");
  });

  test.skipIf(!has("keepalived"))(
    `use_vmac on a Tandem and on a Keepalived, each as master${skipNote("keepalived")}`,
    async () => {
      const bench = await Bench.create();
      const text = (priority: number): string => instanceText({ priority, lines: "use_vmac" });
      const first = await bench.start("a", text(150));
      await bench.owned("a", () => first.process.output());
      const keepalived = await startKeepalived(bench.host("b"), text(100));
      await first.process.stop();
      await bench.owned("b", () => keepalived.process.output());
      const a = await bench.start("a", text(50));
      await waitFor(async () => (await dumpedJson(a)).get("V")!.stats["advert_rcvd"]! >= 8, {
        what: () => a.process.output(),
      });
      expect(bench.owners()).toBe("b");
      keepalived.process.kill("SIGTERM");
      await bench.owned("a", () => a.process.output());
      expect(overlapMs(bench.watch("a"), bench.watch("b"), 0)).toBeLessThan(100);
    },
  );

  test("an IPv6 VIP is usable at once where others wait, and its neighbours follow it", async () => {
    const vip = "fd00::100";
    const bench = await Bench.create({ more: ["c"], vip });
    const c = bench.host("c");
    await c.mustRun("ip", "address", "add", "fd00::3/64", "dev", "eth0", "nodad");
    // As on a machine with defaults: an address is looked for before it may be used (RFC 4862 §5.4).
    for (const name of ["a", "b"]) {
      const keys = ["all", "default", "eth0"].map((key) => `net.ipv6.conf.${key}.accept_dad=1`);
      await bench.host(name).mustRun("sysctl", "-qw", ...keys);
    }
    const text = (priority: number): string =>
      instanceText({ priority, vips: ["fe80::100/64", `${vip}/64`] });
    const a = await bench.start("a", text(150));
    await bench.owned("a", () => a.process.output());
    await waitFor(() => answers(c, vip));
    expect(await neighbour(c, vip)).toBe(bench.host("a").mac);
    const b = await bench.start("b", text(100));
    await waitFor(async () => (await dumpedJson(b)).get("V")!.stats["advert_rcvd"]! > 0);
    await a.process.stop();
    await bench.owned("b", () => b.process.output());
    const heldMs = Date.now();
    expect(await bench.host("b").mustRun("ip", "-6", "address", "show", "dev", "eth0")).not.toMatch(
      /fd00::100.*tentative/,
    );
    // Nobody asks meanwhile: the announcement alone changes what the neighbour knows.
    await waitFor(async () => (await neighbour(c, vip)) === bench.host("b").mac, {
      what: () => b.process.output(),
    });
    expect(Date.now() - heldMs).toBeLessThan(1_000);
    expect(await answers(c, vip)).toBe(true);
  });
});

describe.skipIf(noNamespaces !== undefined)(`a reload ${noNamespaces ?? ""}`, () => {
  test("keeps VIP and state, changes what differs, and refuses what cannot be used", async () => {
    const bench = await Bench.create();
    const host = bench.host("a");
    const a = await bench.start(
      "a",
      instanceText({ priority: 150, vips: [`${VIP}/24`, "10.98.0.101/24"] }),
    );
    await bench.owned("a");
    await bench.start("b", instanceText({ priority: 100 }));
    const reload = async (text: string, expected: string): Promise<void> => {
      const count = countLines(a, expected);
      a.rewrite(text);
      a.process.kill("SIGHUP");
      await waitFor(() => countLines(a, expected) > count, { what: () => a.process.output() });
    };
    const next = instanceText({ priority: 120, vips: [`${VIP}/24`, "10.98.0.102/24"] });
    await reload(next, '"msg":"reloaded"');
    await waitFor(
      async () => !(await host.hasAddress("10.98.0.101")) && (await host.hasAddress("10.98.0.102")),
    );
    expect((await dumpedJson(a)).get("V")!.data.effective_priority).toBe(120);
    await reload("vrrp_instance V {\n  interface nowhere0\n", "reload refused");
    expect((await dumpedJson(a)).get("V")!.data.effective_priority).toBe(120);
    expect(await host.hasAddress("10.98.0.102")).toBe(true);
    expect(bench.watch("a").holdings()).toHaveLength(1);
    expect(countLines(a, "Entering")).toBe(2);
    expect((await dumpedJson(a)).get("V")!.stats["release_master"]).toBe(0);
    // Each of many at once is heeded, or one after it: the last file counts.
    for (let priority = 130; priority < 140; priority++) {
      // Replaced in one step: a reload may come at any moment.
      writeFileSync(`${a.configFile}.new`, instanceText({ priority }));
      renameSync(`${a.configFile}.new`, a.configFile);
      a.process.kill("SIGHUP");
      await new Promise(setImmediate);
    }
    await waitFor(async () => (await dumpedJson(a)).get("V")!.data.effective_priority === 139, {
      what: () => a.process.output(),
    });
    // A priority below the other node's takes effect, too.
    await reload(instanceText({ priority: 50 }), '"msg":"reloaded"');
    await bench.owned("b", () => a.process.output());
  });
});
