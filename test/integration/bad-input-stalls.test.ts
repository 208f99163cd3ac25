// Peers that do not read, and peers that say nothing: what they cost, and that they cost nobody else.
import { createHash } from "node:crypto";
import { once } from "node:events";
import type net from "node:net";
import { expect, test } from "vitest";
import { freePort } from "../support/ports.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  connect,
  exchange,
  listen,
  MIB,
  median,
  portOf,
  readToEnd,
  residentBytes,
  startEchoServer,
  startWitness,
} from "./bad-input-harness.ts";

/** Ten thousand clients take seconds and descriptors: the default run makes do with fewer. */
const IS_LONG = process.env["TANDEM_TEST_LONG"] === "1";
const HALF_OPEN_COUNT = IS_LONG ? 10_000 : 2_000;
const HALF_OPEN_DELAY_MS = IS_LONG ? 20_000 : 6_000;

const STALLED_BYTES = 64 * MIB;
/** What kernels hold of a stalled stream: two sockets with up to 6 MiB in each buffer. */
const KERNEL_BYTES_MAX = 32 * MIB;
/** What the balancer may hold of one: a chunk, and what its heap happens to grow by. */
const HELD_BYTES_MAX = 24 * MIB;

async function balance(port: number, servers: readonly number[], lines = ""): Promise<Tandem> {
  const backends = servers.map((server, index) => `server s${index} 127.0.0.1:${server}`);
  return startTandem({
    config: `
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen a
  bind 127.0.0.1:${port}
  ${lines}
  ${backends.join("\n  ")}
`,
  });
}

/** Sends blocks, as fast as they are taken; tells how many bytes were and the hash of all. */
class Flood {
  sentBytes = 0;
  readonly hash = createHash("sha256");
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    // A stream that is cut off shows by the bytes that are missing.
    this.#run().catch(() => undefined);
  }

  /** Waits until nothing has been taken for a while; how much was until then. */
  async stalled(): Promise<number> {
    let lastBytes = -1;
    await waitFor(
      () => {
        const isStill = lastBytes === this.sentBytes && lastBytes > 0;
        lastBytes = this.sentBytes;
        return isStill;
      },
      { intervalMs: 400, what: "the sender to be stopped" },
    );
    return lastBytes;
  }

  async #run(): Promise<void> {
    const socket = this.#socket;
    for (let index = 0; this.sentBytes < STALLED_BYTES; index++) {
      const block = Buffer.alloc(64 * 1024, index % 251);
      this.hash.update(block);
      const isTaken = socket.write(block);
      this.sentBytes += block.length;
      if (!isTaken) await once(socket, "drain");
      if (socket.destroyed) return;
    }
    socket.end();
  }
}

async function hashOf(socket: net.Socket): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of socket) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

test("a client that never reads stops its server, costs no memory, and still gets all", async () => {
  const floods: Flood[] = [];
  const server = await listen((socket) => {
    if (floods.length === 0) floods.push(new Flood(socket));
    else socket.pipe(socket);
  });
  const port = await freePort();
  const tandem = await balance(port, [portOf(server)]);
  const client = await connect(port);
  client.pause();
  await waitFor(() => floods.length === 1);
  const before = residentBytes(tandem.pid);
  const stopWitness = await startWitness(port);
  expect(await floods[0]!.stalled()).toBeLessThan(KERNEL_BYTES_MAX);
  expect(residentBytes(tandem.pid) - before).toBeLessThan(HELD_BYTES_MAX);
  expect((await stopWitness()).medianMs).toBeLessThan(150);
  const hash = await hashOf(client);
  expect(floods[0]!.sentBytes).toBe(STALLED_BYTES);
  expect(hash).toBe(floods[0]!.hash.digest("hex"));
});

test("a server that never reads stops its client, costs no memory, and still gets all", async () => {
  const stalled: net.Socket[] = [];
  const server = await listen((socket) => {
    if (stalled.length === 0) stalled.push(socket.pause());
    else socket.pipe(socket);
  });
  const port = await freePort();
  const tandem = await balance(port, [portOf(server)]);
  const client = await connect(port);
  await waitFor(() => stalled.length === 1);
  const before = residentBytes(tandem.pid);
  const flood = new Flood(client);
  const stopWitness = await startWitness(port);
  expect(await flood.stalled()).toBeLessThan(KERNEL_BYTES_MAX);
  expect(residentBytes(tandem.pid) - before).toBeLessThan(HELD_BYTES_MAX);
  expect((await stopWitness()).medianMs).toBeLessThan(150);
  const hash = await hashOf(stalled[0]!);
  expect(hash).toBe(flood.hash.digest("hex"));
});

test("many clients that never read cost a chunk each", async () => {
  const floods: Flood[] = [];
  const server = await listen((socket) => {
    floods.push(new Flood(socket));
  });
  const port = await freePort();
  const tandem = await balance(port, [portOf(server)]);
  const before = residentBytes(tandem.pid);
  const clients = await Promise.all(Array.from({ length: 20 }, () => connect(port)));
  for (const client of clients) client.pause();
  await waitFor(() => floods.length === clients.length);
  await Promise.all(floods.map((flood) => flood.stalled()));
  const limit = HELD_BYTES_MAX + clients.length * 256 * 1024;
  expect(residentBytes(tandem.pid) - before).toBeLessThan(limit);
});

test(
  `${HALF_OPEN_COUNT} half-open clients are closed after the delay and disturb nobody`,
  { timeout: 90_000 },
  async () => {
    const echo = await startEchoServer();
    const port = await freePort();
    const lines = `maxconn 20000
  tcp-request inspect-delay ${HALF_OPEN_DELAY_MS}
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }`;
    const tandem = await balance(port, [echo.port], lines);
    await exchange(port);
    const before = residentBytes(tandem.pid);
    const startedMs = performance.now();
    let closedCount = 0;
    let firstCloseMs = Infinity;
    for (let opened = 0; opened < HALF_OPEN_COUNT; opened += 100) {
      const batch = Array.from({ length: 100 }, async (_, index) => {
        const socket = await connect(port, `127.0.0.${2 + ((opened + index) % 8)}`);
        socket.resume().once("close", () => {
          closedCount++;
          firstCloseMs = Math.min(firstCloseMs, performance.now() - startedMs);
        });
      });
      await Promise.all(batch);
    }
    // All are there: good clients get through at once, and the price is some kilobytes each.
    expect(closedCount).toBe(0);
    const timesMs: number[] = [];
    for (let index = 0; index < 20; index++) timesMs.push(await exchange(port));
    expect(median(timesMs)).toBeLessThan(150);
    const costBytes = (residentBytes(tandem.pid) - before) / HALF_OPEN_COUNT;
    expect(costBytes).toBeLessThan(16 * 1024);
    await waitFor(() => closedCount === HALF_OPEN_COUNT, {
      timeoutMs: HALF_OPEN_DELAY_MS + 20_000,
      what: () => `all to be closed, ${closedCount} are`,
    });
    expect(firstCloseMs).toBeGreaterThan(HALF_OPEN_DELAY_MS - 100);
    expect(echo.connectionCount).toBe(21);
    expect(await exchange(port)).toBeGreaterThan(0);
  },
);

test("a client that says nothing after its CONNECT is closed by `timeout client`", async () => {
  const echo = await startEchoServer();
  const port = await freePort();
  const tandem = await balance(port, [echo.port], "timeout client 700");
  const startedMs = performance.now();
  const client = await connect(port);
  await readToEnd(client);
  expect(performance.now() - startedMs).toBeGreaterThan(600);
  expect(tandem.process.status()).toBeUndefined();
});
