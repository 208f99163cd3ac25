// What an announcement is for: a third host that knows the old holder of a VIP learns the new one.
import { existsSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { gratuitousArpFrame } from "../../ha/vip/arp.ts";
import { neighbourAdvertisementFrame } from "../../ha/vip/neighbour.ts";
import { ip } from "../support/agent-configuration.ts";
import { compileProgram } from "../support/compiled.ts";
import { createLan, noNamespaces, type Host } from "../support/netns.ts";
import { has } from "../support/programs.ts";
import type { RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { waitFor } from "../support/wait-for.ts";

const hasNative = existsSync(path.join(REPOSITORY_DIR, "build", "Release", "tandem_agent.node"));

let program = "";
beforeAll(() => {
  program = compileProgram("test/netns/programs/wire.ts");
});

function frameOf(host: Host, vip: string): string {
  const mac = Uint8Array.from(Buffer.from(host.mac.replaceAll(":", ""), "hex"));
  const address = ip(vip);
  const frame =
    address.length === 4
      ? gratuitousArpFrame(mac, address)
      : neighbourAdvertisementFrame(mac, address);
  return Buffer.from(frame).toString("hex");
}

function announcer(host: Host, vip: string, isPlain: boolean): Promise<RunningProcess> {
  const announcements = [{ device: "eth0", address: vip, frame: frameOf(host, vip) }];
  return host.start({
    command: process.execPath,
    args: [program, JSON.stringify({ announcements, isPlain })],
    ready: /^ready$/m,
  });
}

const CASES = [
  { what: "IPv4 by our own frame", vip: "10.98.0.100", isPlain: false, runs: hasNative },
  { what: "IPv6 by our own frame", vip: "fd00::100", isPlain: false, runs: hasNative },
  { what: "IPv4 by arping", vip: "10.98.0.100", isPlain: true, runs: has("arping") },
  { what: "IPv6 by a raw socket", vip: "fd00::100", isPlain: true, runs: true },
];

describe.skipIf(noNamespaces !== undefined)(`announcements ${noNamespaces ?? ""}`, () => {
  for (const { what, vip, isPlain, runs } of CASES) {
    test.skipIf(!runs)(`${what}: the neighbour's cache follows`, async () => {
      const lan = await createLan(["old", "new", "client"]);
      const [old, next, client] = lan.hosts as readonly [Host, Host, Host];
      const isV6 = vip.includes(":");
      const length = isV6 ? 64 : 24;
      const nodad = isV6 ? ["nodad"] : [];
      const add = (host: Host, address: string): Promise<string> =>
        host.mustRun("ip", "addr", "add", `${address}/${length}`, "dev", "eth0", ...nodad);
      if (isV6) await add(client, "fd00::3");
      await add(old, vip);
      await client.mustRun("ping", "-c1", "-W2", "-nq", vip);
      const macKnown = async (): Promise<string | undefined> =>
        / lladdr (\S+)/.exec(await client.mustRun("ip", "neigh", "show", vip))?.[1];
      expect(await macKnown()).toBe(old.mac);
      await old.mustRun("ip", "addr", "del", `${vip}/${length}`, "dev", "eth0");
      await add(next, vip);
      expect(await macKnown()).toBe(old.mac);
      const running = await announcer(next, vip, isPlain);
      running.kill("SIGUSR1");
      await waitFor(async () => (await macKnown()) === next.mac, {
        timeoutMs: 3_000,
        what: () => `the new MAC address; ${running.output()}`,
      });
      await client.mustRun("ping", "-c1", "-W2", "-nq", vip);
      expect(running.stdout()).toBe("ready\n");
    });
  }

  test("what cannot be announced is told", async () => {
    const lan = await createLan(["a"]);
    const a = lan.host("a");
    const running = await announcer(a, "10.98.0.100", false);
    await a.mustRun("ip", "link", "del", "eth0");
    running.kill("SIGUSR1");
    const [line] = await running.waitForOutput(/\{.*\}/);
    if (hasNative)
      expect(line).toContain("10.98.0.100 was not announced on eth0: no such interface");
  });
});
