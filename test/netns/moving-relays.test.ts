// Relays under full load move to another node together with their address (TCP_REPAIR).
import { beforeAll, describe, expect, test } from "vitest";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { compileProgram } from "../support/compiled.ts";
import { createLan, type Host, type Lan, noNamespaces } from "../support/netns.ts";
import { waitFor } from "../support/wait-for.ts";
import { type EndAnswers, type NodeAnswers, type Remote, startRemote } from "./moving-harness.ts";

const PORT = 1883;
const SERVER_PORT = 9000;
const PAIRS = 8;
const MEBIBYTE = 1024 * 1024;

const { addon } = loadMoverAddon();
const note = noNamespaces ?? refusal() ?? "";

/** Why a kernel does not let a socket be repaired; `undefined` when it does. */
function refusal(): string | undefined {
  if (addon === undefined) return "skipped: the native part is not built";
  const loopback = Uint8Array.of(127, 0, 0, 1);
  const fd = addon.openRepaired(loopback, 9, loopback, 9, 0, 0);
  if (fd >= 0) addon.closeDescriptor(fd, false);
  return fd < 0 ? `skipped: the kernel refuses TCP_REPAIR (errno ${-fd})` : undefined;
}

let programs: { readonly node: string; readonly ends: string };

interface World {
  readonly lan: Lan;
  readonly vip: string;
  readonly a: Remote<NodeAnswers>;
  readonly b: Remote<NodeAnswers>;
  readonly clients: Remote<EndAnswers>;
  readonly server: Remote<EndAnswers>;
}

describe.skipIf(note !== "")(`relays that move to another node ${note}`, () => {
  beforeAll(() => {
    const compile = (name: string): string => compileProgram(`test/netns/programs/${name}.ts`);
    programs = { node: compile("moving-node"), ends: compile("moving-ends") };
  });

  test.each([
    { family: 4, vip: "10.98.0.100", serverHost: "10.98.0.4" },
    { family: 6, vip: "fd00::100", serverHost: "fd00::4" },
  ])("IPv$family: no byte is lost under full load", { timeout: 90_000 }, async (places) => {
    const world = await startWorld(places);
    const { a, b, clients, server } = world;
    const { descriptions, begunMs } = await holdUnderLoad(world);
    expect(await b.ask("restore", { descriptions })).toBe(PAIRS);
    await claim(world, "b");
    expect(await b.ask("start")).toBe(PAIRS);
    const tookMs = performance.now() - begunMs;
    await a.ask("drop");
    await flows(world);
    const gapMs = await clients.ask("gap");
    console.log(
      `moved ${PAIRS} relays in ${tookMs.toFixed(0)} ms; clients received nothing for ${gapMs.toFixed(0)} ms`,
    );
    await finishes(clients, server);
    await waitFor(async () => (await b.ask("ends")).length === PAIRS);
    expect(await a.ask("ends")).toEqual([]);
  });

  test("go on where they were when nobody takes them", { timeout: 90_000 }, async () => {
    const world = await startWorld({ vip: "10.98.0.100", serverHost: "10.98.0.4" });
    const { a, clients, server } = world;
    await giveUp(world, "a");
    await a.ask("freeze");
    await a.ask("hold");
    await claim(world, "a");
    expect(await a.ask("release")).toBe(PAIRS);
    await a.ask("resume");
    await flows(world);
    await finishes(clients, server);
  });
});

async function startWorld(places: { vip: string; serverHost: string }): Promise<World> {
  const { vip, serverHost } = places;
  const lan = await createLan(["a", "b", "clients", "server"]);
  if (vip.includes(":")) {
    for (const [index, host] of lan.hosts.entries()) {
      await host.mustRun("ip", "address", "add", `fd00::${index + 1}/64`, "dev", "eth0");
    }
  }
  for (const host of lan.hosts) {
    // Less than by default, so that queues are soon full.
    await host.mustRun("sysctl", "-qw", "net.ipv4.tcp_rmem=4096 131072 1048576");
    await host.mustRun("sysctl", "-qw", "net.ipv4.tcp_wmem=4096 16384 1048576");
  }
  const world = { lan, vip };
  await claim(world, "a");
  const server = startRemote<EndAnswers>(lan.host("server"), programs.ends, [
    "server",
    serverHost,
    SERVER_PORT,
  ]);
  // It listens once it answers.
  await server.ask("progress");
  const [a, b] = ["a", "b"].map((name) =>
    startRemote<NodeAnswers>(lan.host(name), programs.node, [
      ...[vip, PORT, serverHost, SERVER_PORT],
    ]),
  ) as [Remote<NodeAnswers>, Remote<NodeAnswers>];
  await Promise.all([a.ask("listen"), b.ask("listen")]);
  const clients = startRemote<EndAnswers>(lan.host("clients"), programs.ends, [
    ...["client", vip, PORT, PAIRS],
  ]);
  const started = { ...world, a, b, clients, server };
  await waitFor(async () => (await a.ask("relays")) === PAIRS);
  await waitFor(async () => {
    const [one, other] = await Promise.all([clients.ask("progress"), server.ask("progress")]);
    const hasPaused = one.pausedCount === PAIRS / 2 && other.pausedCount === PAIRS / 2;
    return hasPaused && Math.max(...one.bytes) > MEBIBYTE;
  });
  // Where readers have stopped, kernels are full sooner or later.
  await waitFor(async () => {
    const { isInHand } = await a.ask("freeze");
    await a.ask("resume");
    return isInHand;
  });
  return started;
}

/**
 * Stops the relays of `a` at a moment at which bytes lie wherever they may lie, so that the rest proves what it
 * says. Every attempt but the last one puts them back.
 */
async function holdUnderLoad(
  world: World,
): Promise<{ readonly descriptions: readonly Uint8Array[]; readonly begunMs: number }> {
  const { a, clients } = world;
  for (;;) {
    await clients.ask("watch");
    const begunMs = performance.now();
    // What is sent from here on is not acknowledged.
    await giveUp(world, "a");
    expect(await a.ask("freeze")).toMatchObject({ count: PAIRS });
    const { descriptions, ...counts } = await a.ask("hold");
    expect(descriptions).toHaveLength(PAIRS);
    if (Object.values(counts).every((count) => count > 0)) return { descriptions, begunMs };
    await claim(world, "a");
    await a.ask("release");
    await a.ask("resume");
  }
}

/** Takes the address from a node: what is sent to it reaches nobody. */
async function giveUp({ lan, vip }: Pick<World, "lan" | "vip">, name: string): Promise<void> {
  await lan.host(name).mustRun("ip", "address", "del", withLength(vip), "dev", "eth0");
}

/** Gives the address to a node, and tells the network. */
async function claim({ lan, vip }: Pick<World, "lan" | "vip">, name: string): Promise<void> {
  const host = lan.host(name);
  await host.mustRun("ip", "address", "add", withLength(vip), "dev", "eth0");
  for (const other of lan.hosts) if (other !== host) await teach(other, vip, host.mac);
}

/** As a gratuitous ARP or an unsolicited neighbor advertisement does. */
async function teach(host: Host, vip: string, mac: string): Promise<void> {
  await host.mustRun("ip", "neighbour", "replace", vip, "lladdr", mac, "dev", "eth0");
}

function withLength(vip: string): string {
  return `${vip}/${vip.includes(":") ? 64 : 24}`;
}

/** Waits until every connection has received a MiB more, also those that had stopped reading. */
async function flows({ clients, server }: World): Promise<void> {
  for (const ends of [clients, server]) {
    const before = (await ends.ask("progress")).bytes;
    await ends.ask("resume");
    await waitFor(
      async () => {
        const { bytes } = await ends.ask("progress");
        return bytes.every((count, index) => count > before[index]! + MEBIBYTE);
      },
      { timeoutMs: 30_000 },
    );
  }
}

async function finishes(clients: Remote<EndAnswers>, server: Remote<EndAnswers>): Promise<void> {
  const [one, other] = await Promise.all([clients.ask("finish"), server.ask("finish")]);
  expect([one.error, other.error]).toEqual([undefined, undefined]);
  const sorted = (digests: readonly string[]): string[] => [...digests].sort();
  const [sentByClients, receivedByClients] = [0, 1].map((at) =>
    one.digests.map((pair) => pair[at]!),
  );
  const [sentByServer, receivedByServer] = [0, 1].map((at) =>
    other.digests.map((pair) => pair[at]!),
  );
  expect(sorted(receivedByServer!)).toEqual(sorted(sentByClients!));
  expect(sorted(receivedByClients!)).toEqual(sorted(sentByServer!));
}
