// A server on this machine has taken a connection before connect(2) is over; then nothing has to be watched.
import net from "node:net";
import { constants } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadMoverAddon, type MoverAddon, RECORD } from "../../src/io/mover/native/addon.ts";
import { openConnection } from "../../src/io/mover/native/descriptors.ts";
import type { ConnectSpec } from "../../src/session/mover.ts";
import { freePort } from "../support/ports.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { listenBackend, NO_KEEPALIVE } from "./mover-harness.ts";
import { moverArrays } from "./mover-arrays.ts";

const { addon } = loadMoverAddon();

/** The generation that a connection begins with, and the errno that is told of it, if any. */
async function begin(
  native: MoverAddon,
  endpoint: ConnectSpec["endpoint"],
): Promise<{ generation: number; errno: number | undefined }> {
  const { records, totals, bytes, scratch } = moverArrays();
  let told: Int32Array | undefined;
  const onRecords = (): void => void (told = records.slice(0, 5));
  const handle = native.openMover(onRecords, records, totals, bytes, scratch);
  onTestFinished(() => native.closeMover(handle));
  native.holdMover(handle, true);
  const fd = openConnection(native, handle, { endpoint, socket: NO_KEEPALIVE });
  expect(fd).toBeGreaterThan(0);
  onTestFinished(() => native.closeDescriptor(fd, true));
  const generation = scratch[0]!;
  if (generation === 0) return { generation, errno: undefined };
  expect(await waitFor(() => told !== undefined)).toBe(true);
  expect([...told!.subarray(0, 3)]).toEqual([RECORD.ready, fd, generation]);
  return { generation, errno: told![4] };
}

test.skipIf(addon === undefined)("a server that takes it at once is not watched", async () => {
  const { port } = await listenBackend();
  const tcp = { kind: "ip", family: 4, host: "127.0.0.1", port } as const;
  expect(await begin(addon!, tcp)).toEqual({ generation: 0, errno: undefined });

  const file = path.join(tempDir(), "socket");
  const server = net.createServer().listen(file);
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const unix = { kind: "unix", path: file, abstract: false } as const;
  expect(await begin(addon!, unix)).toEqual({ generation: 0, errno: undefined });
});

test.skipIf(addon === undefined)("a server that refuses at once is watched, and told", async () => {
  const endpoint = { kind: "ip", family: 4, host: "127.0.0.1", port: await freePort() } as const;
  const { generation, errno } = await begin(addon!, endpoint);
  expect(generation).toBeGreaterThan(0);
  expect(errno).toBe(constants.errno.ECONNREFUSED);
});
