// Resets around TLS. Node is known to end the whole process when a TCP socket is torn down from
// inside a callback of the TLS above it: these would not fail one by one but all at once.
import tls from "node:tls";
import type net from "node:net";
import { describe, expect, test } from "vitest";
import type { TlsContext } from "../../src/session/mover.ts";
import { makeAuthority, type TestAuthority } from "../support/certificates.ts";
import { endLater } from "../support/cleanup.ts";
import { has, skipNote } from "../support/programs.ts";
import {
  Harness,
  listenBackend,
  MOVERS,
  NO_KEEPALIVE,
  openClient,
  readBytes,
  type MoverFactory,
} from "./mover-harness.ts";
import { bindTls, serverTls } from "./tls-settings.ts";

function listenerContext(authority: TestAuthority, verify: "none" | "optional"): TlsContext {
  const crt = [authority.issue(["a.example"]).pemFile];
  return bindTls({ crt, caFile: authority.certFile, verify }).context!;
}

/** One end whose TLS and TCP the test holds apart, so that it can reset below the TLS. */
interface TlsEnd {
  readonly secure: tls.TLSSocket;
  readonly raw: net.Socket;
  /** How it comes to its end: the error's code, or `end`. */
  readonly ended: Promise<string>;
}

function tlsEnd(secure: tls.TLSSocket, raw: net.Socket): TlsEnd {
  const ended = new Promise<string>((resolve) => {
    secure.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    secure.once("end", () => resolve("end"));
  });
  endLater(() => void secure.destroy());
  return { secure, raw, ended };
}

function openTls(port: number): TlsEnd {
  const raw = openClient(port);
  return tlsEnd(tls.connect({ socket: raw, rejectUnauthorized: false }), raw);
}

/** A TLS server that hands out its connections with the TCP below. */
async function tlsBackend(authority: TestAuthority): Promise<{
  readonly port: number;
  next(): Promise<TlsEnd>;
}> {
  const backend = await listenBackend();
  const { cert, key } = authority.issue(["b.example"]);
  return {
    port: backend.port,
    async next() {
      const raw = await backend.nextConnection();
      const secure = new tls.TLSSocket(raw, {
        isServer: true,
        secureContext: tls.createSecureContext({ cert, key }),
      });
      return tlsEnd(secure, raw);
    },
  };
}

function dial(harness: Harness, port: number): number {
  return harness.mover.connect({
    endpoint: { kind: "ip", family: 4, host: "127.0.0.1", port },
    socket: NO_KEEPALIVE,
    tls: { context: serverTls({}).context! },
  });
}

/** A TLS client relayed to a TLS server through a mover. */
async function relayedTls(
  factory: MoverFactory,
  spec: { readonly resetServerAtEnd?: boolean } = {},
): Promise<{
  readonly harness: Harness;
  readonly client: TlsEnd;
  readonly server: TlsEnd;
  readonly clientId: number;
}> {
  const authority = makeAuthority();
  const harness = new Harness(factory);
  const listener = await harness.listen();
  const client = openTls(listener.port);
  const { connection: clientId } = await harness.next("accepted");
  harness.mover.secure(clientId, listenerContext(authority, "none"));
  await harness.next("secured");
  const backend = await tlsBackend(authority);
  const serverId = dial(harness, backend.port);
  const server = await backend.next();
  await harness.next("connected");
  harness.mover.relay(clientId, serverId, spec);
  client.secure.write("ping");
  expect((await readBytes(server.secure, 4)).toString()).toBe("ping");
  return { harness, client, server, clientId };
}

describe.skipIf(!has("openssl")).each(MOVERS)(
  `$name: resets around TLS${skipNote("openssl")}`,
  (factory) => {
    test("relay() survives a TLS client that resets", async () => {
      const { harness, client, server } = await relayedTls(factory);
      client.raw.resetAndDestroy();
      expect(await harness.next("relay-ended")).toMatchObject({ end: "client-error" });
      expect(await server.ended).toBe("ECONNRESET");
    });

    test("relay() survives a TLS server that resets", async () => {
      const { harness, client, server } = await relayedTls(factory);
      server.raw.resetAndDestroy();
      expect(await harness.next("relay-ended")).toMatchObject({ end: "server-error" });
      client.secure.resume();
      expect(await client.ended).toBe("end");
    });

    test("relay() survives resets from both sides amid traffic", async () => {
      for (const first of ["client", "server"] as const) {
        const { harness, client, server } = await relayedTls(factory);
        const block = Buffer.alloc(4 * 1024 * 1024, "x");
        server.secure.write(block);
        client.secure.write(block);
        await readBytes(client.secure, 100_000);
        await readBytes(server.secure, 100_000);
        (first === "client" ? client : server).raw.resetAndDestroy();
        (first === "client" ? server : client).raw.resetAndDestroy();
        expect((await harness.next("relay-ended")).end).toMatch(/^(client|server)-error$/);
      }
    });

    test("relay() resets a TLS server as soon as its client ends where that is wanted", async () => {
      const { harness, client, server } = await relayedTls(factory, { resetServerAtEnd: true });
      client.secure.end();
      expect(await server.ended).toBe("ECONNRESET");
      expect(await harness.next("relay-ended")).toMatchObject({ end: "client-closed" });
    });

    test.each(["reset", "finish", "silent"] as const)(
      "close() with manner %s may be called from any event of a TLS connection",
      async (manner) => {
        const authority = makeAuthority();
        for (const moment of ["secured", "bytes"] as const) {
          const harness = new Harness(factory);
          const listener = await harness.listen();
          harness.onEvent = (event) => {
            if (event.kind === "accepted") {
              harness.mover.secure(event.connection, listenerContext(authority, "none"));
            }
            if (event.kind === "secured") harness.mover.inspect(event.connection, 100);
            if (event.kind === moment) harness.mover.close(event.connection, manner);
          };
          const client = openTls(listener.port);
          client.secure.write("hello");
          await harness.next(moment);
          if (manner === "silent") continue;
          client.secure.resume();
          // libuv takes a reset that comes right behind bytes for an end; the kernel resets when
          // a socket is closed over unread bytes.
          expect(await client.ended).toMatch(/^(ECONNRESET|end)$/);
        }
      },
    );

    test("close() with a reset may be called as a TLS server connects or speaks", async () => {
      const authority = makeAuthority();
      for (const moment of ["connected", "bytes"] as const) {
        const harness = new Harness(factory);
        const backend = await tlsBackend(authority);
        harness.onEvent = (event) => {
          if (event.kind === "connected") harness.mover.inspect(event.connection, 100);
          if (event.kind === moment) harness.mover.close(event.connection, "reset");
        };
        dial(harness, backend.port);
        const server = await backend.next();
        server.secure.write("hello");
        await harness.next(moment);
        expect(await server.ended).toMatch(/ECONNRESET|end/);
      }
    });

    test.each(["none", "optional"] as const)(
      "secure() with verify %s tells of a client that resets during the handshake",
      async (verify) => {
        const harness = new Harness(factory);
        const listener = await harness.listen();
        const context = listenerContext(makeAuthority(), verify);
        for (const bytes of ["", "\x16\x03\x01"]) {
          const { client, id } = await harness.accept(listener.port);
          harness.mover.secure(id, context);
          if (bytes !== "") client.write(bytes, "latin1");
          client.resetAndDestroy();
          const closed = await harness.next("closed");
          expect(closed).toMatchObject({ connection: id, phase: "tls" });
        }
      },
    );

    test("connect() tells of a TLS server that resets during the handshake", async () => {
      const harness = new Harness(factory);
      const backend = await listenBackend();
      const id = dial(harness, backend.port);
      const server = await backend.nextConnection();
      await readBytes(server, 1);
      server.resetAndDestroy();
      expect(await harness.next("closed")).toMatchObject({ connection: id, phase: "tls" });
    });
  },
);
