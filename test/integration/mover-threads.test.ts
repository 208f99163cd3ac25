import { readdirSync } from "node:fs";
import net from "node:net";
import { describe, expect, test } from "vitest";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { endLater } from "../support/cleanup.ts";
import { waitFor } from "../support/wait-for.ts";
import { listening, readAll, stream } from "./handover-harness.ts";
import { RelayingMover } from "./relaying-mover.ts";

const { addon } = loadMoverAddon();
const PAIRS = 6;
const BYTES = 1024 * 1024;

describe.skipIf(addon === undefined)("several relay threads", () => {
  test("move bytes, count and end as one does", { timeout: 60_000 }, async () => {
    const server = await listening((socket) => void socket.pipe(socket));
    const mover = new RelayingMover(addon!, server.port);
    endLater(() => mover.close());
    const before = threadCount();
    expect(mover.mover.relays.spread(3)).toBe(0);
    expect(threadCount()).toBe(before + 2);
    const port = await mover.listen();
    const clients = Array.from({ length: PAIRS }, (_, index) => {
      const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      endLater(() => void socket.destroy());
      const received = readAll(socket);
      return { received, sent: stream(socket, `client ${index}`, BYTES) };
    });
    for (const { received, sent } of clients) expect(await received).toBe(sent.digest);
    await waitFor(() => mover.ends.length === PAIRS);
    expect(new Set(mover.ends)).toEqual(new Set(["client-closed"]));
  });

  test("are between 1 and 64", () => {
    const mover = new RelayingMover(addon!, 1);
    endLater(() => mover.close());
    for (const count of [0, -1, 65]) expect(mover.mover.relays.spread(count)).toBe(22);
  });
});

function threadCount(): number {
  return readdirSync("/proc/self/task").length;
}
