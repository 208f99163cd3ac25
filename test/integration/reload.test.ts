import net from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePort, freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { canConnect, waitFor } from "../support/wait-for.ts";
import { connectDevice, Placements } from "./mqtt-devices.ts";

function config(
  ports: readonly number[],
  server: string,
  frontendLines: readonly string[] = [],
): string {
  return [
    "listen mqtt",
    "  mode tcp",
    ...ports.map((port) => `  bind 127.0.0.1:${port}`),
    "  timeout connect 5s",
    "  timeout client 1m",
    "  timeout server 1m",
    ...frontendLines.map((line) => `  ${line}`),
    `  ${server}`,
    "",
  ].join("\n");
}

describe.skipIf(!has("mosquitto"))(`reload${skipNote("mosquitto")}`, () => {
  let brokers: Broker[] = [];
  beforeAll(async () => {
    brokers = await startMosquittos(2);
  });
  const server = (index: number): string => `server b${index} 127.0.0.1:${brokers[index]!.port}`;

  test.each([
    [
      "a word that is not known",
      (port: number) => config([port], server(1), ["timout queue 5s"]),
      /\[ALERT\].*haproxy\.cfg:7\] : unknown keyword 'timout' in 'listen' section.*timeout/s,
    ],
    [
      "a server whose name does not resolve",
      (port: number) => config([port], "server b1 nowhere.invalid:1883"),
      /haproxy\.cfg:7\] : 'server mqtt\/b1' : could not resolve address 'nowhere\.invalid'/,
    ],
    [
      "a certificate that is missing",
      (port: number) =>
        config([port], server(1)).replace(/(bind \S+)/, "$1 ssl crt /nowhere/server.pem"),
      /unable to stat SSL certificate from file '\/nowhere\/server\.pem'/,
    ],
    ["nothing at all", () => "", /\[ALERT\].*No enabled listener found/],
  ])("%s changes nothing and says why", async (_, invalid, reason) => {
    const port = await freePort();
    const balancer = await startTandem({ config: config([port], server(0)) });
    const device = await connectDevice(port, "before");
    balancer.rewrite(invalid(port));

    const { code, stdout, stderr } = await balancer.reload();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/tandem: reload: Refused: the running configuration stays\n$/);

    const before = balancer.process.stderr().length;
    balancer.process.kill("SIGHUP");
    const log = await waitFor(() => {
      const text = balancer.process.stderr().slice(before);
      return text.includes("reload refused") && text;
    });
    expect(log).toMatch(reason);

    await device.publishAsync("topic", "alive", { qos: 1 });
    const placements = new Placements(brokers);
    await connectDevice(port, "after");
    expect(await placements.of(["after"])).toEqual(new Map([["after", 0]]));
  });

  test("listeners come and go, sessions of those that go live on", async () => {
    const [kept, removed, added] = await freePorts(3);
    const balancer = await startTandem({ config: config([kept!, removed!], server(0)) });
    const device = await connectDevice(removed!, "through-removed");
    balancer.rewrite(config([kept!, added!], server(1)));
    expect(await balancer.reload()).toMatchObject({ code: 0 });
    expect(await Promise.all([kept!, removed!, added!].map((port) => canConnect(port)))).toEqual([
      true,
      false,
      true,
    ]);
    await device.publishAsync("topic", "alive", { qos: 1 });
    const placements = new Placements(brokers);
    await connectDevice(kept!, "through-kept");
    await connectDevice(added!, "through-added");
    expect(await placements.counts(["through-kept", "through-added"])).toEqual([0, 2]);
  });

  test("a port in use refuses the reload, and no other port is opened", async () => {
    const [kept, free, used] = await freePorts(3);
    const balancer = await startTandem({ config: config([kept!], server(0)) });
    await occupy(used!);
    balancer.rewrite(config([free!, used!], server(1)));
    const { code, stderr } = await balancer.reload();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${used!}\\b`));
    expect(await canConnect(free!)).toBe(false);
    const placements = new Placements(brokers);
    await connectDevice(kept!, "after");
    expect(await placements.counts(["after"])).toEqual([1, 0]);
  });

  test("rules and limits hold for new clients, and leave those that are connected alone", async () => {
    const port = await freePort();
    const balancer = await startTandem({ config: config([port], server(0)) });
    const device = await connectDevice(port, "connected");
    const rule = "tcp-request connection reject if { src 127.0.0.1 }";
    balancer.rewrite(config([port], server(0), [rule]));
    expect(await balancer.reload()).toMatchObject({ code: 0 });
    await expect(connectDevice(port, "rejected")).rejects.toThrow();
    await device.publishAsync("topic", "alive", { qos: 1 });
    balancer.rewrite(config([port], server(0)));
    expect(await balancer.reload()).toMatchObject({ code: 0 });
    await connectDevice(port, "welcome");
  });

  test("the last of many reloads at the same time finds the last file", async () => {
    const port = await freePort();
    const balancer = await startTandem({ config: config([port], server(0)) });
    const reloading: ReturnType<typeof balancer.reload>[] = [];
    for (let round = 0; round < 5; round++) {
      balancer.rewrite(config([port], server(round === 4 ? 1 : 0)));
      balancer.process.kill("SIGHUP");
      reloading.push(balancer.reload());
    }
    const outcomes = await Promise.all(reloading);
    expect(outcomes.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      outcomes.map(() => ({ code: 0, stderr: "" })),
    );
    const placements = new Placements(brokers);
    await connectDevice(port, "after");
    expect(await placements.counts(["after"])).toEqual([0, 1]);
  });
});

/** Listens on a port until the end of the test. */
async function occupy(port: number): Promise<void> {
  const holder = net.createServer().listen(port, "127.0.0.1");
  endLater(() => void holder.close());
  await waitFor(() => holder.listening);
}
