// A newcomer is read before the kernel is asked to tell of it, and one whose server is being connected
// to is asked about late. Neither may be seen from outside.
import { once } from "node:events";
import type net from "node:net";
import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { RoutedMover } from "../../src/io/mover/routed-mover.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  Harness,
  listenBackend,
  MOVERS_AND_FAR,
  NO_KEEPALIVE,
  openClient,
} from "./mover-harness.ts";

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

describe.each(MOVERS_AND_FAR)("$name: a newcomer", (factory) => {
  /** A client that had spoken when it was accepted, and is inspected. */
  async function spokenTo(harness: Harness, said: string): Promise<net.Socket> {
    const { port, id } = await harness.listen();
    harness.mover.pauseAccept(id);
    const client = openClient(port);
    await once(client, "connect");
    client.write(said);
    harness.mover.resumeAccept(id);
    return client;
  }

  /** Such a client, and a server that has been connected to for it as soon as it was heard. */
  async function expecting(): Promise<{ harness: Harness; client: net.Socket; id: number }> {
    const harness = new Harness(factory);
    const backend = await listenBackend();
    const endpoint = { kind: "ip", family: 4, host: "127.0.0.1", port: backend.port } as const;
    harness.onEvent = (event) => {
      if (event.kind === "accepted") harness.mover.inspect(event.connection, 100);
      if (event.kind !== "bytes" || textOf(event.bytes) !== "hello") return;
      harness.mover.connect({ endpoint, socket: NO_KEEPALIVE }, event.connection);
    };
    const client = await spokenTo(harness, "hello");
    const { connection: id } = await harness.next("accepted");
    await harness.next("connected");
    return { harness, client, id };
  }

  test("is heard while its server is there and no relay has begun", async () => {
    const { harness, client, id } = await expecting();
    client.write(" again");
    const isWhole = ({ bytes }: { readonly bytes: Uint8Array }): boolean =>
      textOf(bytes) === "hello again";
    const { connection } = await harness.next("bytes", isWhole);
    expect(connection).toBe(id);
  });

  test("that leaves while its server is there is told", async () => {
    const { harness, client, id } = await expecting();
    client.end();
    const { connection } = await harness.next("bytes", ({ ended }) => ended);
    expect(connection).toBe(id);
  });

  test("that resets while its server is there is told", async () => {
    const { harness, client, id } = await expecting();
    client.resetAndDestroy();
    expect(await harness.next("closed")).toMatchObject({ connection: id, code: "ECONNRESET" });
  });

  test("that has spoken before it was accepted is heard at once", async () => {
    const harness = new Harness(factory);
    harness.onEvent = (event) => {
      if (event.kind === "accepted") harness.mover.inspect(event.connection, 100);
    };
    await spokenTo(harness, "early");
    const { bytes } = await harness.next("bytes");
    expect(textOf(bytes)).toBe("early");
  });

  test("gets more than its kernel takes at once", async () => {
    const harness = new Harness(factory);
    const { port } = await harness.listen();
    const { client, id } = await harness.accept(port);
    const much = Buffer.alloc(16 * 1024 * 1024, "x");
    harness.mover.send(id, much);
    let count = 0;
    client.on("data", (chunk) => (count += chunk.length));
    await waitFor(() => count === much.length);
  });
});

const { addon } = loadMoverAddon();

test.skipIf(addon === undefined)(
  "native mover: a newcomer that the system does not let be watched is told later than the call",
  async () => {
    // As epoll_ctl(2) beyond fs.epoll.max_user_watches.
    const loaded = { addon: { ...addon!, watch: () => -constants.errno.ENOSPC } };
    const harness = new Harness({
      name: "native mover",
      unknownInterface: "ENODEV",
      make: (options) => new RoutedMover({ ...options, loaded, warn: () => undefined }),
    });
    let isToldWithin: boolean | undefined;
    harness.onEvent = (event) => {
      if (event.kind !== "accepted") return;
      // More than its kernel takes, so that the rest has to be waited for.
      harness.mover.send(event.connection, Buffer.alloc(16 * 1024 * 1024));
      isToldWithin = harness.has("closed");
    };
    const { port } = await harness.listen();
    const { id } = await harness.accept(port);
    expect(await harness.next("closed")).toMatchObject({ connection: id, code: "ENOSPC" });
    expect(isToldWithin).toBe(false);
  },
);
