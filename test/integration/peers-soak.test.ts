// Three balancers whose connections break at random, stall and come back while all of them change the
// same keys: after the last break their tables are equal. TANDEM_TEST_LONG=1: for ten minutes.
import net from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { runtimeCommand } from "../support/haproxy.ts";
import { freePorts } from "../support/ports.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { resynced } from "./peers-harness.ts";

const IS_LONG = process.env["TANDEM_TEST_LONG"] === "1";
const DURATION_MS = IS_LONG ? 600_000 : 6_000;
const NAMES = ["lb1", "lb2", "lb3"] as const;
const KEYS = 2_000;
const CHANGES_PER_ROUND = 50;

/** A relay that its owner breaks: connections are reset, or carry nothing for a while. */
class BadLink {
  readonly port: number;
  readonly #target: number;
  readonly #pairs = new Set<readonly [net.Socket, net.Socket]>();
  #isRefusing = false;
  breakCount = 0;

  constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
  }

  async open(): Promise<void> {
    const server = net.createServer((near) => this.#join(near));
    endLater(() => {
      server.close();
      this.cut();
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
  }

  cut(): void {
    this.breakCount += this.#pairs.size;
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  stall(): void {
    for (const [near, far] of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  goOn(): void {
    for (const [near, far] of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
    if (isRefusing) this.cut();
  }

  #join(near: net.Socket): void {
    near.on("error", () => undefined);
    if (this.#isRefusing) {
      near.destroy();
      return;
    }
    const far = net.connect(this.#target, "127.0.0.1");
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    far.on("error", () => undefined);
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => near.write(bytes));
    for (const socket of pair) {
      socket.on("close", () => {
        this.#pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
  }
}

/** The entries of a table by key, without what differs from node to node. */
async function entries(socket: string): Promise<ReadonlyMap<string, string>> {
  const text = await runtimeCommand(socket, "show table mqtt");
  const found = [...text.matchAll(/key=(\S+) .*?(server_id=\S+ gpc0=\S+)/g)];
  return new Map(found.map(([, key, data]) => [key!, data!] as const).sort());
}

test("tables are equal after the last break", { timeout: DURATION_MS + 90_000 }, async () => {
  const ports = await freePorts(15);
  const links: BadLink[] = [];
  const sockets = await Promise.all(
    NAMES.map(async (name, index) => {
      const socket = path.join(tempDir(), "stats.sock");
      const peers = await Promise.all(
        NAMES.map(async (peer, other) => {
          if (other === index) return `  peer ${peer} 127.0.0.1:${ports[index]!}`;
          const link = new BadLink(ports[3 + index * 3 + other]!, ports[other]!);
          await link.open();
          links.push(link);
          return `  peer ${peer} 127.0.0.1:${link.port}`;
        }),
      );
      const node = await startTandem({
        config: `
global
  localpeer ${name}
  stats socket ${socket} level admin
peers nodes
${peers.join("\n")}
listen mqtt
  mode tcp
  bind 127.0.0.1:${ports[12 + index]!}
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  stick-table type string len 32 size 100k expire 30m store server_id,gpc0 peers nodes
  stick on src
  server b1 127.0.0.1:9
`,
      });
      await resynced(node);
      return socket;
    }),
  );
  const pick = (count: number): number => Math.floor(Math.random() * count);
  const change = async (socket: string): Promise<void> => {
    const commands = Array.from(
      { length: CHANGES_PER_ROUND },
      () => `set table mqtt key key-${pick(KEYS)} data.server_id ${pick(5)} data.gpc0 ${pick(1e6)}`,
    );
    await runtimeCommand(socket, commands.join(";"));
  };
  const endMs = performance.now() + DURATION_MS;
  let roundCount = 0;
  while (performance.now() < endMs) {
    const link = links[pick(links.length)]!;
    const fault = pick(4);
    if (fault === 0) link.cut();
    else if (fault === 1) link.stall();
    else if (fault === 2) link.refuse(true);
    else link.goOn();
    await Promise.all(sockets.map(change));
    if (pick(3) === 0) for (const each of links) each.refuse(false);
    roundCount += 1;
  }
  for (const link of links) {
    link.refuse(false);
    link.goOn();
  }
  const tables = await waitFor(
    async () => {
      const read = await Promise.all(sockets.map(entries));
      const [one, ...rest] = read.map((table) => JSON.stringify([...table]));
      return rest.every((table) => table === one) && read;
    },
    { timeoutMs: 60_000, intervalMs: 500, what: "equal tables" },
  );
  const breakCount = links.reduce((sum, link) => sum + link.breakCount, 0);
  expect(breakCount).toBeGreaterThan(IS_LONG ? 500 : 3);
  const first = tables[0]!;
  expect(first.size).toBeGreaterThan(KEYS / 4);
  for (const other of tables) expect(other).toEqual(first);
  if (IS_LONG) console.log(JSON.stringify({ roundCount, breakCount, entryCount: first.size }));
});
