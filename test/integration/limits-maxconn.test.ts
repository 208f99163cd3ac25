// Limits of connections and of their rate: who is above waits his turn, and is served in order.
import { once } from "node:events";
import type net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { freePorts } from "../support/ports.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { connect, exchange, listen, portOf, startEchoServer } from "./bad-input-harness.ts";

/** Long enough to be served; that somebody is not can only be seen by waiting. */
const PATIENCE_MS = 250;

/** A client and whether it has been greeted by the server. */
interface Client {
  readonly socket: net.Socket;
  readonly isServed: () => boolean;
}

async function enter(port: number): Promise<Client> {
  const socket = await connect(port);
  let isServed = false;
  socket.once("data", () => (isServed = true));
  return { socket, isServed: () => isServed };
}

/** Enters one after the other, so that their order is known. */
async function enterAll(port: number, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < count) clients.push(await enter(port));
  return clients;
}

async function leave({ socket }: Client): Promise<void> {
  socket.end();
  if (!socket.closed) await once(socket, "close");
}

/** Which of the clients are served, in the end. */
async function served(clients: readonly Client[], count: number): Promise<number[]> {
  const found = (): number[] =>
    clients.flatMap((client, index) => (client.isServed() ? [index] : []));
  await waitFor(() => found().length >= count, { what: `${count} clients to be served` });
  await sleep(PATIENCE_MS);
  return found();
}

/** A server that greets, and closes when its client does. */
async function startGreeter(): Promise<number> {
  const server = await listen((socket) => {
    socket.write("hello");
    socket.resume().on("end", () => socket.end());
  });
  return portOf(server);
}

interface Place {
  readonly tandem: Tandem;
  /** The limited listener, another of the same frontend, and one of another frontend. */
  readonly limited: number;
  readonly sibling: number;
  readonly other: number;
}

interface Limits {
  readonly global?: string;
  readonly frontend?: string;
  readonly bind?: string;
  readonly server?: string;
}

async function start(limits: Limits): Promise<Place> {
  const [limited, sibling, other] = (await freePorts(3)) as [number, number, number];
  const greeter = await startGreeter();
  const echo = await startEchoServer();
  const tandem = await startTandem({
    config: `
global
  log stdout format raw local0
  ${limits.global ?? ""}
defaults
  mode tcp
  log global
  option tcplog
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen limited
  bind 127.0.0.1:${limited} ${limits.bind ?? ""}
  bind 127.0.0.1:${sibling}
  ${limits.frontend ?? ""}
  server s1 127.0.0.1:${greeter} ${limits.server ?? ""}
listen other
  bind 127.0.0.1:${other}
  server s1 127.0.0.1:${echo.port}
`,
  });
  return { tandem, limited, sibling, other };
}

describe("maxconn", () => {
  test.each<[string, Limits]>([
    ["global", { global: "maxconn 3" }],
    ["of a frontend", { frontend: "maxconn 3" }],
    ["of a bind line", { bind: "maxconn 3" }],
    ["of a server", { server: "maxconn 3" }],
  ])("%s: who is above waits, and is served in order when others leave", async (_, limits) => {
    const { limited } = await start(limits);
    const clients = await enterAll(limited, 6);
    expect(await served(clients, 3)).toEqual([0, 1, 2]);
    await leave(clients[1]!);
    expect(await served(clients, 4)).toEqual([0, 1, 2, 3]);
    await leave(clients[0]!);
    await leave(clients[2]!);
    expect(await served(clients, 6)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(clients.every(({ socket }, index) => index < 3 || !socket.closed)).toBe(true);
  });

  test("global: nobody else is let in either, until somebody leaves", async () => {
    const { limited, other } = await start({ global: "maxconn 2" });
    const clients = await enterAll(limited, 2);
    expect(await served(clients, 2)).toEqual([0, 1]);
    const waiting = exchange(other);
    expect(await Promise.race([waiting, sleep(PATIENCE_MS, "waits")])).toBe("waits");
    await leave(clients[0]!);
    expect(await waiting).toBeGreaterThan(0);
  });

  test("of a frontend: its other listeners wait, other frontends do not", async () => {
    const { limited, sibling, other } = await start({ frontend: "maxconn 2" });
    const clients = await enterAll(limited, 2);
    expect(await served(clients, 2)).toEqual([0, 1]);
    const third = await enter(sibling);
    expect(await served([...clients, third], 2)).toEqual([0, 1]);
    expect(await exchange(other)).toBeGreaterThan(0);
    await leave(clients[0]!);
    expect(await served([third], 1)).toEqual([0]);
  });

  test("of a bind line: the other listeners of its frontend do not wait", async () => {
    const { limited, sibling } = await start({ bind: "maxconn 2" });
    const clients = await enterAll(limited, 3);
    const elsewhere = await enter(sibling);
    expect(await served([...clients, elsewhere], 3)).toEqual([0, 1, 3]);
  });

  test("who leaves while waiting loses its place and takes no other's", async () => {
    const { limited } = await start({ frontend: "maxconn 1" });
    const clients = await enterAll(limited, 4);
    clients[1]!.socket.resetAndDestroy();
    clients[2]!.socket.destroy();
    await leave(clients[0]!);
    await waitFor(() => clients[3]!.isServed());
  });

  test("of a server: `timeout queue` ends the wait, and the log says so", async () => {
    const limits = { server: "maxconn 1", frontend: "timeout queue 500" };
    const { tandem, limited, other } = await start(limits);
    const [first, second] = await enterAll(limited, 2);
    const startedMs = performance.now();
    await once(second!.socket.resume(), "close");
    expect(performance.now() - startedMs).toBeGreaterThan(400);
    expect(second!.isServed()).toBe(false);
    expect(first!.socket.closed).toBe(false);
    await tandem.process.waitForOutput(
      /limited limited\/<NOSRV> \d+\/-1\/\d+ 0 sQ 2\/2\/1\/0\/0 0\/1$/m,
    );
    expect(await exchange(other)).toBeGreaterThan(0);
    await leave(first!);
    const third = await enter(limited);
    expect(await served([third], 1)).toEqual([0]);
  });

  test("a crowd above every limit is served to the last, whatever the order of leaving", async () => {
    const { limited } = await start({ frontend: "maxconn 20", server: "maxconn 10" });
    const visit = async (): Promise<void> => {
      const client = await enter(limited);
      await waitFor(client.isServed, { timeoutMs: 20_000 });
      await leave(client);
    };
    await Promise.all(Array.from({ length: 300 }, visit));
  });
});

describe("rates", () => {
  test.each<[string, Limits]>([
    ["rate-limit sessions", { frontend: "rate-limit sessions 5" }],
    ["maxconnrate", { global: "maxconnrate 5" }],
  ])("%s lets so many in each second, and in the end everybody", async (_, limits) => {
    const { limited } = await start(limits);
    const startedMs = performance.now();
    const clients = await enterAll(limited, 15);
    const servedCount = (): number => clients.filter(({ isServed }) => isServed()).length;
    await waitFor(() => servedCount() >= 5);
    await waitFor(() => performance.now() - startedMs >= 500);
    const early = servedCount();
    await waitFor(() => servedCount() === 15, { timeoutMs: 15_000 });
    const tookMs = performance.now() - startedMs;
    expect(early).toBeLessThan(10);
    expect(tookMs).toBeGreaterThan(1_000);
    expect(tookMs).toBeLessThan(6_000);
  });
});
