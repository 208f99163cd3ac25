// What a peer sends at full speed must not keep the event loop from others.
import net from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import { readPaced } from "../../src/io/peers/paced-reading.ts";
import { PEER_PIECE_BYTES, PEER_TURN_MS } from "../../src/limits.ts";
import { endLater } from "../support/cleanup.ts";
import { waitFor } from "../support/wait-for.ts";

const BYTES = 1024 * 1024;
const PIECE_WORK_MS = 0.4;

async function connectedPair(): Promise<{ near: net.Socket; far: net.Socket }> {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  endLater(() => void server.close());
  await once(server, "listening");
  const far = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  const [near] = (await once(server, "connection")) as [net.Socket];
  for (const socket of [near, far]) {
    socket.on("error", () => undefined);
    endLater(() => void socket.destroy());
  }
  return { near, far };
}

test("others have their turn after a millisecond of work, and every byte comes in its order", async () => {
  const { near, far } = await connectedPair();
  const sent = Buffer.from(Array.from({ length: BYTES }, (_, at) => (at * 31 + (at >> 8)) & 0xff));
  far.write(sent);
  // All of it waits in the kernel, as from a peer that is faster than this process.
  await waitFor(() => far.writableLength === 0 || far.bytesWritten === BYTES);
  const taken: Buffer[] = [];
  let [byteCount, atTurn, mostBetween] = [0, 0, 0];
  const turn = (): void => {
    mostBetween = Math.max(mostBetween, byteCount - atTurn);
    atTurn = byteCount;
    if (byteCount < BYTES) setImmediate(turn);
  };
  setImmediate(turn);
  readPaced(near, (bytes) => {
    taken.push(Buffer.from(bytes));
    byteCount += bytes.length;
    const untilMs = performance.now() + PIECE_WORK_MS;
    while (performance.now() < untilMs);
  });
  near.resume();
  await waitFor(() => byteCount === BYTES);
  expect(Buffer.concat(taken).equals(sent)).toBe(true);
  // One more than fits: the last piece begins before the time is up. Twice, as a turn of the event
  // loop may end one chunk and read the next one.
  const pieces = 2 * (Math.ceil(PEER_TURN_MS / PIECE_WORK_MS) + 1);
  expect(mostBetween).toBeLessThanOrEqual(pieces * PEER_PIECE_BYTES);
});

test("nothing comes after the stream is destroyed", async () => {
  const { near, far } = await connectedPair();
  far.write(Buffer.alloc(256 * 1024));
  let count = 0;
  readPaced(near, () => {
    count += 1;
    near.destroy();
  });
  near.resume();
  await once(near, "close");
  expect(count).toBe(1);
});
