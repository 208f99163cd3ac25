import { createHash, randomBytes } from "node:crypto";
import type net from "node:net";
import { describe, expect, test } from "vitest";
import { waitFor } from "../support/wait-for.ts";
import {
  ending,
  Harness,
  listenBackend,
  MOVERS_AND_FAR,
  openClient,
  readBytes,
} from "./mover-harness.ts";

describe.each(MOVERS_AND_FAR)("$name: relay()", (factory) => {
  test("relay() moves bytes both ways and counts them", async () => {
    const harness = new Harness(factory);
    const { client, server, clientId } = await harness.relayed();
    client.write("question");
    expect((await readBytes(server, 8)).toString()).toBe("question");
    server.write("the answer");
    expect((await readBytes(client, 10)).toString()).toBe("the answer");
    expect(harness.mover.counters(clientId)).toEqual({ bytesToServer: 8, bytesToClient: 10 });
  });

  test("relay() propagates a client's half-close and still carries the answer", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed();
    client.end("last words");
    expect((await readBytes(server, 10)).toString()).toBe("last words");
    expect(await ending(server)).toBe("end");
    server.end("farewell");
    expect((await readBytes(client, 8)).toString()).toBe("farewell");
    expect(await ending(client)).toBe("end");
    const ended = await harness.next("relay-ended");
    expect(ended.end).toBe("client-closed");
    expect(ended.counters).toEqual({ bytesToServer: 10, bytesToClient: 8 });
  });

  test("relay() propagates a server's half-close and names it as the first", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed();
    server.end();
    expect(await ending(client)).toBe("end");
    client.end("late");
    expect((await readBytes(server, 4)).toString()).toBe("late");
    expect(await ending(server)).toBe("end");
    expect((await harness.next("relay-ended")).end).toBe("server-closed");
  });

  test("relay() tells a server of a client's reset by a reset, as HAProxy does", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed();
    const ended = ending(server);
    client.resetAndDestroy();
    expect(await ended).toBe("ECONNRESET");
    expect(await harness.next("relay-ended")).toMatchObject({
      end: "client-error",
      code: "ECONNRESET",
    });
  });

  test("relay() ends a client orderly when the server resets, with the bytes before it", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed();
    server.write("partial");
    expect((await readBytes(client, 7)).toString()).toBe("partial");
    server.resetAndDestroy();
    expect(await ending(client)).toBe("end");
    expect(await harness.next("relay-ended")).toMatchObject({
      end: "server-error",
      code: "ECONNRESET",
    });
  });

  test("relay() resets the server when the client ends with resetServerAtEnd", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed({ resetServerAtEnd: true });
    const ended = ending(server);
    client.end();
    expect(await ended).toBe("ECONNRESET");
    expect((await harness.next("relay-ended")).end).toBe("client-closed");
  });

  test.each([
    [{ clientMs: 80 }, "client-timeout"],
    [{ serverMs: 80 }, "server-timeout"],
    [{ clientMs: 80, serverMs: 80 }, "client-timeout"],
    [{ clientMs: 5, serverMs: 5, tunnelMs: 80 }, "client-timeout"],
  ] as const)("relay() ends both sides after silence: %o is a %s", async (spec, end) => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed(spec);
    const startMs = performance.now();
    const endings = [ending(client), ending(server)];
    expect((await harness.next("relay-ended")).end).toBe(end);
    expect(performance.now() - startMs).toBeGreaterThan(60);
    expect(await Promise.all(endings)).toEqual(["end", "end"]);
  });

  test("relay() takes bytes in either direction for activity of both sides", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed({ clientMs: 150, serverMs: 150 });
    const startMs = performance.now();
    for (let i = 0; i < 6; i++) {
      server.write("x");
      await readBytes(client, 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(harness.has("relay-ended")).toBe(false);
    await harness.next("relay-ended");
    expect(performance.now() - startMs).toBeGreaterThan(400);
  });

  test("relay() with isClientHeard ends a client that says nothing, whatever is sent to it", async () => {
    const harness = new Harness(factory);
    const heard = { clientMs: 150, serverMs: 60_000, isClientHeard: true };
    const { client, server } = await harness.relayed(heard);
    client.resume();
    const flow = setInterval(() => server.write("x"), 10);
    const end = await harness.next("relay-ended").finally(() => clearInterval(flow));
    expect(end.end).toBe("client-timeout");
    expect(end.counters.bytesToClient).toBeGreaterThan(1);
  });

  test("relay() waits serverFinMs for the server's end after the client's", async () => {
    const harness = new Harness(factory);
    const spec = { clientMs: 60_000, serverMs: 60_000, clientFinMs: 30_000, serverFinMs: 60 };
    const { client } = await harness.relayed(spec);
    client.end();
    expect((await harness.next("relay-ended")).end).toBe("server-timeout");
  });

  test("relay() waits clientFinMs for the client's end after the server's", async () => {
    const harness = new Harness(factory);
    const spec = { clientMs: 60_000, serverMs: 60_000, clientFinMs: 60, serverFinMs: 30_000 };
    const { server } = await harness.relayed(spec);
    server.end();
    expect((await harness.next("relay-ended")).end).toBe("client-timeout");
  });

  test("relay() counts a client that does not take its bytes as silent", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed({ clientMs: 300 });
    client.pause();
    const block = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 64; i++) server.write(block);
    expect((await harness.next("relay-ended")).end).toBe("client-timeout");
  });

  test("retime() changes the timeouts of a running relay", async () => {
    const harness = new Harness(factory);
    const { clientId } = await harness.relayed({ clientMs: 3_600_000 });
    harness.mover.retime(clientId, { serverMs: 40 });
    expect((await harness.next("relay-ended")).end).toBe("server-timeout");
  });

  test.each(["finish", "reset"] as const)("close() ends both sides: %s", async (manner) => {
    const harness = new Harness(factory);
    const { client, server, clientId, serverId } = await harness.relayed();
    const endings = [ending(client), ending(server)];
    harness.mover.close(serverId, manner);
    expect((await harness.next("relay-ended")).end).toBe("closed");
    const expected = manner === "finish" ? "end" : "ECONNRESET";
    expect(await Promise.all(endings)).toEqual([expected, expected]);
    expect(harness.mover.counters(clientId)).toBeUndefined();
  });

  test("relay() sends bytes in hand first, and an end that came with them", async () => {
    const harness = new Harness(factory);
    const listener = await harness.listen();
    const backend = await listenBackend();
    const { client, id } = await harness.accept(listener.port);
    harness.mover.inspect(id, 1000);
    client.end("early");
    await harness.next("bytes", (event) => event.ended);
    const serverId = await harness.connect(backend.port);
    const server = await backend.nextConnection();
    server.write("greeting");
    harness.mover.relay(id, serverId, {});
    expect((await readBytes(server, 5)).toString()).toBe("early");
    expect(await ending(server)).toBe("end");
    expect((await readBytes(client, 8)).toString()).toBe("greeting");
    server.end();
    expect((await harness.next("relay-ended")).counters).toEqual({
      bytesToServer: 5,
      bytesToClient: 8,
    });
  });

  test("relay() delivers a server that speaks first", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed();
    server.write("220 ready");
    expect((await readBytes(client, 9)).toString()).toBe("220 ready");
  });

  test("relay() carries single bytes in order", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed();
    const text = "0123456789".repeat(50);
    for (const byte of text) client.write(byte);
    expect((await readBytes(server, text.length)).toString()).toBe(text);
  });

  test("relay() carries 64 MiB both ways unchanged", async () => {
    const harness = new Harness(factory);
    const { client, server } = await harness.relayed();
    const [up, down] = await Promise.all([
      stream(client, server, 64 * 1024 * 1024),
      stream(server, client, 64 * 1024 * 1024),
    ]);
    expect(up.received).toBe(up.sent);
    expect(down.received).toBe(down.sent);
  });

  test.each(["client", "server"] as const)(
    "relay() stops a sender whose %s does not read",
    async (slow) => {
      const harness = new Harness(factory);
      const { client, server, clientId } = await harness.relayed();
      const sender = slow === "client" ? server : client;
      const reader = slow === "client" ? client : server;
      const block = Buffer.alloc(256 * 1024, 7);
      // More than the kernel's buffers of both connections may hold.
      const blockCount = 256;
      for (let i = 0; i < blockCount; i++) sender.write(block);
      const bytesIn = (): number => {
        const counters = harness.mover.counters(clientId)!;
        return slow === "client" ? counters.bytesToClient : counters.bytesToServer;
      };
      const stalled = await stallsAt(bytesIn);
      expect(stalled).toBeLessThan(blockCount * block.length);
      // Nobody has read: what the mover has taken fits into one socket's buffer and one chunk.
      expect(stalled).toBeLessThan(16 * 1024 * 1024);
      let received = 0;
      reader.on("data", (chunk: Buffer) => (received += chunk.length));
      await waitFor(() => received === blockCount * block.length);
    },
  );

  test("relay() carries 1,000 connections at once", async () => {
    const harness = new Harness(factory);
    const listener = await harness.listen();
    const backend = await listenBackend();
    harness.onEvent = (event) => {
      if (event.kind === "accepted") {
        const server = harness.mover.connect({
          endpoint: { kind: "ip", family: 4, host: "127.0.0.1", port: backend.port },
          socket: { keepalive: false },
        });
        clients.set(server, event.connection);
      }
      if (event.kind === "connected") {
        harness.mover.relay(clients.get(event.connection)!, event.connection, {
          clientMs: 60_000,
          serverMs: 60_000,
        });
      }
    };
    const clients = new Map<number, number>();
    const sockets = Array.from({ length: 1000 }, () => openClient(listener.port));
    void echoAll(backend, sockets.length);
    await Promise.all(
      sockets.map(async (socket, index) => {
        socket.write(`hello ${index}`);
        const answer = await readBytes(socket, `hello ${index}`.length);
        expect(answer.toString()).toBe(`hello ${index}`);
        socket.end();
      }),
    );
    for (let i = 0; i < sockets.length; i++) {
      expect((await harness.next("relay-ended")).end).toBe("client-closed");
    }
  });
});

async function echoAll(
  backend: Awaited<ReturnType<typeof listenBackend>>,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) (await backend.nextConnection()).on("data", echo).on("end", end);
}

function echo(this: net.Socket, chunk: Buffer): void {
  this.write(chunk);
}

function end(this: net.Socket): void {
  this.end();
}

/** Sends random bytes with back-pressure and compares digests. */
async function stream(
  from: net.Socket,
  to: net.Socket,
  byteCount: number,
): Promise<{ sent: string; received: string }> {
  const sent = createHash("sha1");
  const received = createHash("sha1");
  let receivedCount = 0;
  const done = new Promise<void>((resolve) => {
    to.on("data", (chunk: Buffer) => {
      received.update(chunk);
      receivedCount += chunk.length;
      if (receivedCount >= byteCount) resolve();
    });
  });
  const block = randomBytes(1024 * 1024 - 13);
  for (let left = byteCount; left > 0;) {
    const chunk = block.subarray(0, Math.min(left, block.length));
    sent.update(chunk);
    left -= chunk.length;
    if (!from.write(Buffer.from(chunk)))
      await new Promise((resolve) => from.once("drain", resolve));
  }
  await done;
  return { sent: sent.digest("hex"), received: received.digest("hex") };
}

/** The value of a counter once it has stayed the same for 200 ms. */
async function stallsAt(read: () => number): Promise<number> {
  let last = -1;
  let sinceMs = performance.now();
  await waitFor(() => {
    const value = read();
    if (value !== last) {
      last = value;
      sinceMs = performance.now();
    }
    return value > 0 && performance.now() - sinceMs > 200;
  });
  return last;
}
