// The standing `ip` with what may go wrong, and the release of all that a configuration may hold.
import { describe, expect, test } from "vitest";
import { IpBatch } from "../../ha/io/ip-batch.ts";
import { releaseConfigured } from "../../ha/io/release.ts";
import { agentConfiguration, instanceConfiguration } from "../support/agent-configuration.ts";
import { endLater } from "../support/cleanup.ts";
import { createLan, noNamespaces, type Host } from "../support/netns.ts";

async function startBatch(): Promise<{ host: Host; batch: IpBatch; problems: string[] }> {
  const host = (await createLan(["a"])).host("a");
  const problems: string[] = [];
  const batch = new IpBatch({
    prefix: ["ip", "netns", "exec", host.namespace],
    onProblem: (problem) => problems.push(problem),
  });
  endLater(() => batch.close());
  return { host, batch, problems };
}

const add = (address: string): string[] => ["address", "add", `${address}/24`, "dev", "eth0"];

describe.skipIf(noNamespaces !== undefined)(`the standing ip ${noNamespaces ?? ""}`, () => {
  test("tells failures apart by command, and goes on after a word that ends it", async () => {
    const { host, batch, problems } = await startBatch();
    const answers = await Promise.all([
      batch.run(add("10.98.0.101")),
      batch.run(["address", "add", "10.98.0.999/24", "dev", "eth0"]),
      batch.run(add("10.98.0.102")),
      batch.run(add("10.98.0.102")),
      batch.run(["address", "add", "10.98.0.103/24", "dev", "nosuch"]),
      batch.run(["address", "del", "10.98.0.104/24", "dev", "eth0"]),
      batch.run(["-6", "rule", "add", "from", "fd00::1", "table", "77"]),
      batch.run(["address", "add", "10.98.0.105/24", "dev", "eth0 # no", "garbage"]),
      batch.run(add("10.98.0.106")),
    ]);
    expect(answers).toEqual([
      undefined,
      expect.stringContaining('any valid prefix is expected rather than "10.98.0.999/24"'),
      ...[undefined, undefined],
      expect.stringContaining('Cannot find device "nosuch"'),
      ...[undefined, undefined],
      expect.stringContaining("eth0 # no"),
      undefined,
    ]);
    for (const last of [101, 102, 106]) {
      expect(await host.hasAddress(`10.98.0.${last}`)).toBe(true);
    }
    expect(await host.mustRun("ip", "-6", "rule", "show")).toContain("lookup 77");
    expect(problems).toEqual([]);
  });

  test("loses nothing when it is killed again and again", async () => {
    const { host, batch } = await startBatch();
    const answers: Promise<string | undefined>[] = [];
    for (let i = 1; i <= 60; i++) {
      answers.push(batch.run(add(`10.98.0.${100 + i}`)));
      if (i % 20 === 0 && batch.pid !== undefined) process.kill(batch.pid, "SIGKILL");
    }
    expect(new Set(await Promise.all(answers))).toEqual(new Set([undefined]));
    for (let i = 1; i <= 60; i++) {
      expect(await host.hasAddress(`10.98.0.${100 + i}`)).toBe(true);
    }
  });

  test("one that hangs is replaced, and only the command that hung has failed", async () => {
    const { host, batch } = await startBatch();
    await batch.run(add("10.98.0.101"));
    process.kill(batch.pid!, "SIGSTOP");
    const answers = await Promise.all([
      batch.run(add("10.98.0.102")),
      batch.run(add("10.98.0.103")),
    ]);
    expect(answers).toEqual([expect.stringContaining("took longer than"), undefined]);
    expect(await host.hasAddress("10.98.0.103")).toBe(true);
  });

  test("release removes all that a configuration may hold, and nothing else", async () => {
    const { host } = await startBatch();
    const prefix = ["ip", "netns", "exec", host.namespace];
    const configuration = agentConfiguration({
      instances: [
        instanceConfiguration({
          ...{ name: "V", vips: ["10.98.0.100/24"], excludedVips: ["fd00::100/64"] },
          virtualRoutes: [["10.77.0.0/16", "via", "10.98.0.254"]],
        }),
        instanceConfiguration({ name: "OWNER", vips: [`${host.ipv4}/24`], priority: 255 }),
      ],
    });
    // With another length than the file says.
    await host.mustRun("ip", "address", "add", "10.98.0.100/16", "dev", "eth0");
    await host.mustRun("ip", "address", "add", "fd00::100/64", "dev", "eth0", "nodad");
    await host.mustRun("ip", "route", "add", "10.77.0.0/16", "via", "10.98.0.254");
    const release = await releaseConfigured(configuration, prefix);
    expect(release.problems).toEqual([]);
    expect(release.removed).toHaveLength(2);
    expect(await host.hasAddress("10.98.0.100")).toBe(false);
    expect(await host.hasAddress("fd00::100")).toBe(false);
    expect(await host.hasAddress(host.ipv4)).toBe(true);
    expect(await host.mustRun("ip", "route", "show")).not.toContain("10.77");
    expect(await releaseConfigured(configuration, prefix)).toEqual({ removed: [], problems: [] });
  });
});
