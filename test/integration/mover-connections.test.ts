import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  ending,
  Harness,
  listenBackend,
  listenSpec,
  MOVERS,
  MOVERS_AND_FAR,
  NO_KEEPALIVE,
  openClient,
  readBytes,
} from "./mover-harness.ts";

describe.each(MOVERS)("$name: listen()", (factory) => {
  test("listen() tells source and destination of each connection", async () => {
    const harness = new Harness(factory);
    const { port, id } = await harness.listen();
    const client = openClient(port);
    const accepted = await harness.next("accepted");
    expect(accepted.listener).toBe(id);
    expect(accepted.source).toEqual({
      kind: "ip",
      family: 4,
      host: "127.0.0.1",
      port: client.localPort,
    });
    expect(accepted.destination).toEqual({ kind: "ip", family: 4, host: "127.0.0.1", port });
  });

  test("listen() on every address tells the one that the client chose", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen({
      address: { kind: "ip", family: 4, host: "0.0.0.0", port: 0 },
    });
    const client = net.connect({ port, host: "127.0.0.9" });
    endLater(() => void client.destroy());
    const { destination } = await harness.next("accepted");
    expect(destination).toEqual({ kind: "ip", family: 4, host: "127.0.0.9", port });
  });

  test("listen() takes IPv4 on an IPv6 address unless v6only is set", async () => {
    const harness = new Harness(factory);
    const address = { kind: "ip", family: 6, host: "::", port: 0 } as const;
    const both = await harness.listen({ address });
    openClient(both.port);
    const accepted = await harness.next("accepted");
    expect(accepted.source).toMatchObject({ family: 6, host: "::ffff:127.0.0.1" });
    const only = await harness.listen({ address, v6only: true });
    expect(await ending(openClient(only.port))).toBe("ECONNREFUSED");
  });

  test("listen() says that a port is in use", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    harness.mover.listen(
      listenSpec({ address: { kind: "ip", family: 4, host: "127.0.0.1", port } }),
    );
    const failed = await harness.next("listen-failed");
    expect(failed.code).toBe("EADDRINUSE");
    expect(failed.message).toBe(
      `cannot bind socket (Address already in use) for [127.0.0.1:${port}]`,
    );
  });

  test("listen() says how to listen on an address that is not on this node", async () => {
    const harness = new Harness(factory);
    const address = { kind: "ip", family: 4, host: "192.0.2.77", port: 0 } as const;
    harness.mover.listen(listenSpec({ address }));
    const failed = await harness.next("listen-failed");
    expect(failed.code).toBe("EADDRNOTAVAIL");
    expect(failed.message).toContain("net.ipv4.ip_nonlocal_bind=1");
  });

  test("listen() refuses to ignore an interface that it cannot bind to", async () => {
    const harness = new Harness(factory);
    harness.mover.listen(listenSpec({ interface: "eth9" }));
    expect((await harness.next("listen-failed")).code).toBe(factory.unknownInterface);
  });

  test("listen() replaces a stale unix socket and sets its mode", async () => {
    const harness = new Harness(factory);
    const file = path.join(tempDir(), "front.sock");
    writeFileSync(file, "left behind");
    const id = harness.mover.listen(
      listenSpec({
        address: { kind: "unix", path: file, abstract: false },
        access: { mode: 0o600 },
      }),
    );
    await harness.next("listening", (event) => event.listener === id);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const client = net.connect({ path: file });
    endLater(() => void client.destroy());
    client.write("hi");
    const { connection } = await harness.next("accepted");
    harness.mover.inspect(connection, 100);
    expect((await harness.next("bytes")).bytes.toString()).toBe("hi");
  });

  test("listen() fails on a unix socket whose owner does not exist, and leaves no file", async () => {
    const harness = new Harness(factory);
    const dir = tempDir();
    const file = path.join(dir, "front.sock");
    harness.mover.listen(
      listenSpec({
        address: { kind: "unix", path: file, abstract: false },
        access: { user: "no-such-user" },
      }),
    );
    expect((await harness.next("listen-failed")).message).toContain("no-such-user");
    expect(existsSync(file)).toBe(false);
  });

  test("listen() and connect() meet at an abstract unix socket", async () => {
    const harness = new Harness(factory);
    const name = `tandem-test-${path.basename(mkdtempSync(path.join(tempDir(), "n")))}`;
    const endpoint = { kind: "unix", path: name, abstract: true } as const;
    const listener = harness.mover.listen(listenSpec({ address: endpoint }));
    await harness.next("listening", (event) => event.listener === listener);
    harness.mover.connect({ endpoint, socket: NO_KEEPALIVE });
    await harness.next("connected");
    await harness.next("accepted");
  });

  test("listen() says that a descriptor is no listening socket", async () => {
    const harness = new Harness(factory);
    const fd = openSync("/dev/null", "r");
    endLater(() => closeSync(fd));
    harness.mover.listen(listenSpec({ address: { kind: "fd", fd } }));
    expect((await harness.next("listen-failed")).message).toContain(`[fd@${fd}]`);
  });

  test("pauseAccept() holds connections back, resumeAccept() announces them in order", async () => {
    const harness = new Harness(factory);
    const { port, id } = await harness.listen();
    harness.mover.pauseAccept(id);
    const first = openClient(port);
    await once(first, "connect");
    const second = openClient(port);
    await once(second, "connect");
    first.write("one");
    second.write("two");
    // A listener of the same mover that is not paused shows that the loop has turned.
    const other = await harness.listen();
    openClient(other.port);
    expect((await harness.next("accepted")).listener).toBe(other.id);
    expect(harness.has("accepted")).toBe(false);
    harness.mover.resumeAccept(id);
    const texts: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { connection } = await harness.next("accepted", (event) => event.listener === id);
      harness.mover.inspect(connection, 100);
      texts.push((await harness.next("bytes")).bytes.toString());
    }
    expect(texts).toEqual(["one", "two"]);
  });

  test("pauseAccept() from the event of a resumed connection holds the next ones again", async () => {
    const harness = new Harness(factory);
    const { port, id } = await harness.listen();
    harness.mover.pauseAccept(id);
    for (let i = 0; i < 3; i++) await once(openClient(port), "connect");
    const acceptedCount = (): number =>
      harness.queue.filter((event) => event.kind === "accepted").length;
    harness.onEvent = (event) => {
      if (event.kind === "accepted") harness.mover.pauseAccept(id);
    };
    for (let count = 1; count <= 3; count++) {
      harness.mover.resumeAccept(id);
      await waitFor(() => acceptedCount() === count);
    }
  });

  test("closeListener() refuses newcomers and leaves connections alone", async () => {
    const harness = new Harness(factory);
    const { port, id } = await harness.listen();
    const { client, id: connection } = await harness.accept(port);
    harness.mover.closeListener(id);
    expect(await ending(openClient(port))).toBe("ECONNREFUSED");
    harness.mover.send(connection, Buffer.from("still here"));
    expect((await readBytes(client, 10)).toString()).toBe("still here");
  });
});

describe.each(MOVERS)("$name: inspect()", (factory) => {
  test("inspect() delivers all bytes so far each time one more comes", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.inspect(id, 1000);
    for (const text of ["a", "ab", "abc", "abcd"]) {
      client.write(text.at(-1)!);
      expect((await harness.next("bytes")).bytes.toString()).toBe(text);
    }
  });

  test("inspect() leaves earlier views of the bytes as they were", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.inspect(id, 100_000);
    const views: Uint8Array[] = [];
    for (let i = 0; i < 40; i++) {
      client.write(Buffer.alloc(100, i));
      await harness.next("bytes", (event) => {
        if (event.bytes.length !== (i + 1) * 100) return false;
        views.push(event.bytes);
        return true;
      });
    }
    for (const [i, view] of views.entries()) expect(view.at(-1)).toBe(i);
  });

  test("inspect() stops at its bound and goes on after consume()", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.inspect(id, 1000);
    client.write(Buffer.alloc(4 * 1024 * 1024, 1));
    const { bytes } = await harness.next("bytes", (event) => event.bytes.length >= 1000);
    expect(bytes.length).toBeLessThanOrEqual(1000 + 64 * 1024);
    harness.mover.consume(id, bytes.length);
    await harness.next("bytes");
  });

  test("consume() drops the first bytes and a second inspect() tells the rest", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.inspect(id, 1000);
    client.write("headerbody");
    await harness.next("bytes", (event) => event.bytes.length === 10);
    harness.mover.consume(id, 6);
    harness.mover.inspect(id, 1000);
    expect((await harness.next("bytes")).bytes.toString()).toBe("body");
  });

  test("inspect() tells the end of a client that leaves, with what it sent", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.inspect(id, 1000);
    client.end("half a packet");
    const { bytes } = await harness.next("bytes", (event) => event.ended);
    expect(bytes.toString()).toBe("half a packet");
  });

  test("inspect() tells a reset as closed", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.inspect(id, 1000);
    client.resetAndDestroy();
    expect(await harness.next("closed")).toMatchObject({
      connection: id,
      phase: "open",
      code: "ECONNRESET",
    });
  });

  test("stopInspecting() is quiet about bytes but not about a client that leaves", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.inspect(id, 1000);
    client.write("CONNECT");
    await harness.next("bytes");
    harness.mover.stopInspecting(id);
    client.write(" more");
    client.end();
    const { bytes, ended } = await harness.next("bytes");
    expect([bytes.toString(), ended]).toEqual(["CONNECT more", true]);
  });
});

describe.each(MOVERS_AND_FAR)("$name: connect() and close()", (factory) => {
  test("connect() sends its preamble first", async () => {
    const harness = new Harness(factory);
    const backend = await listenBackend();
    const id = await harness.connect(backend.port, { preamble: Buffer.from("PROXY ") });
    harness.mover.send(id, Buffer.from("data"));
    const server = await backend.nextConnection();
    expect((await readBytes(server, 10)).toString()).toBe("PROXY data");
  });

  test("connect() binds to a local address and port", async () => {
    const harness = new Harness(factory);
    const backend = await listenBackend();
    const port = await freePort();
    const id = harness.mover.connect({
      endpoint: { kind: "ip", family: 4, host: "127.0.0.1", port: backend.port },
      local: { host: "127.0.0.5", port },
      asksLocal: true,
      socket: NO_KEEPALIVE,
    });
    const connected = await harness.next("connected");
    expect(connected.connection).toBe(id);
    expect(connected.local).toEqual({ kind: "ip", family: 4, host: "127.0.0.5", port });
    const server = await backend.nextConnection();
    expect(server.remoteAddress).toBe("127.0.0.5");
  });

  test("connect() tells a refusal", async () => {
    const harness = new Harness(factory);
    const id = harness.mover.connect({
      endpoint: { kind: "ip", family: 4, host: "127.0.0.1", port: await freePort() },
      socket: NO_KEEPALIVE,
    });
    expect(harness.queue).toEqual([]);
    expect(await harness.next("closed")).toMatchObject({
      connection: id,
      phase: "connect",
      code: "ECONNREFUSED",
    });
  });

  test("inspect() works on a connection to a server", async () => {
    const harness = new Harness(factory);
    const backend = await listenBackend();
    const id = await harness.connect(backend.port);
    harness.mover.inspect(id, 1000);
    const server = await backend.nextConnection();
    server.write("CONN");
    expect((await harness.next("bytes")).bytes.toString()).toBe("CONN");
    server.write("ACK");
    expect((await harness.next("bytes")).bytes.toString()).toBe("CONNACK");
  });

  test.each([
    ["finish", "end"],
    ["reset", "ECONNRESET"],
  ] as const)("close() %s reaches the peer as %s", async (manner, expected) => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.close(id, manner);
    expect(await ending(client)).toBe(expected);
    expect(harness.has("closed")).toBe(false);
  });

  test("close() finish sends what is queued first", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.send(id, Buffer.alloc(8 * 1024 * 1024));
    harness.mover.close(id, "finish");
    expect((await readBytes(client, 8 * 1024 * 1024)).length).toBe(8 * 1024 * 1024);
    expect(await ending(client)).toBe("end");
  });

  test("close() silent tells the peer nothing for a while", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    harness.mover.close(id, "silent");
    client.resume();
    client.write("anybody there?");
    // Another connection that comes and goes shows that the loop has turned several times.
    const other = await harness.accept(port);
    harness.mover.close(other.id, "finish");
    expect(await ending(other.client)).toBe("end");
    expect([client.readableEnded, client.destroyed]).toEqual([false, false]);
  });

  test("every method ignores connections that are gone", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { id } = await harness.accept(port);
    const { mover } = harness;
    mover.close(id, "finish");
    mover.close(id, "reset");
    mover.inspect(id, 1);
    mover.stopInspecting(id);
    mover.consume(id, 1);
    mover.send(id, Buffer.from("x"));
    mover.relay(id, id + 1, {});
    mover.retime(id, {});
    mover.configure(id, NO_KEEPALIVE);
    expect(mover.counters(id)).toBeUndefined();
  });
});
