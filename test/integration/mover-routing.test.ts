// Which mover serves what, and that nothing of the native one is left behind.
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { RoutedMover } from "../../src/io/mover/routed-mover.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  Harness,
  listenBackend,
  listenSpec,
  MOVERS,
  readBytes,
  type RelayedPair,
} from "./mover-harness.ts";

const native = loadMoverAddon();
const ABSENT = { addon: undefined, reason: "it has not been built" } as const;
const [NODE] = MOVERS;
const DONE = async (): Promise<{ readonly ok: boolean }> => Promise.resolve({ ok: true });
const FAILED = async (): Promise<{ readonly ok: boolean }> => Promise.resolve({ ok: false });

/** A harness around a mover that the test also sees. */
function harness(loaded: typeof native): {
  readonly warnings: string[];
  readonly mover: RoutedMover;
  readonly driven: Harness;
} {
  const warnings: string[] = [];
  let mover: RoutedMover | undefined;
  const driven = new Harness({
    ...NODE!,
    make: (options) =>
      (mover = new RoutedMover({ ...options, loaded, warn: (message) => warnings.push(message) })),
  });
  return { warnings, mover: mover!, driven };
}

/** Whether new listeners are native: Node's sockets know of no interfaces. */
async function isNative(driven: Harness): Promise<boolean> {
  driven.mover.listen(listenSpec({ interface: "no-such-one" }));
  return (await driven.next("listen-failed")).code !== "ENOTSUP";
}

test("without the native part Node's sockets relay, and one warning says so", async () => {
  const { driven, mover, warnings } = harness(ABSENT);
  for (let i = 0; i < 2; i++) await mover.choose("auto", DONE);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/cannot be loaded \(it has not been built\).*scripts\/build-native/);
  expect(await isNative(driven)).toBe(false);
  const { client, server } = await driven.relayed();
  client.write("question");
  expect((await readBytes(server, 8)).toString()).toBe("question");
});

test("'mover node' needs no warning", async () => {
  const { mover, warnings } = harness(ABSENT);
  await mover.choose("node", DONE);
  expect(warnings).toEqual([]);
});

test.skipIf(native.addon === undefined)(
  "choose() holds for what is opened afterwards, unless opening failed",
  async () => {
    const { driven, mover } = harness(native);
    expect(await isNative(driven)).toBe(true);
    await mover.choose("node", DONE);
    expect(await isNative(driven)).toBe(false);
    await mover.choose("native", FAILED);
    expect(await isNative(driven)).toBe(false);
    await mover.choose("native", DONE);
    expect(await isNative(driven)).toBe(true);
  },
);

test.skipIf(native.addon === undefined)(
  "a client of a native listener reaches a server of Node's sockets, bytes in hand first",
  async () => {
    const { driven, mover } = harness(native);
    const { port } = await driven.listen();
    const { client, id } = await driven.accept(port);
    driven.mover.inspect(id, 1000);
    client.write("CONNECT");
    await driven.next("bytes");
    await mover.choose("node", DONE);
    const backend = await listenBackend();
    const serverId = await driven.connect(backend.port);
    const server = await backend.nextConnection();
    driven.mover.relay(id, serverId, {});
    client.write(" and more");
    expect((await readBytes(server, 16)).toString()).toBe("CONNECT and more");
    server.end("CONNACK");
    expect((await readBytes(client, 7)).toString()).toBe("CONNACK");
    client.end();
    expect(await driven.next("relay-ended")).toMatchObject({
      end: "server-closed",
      counters: { bytesToServer: 16, bytesToClient: 7 },
    });
  },
);

/** Ways in which a pair may come apart; the test destroys both ends afterwards. */
const PARTINGS: readonly ((pair: RelayedPair, mover: Harness["mover"]) => void)[] = [
  ({ client }) => void client.resetAndDestroy(),
  ({ client }) => void client.end(),
  ({ server }) => void server.resetAndDestroy(),
  ({ server }) => void server.end("last words"),
  ({ clientId }, mover) => mover.close(clientId, "finish"),
  ({ serverId }, mover) => mover.close(serverId, "reset"),
  ({ client, server, clientId }, mover) => {
    client.end("x");
    server.resetAndDestroy();
    mover.close(clientId, "finish");
  },
];

test.each(MOVERS)("$name leaves no descriptor behind, however a relay ends", async (factory) => {
  const driven = new Harness(factory);
  const { port } = await driven.listen();
  const backend = await listenBackend();
  const before = openDescriptors();
  for (let i = 0; i < 6 * PARTINGS.length; i++) {
    const { client, id: clientId } = await driven.accept(port);
    const serverId = await driven.connect(backend.port);
    const server = await backend.nextConnection();
    driven.mover.relay(clientId, serverId, {});
    PARTINGS[i % PARTINGS.length]!({ client, server, clientId, serverId }, driven.mover);
    client.destroy();
    server.destroy();
    await driven.next("relay-ended", (event) => event.client === clientId);
  }
  await waitFor(() => openDescriptors() <= before);
});

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
