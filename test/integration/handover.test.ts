import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import net from "node:net";
import { describe, expect, test } from "vitest";
import { openChannel, receiveRelay, sendRelay } from "../../src/io/handover/descriptor-channel.ts";
import type { FrozenRelay } from "../../src/io/handover/frozen-relay.ts";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { compileProgram } from "../support/compiled.ts";
import { endLater } from "../support/cleanup.ts";
import { waitFor } from "../support/wait-for.ts";
import { listening, type Pattern, readAll, stream } from "./handover-harness.ts";
import { RelayingMover } from "./relaying-mover.ts";

const { addon } = loadMoverAddon();
const PAIRS = 8;
// More than the kernel holds of a connection whose reader has stopped.
const BYTES = 16 * 1024 * 1024;

describe.skipIf(addon === undefined)("a relay that is passed to another process", () => {
  test("loses no byte in either direction under full load", { timeout: 60_000 }, async () => {
    const [own, other] = channel();
    const receiver = startReceiver(other);
    const digests: Promise<string>[] = [];
    const patterns: Pattern[] = [];
    const server = await listening((socket, index) => {
      digests.push(readAll(socket));
      patterns.push(stream(socket, `server ${index}`, BYTES));
    });
    const mover = new RelayingMover(addon!, server.port);
    endLater(() => mover.close());
    const port = await mover.listen();
    for (let index = 0; index < PAIRS; index++) {
      const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      endLater(() => void socket.destroy());
      digests.push(readAll(socket, { pausesAt: BYTES / 16 }));
      patterns.push(stream(socket, `client ${index}`, BYTES));
    }
    await waitFor(() => mover.relays.length === PAIRS);
    // Receivers have stopped reading, so that kernels are full and bytes are in hand.
    await waitFor(() => mover.hasStalled(), { intervalMs: 200, timeoutMs: 20_000 });
    const frozen = await mover.freezeAll();
    expect(frozen).toHaveLength(PAIRS);
    expect(frozen.some((relay) => relay.forClient !== undefined)).toBe(true);
    for (const relay of frozen) {
      // A channel that is full takes more as soon as the other side has read.
      await waitFor(() => sendRelay(addon!, own, relay).ok);
      addon!.closeDescriptor(relay.clientFd, false);
      addon!.closeDescriptor(relay.serverFd, false);
      receiver.take();
    }
    await waitFor(() => receiver.count("resumed") === PAIRS, { timeoutMs: 20_000 });
    patterns.forEach((pattern) => pattern.resume());
    const received = (await Promise.all(digests)).sort();
    expect(received).toEqual(patterns.map((pattern) => pattern.digest).sort());
    await waitFor(() => receiver.count("ended") === PAIRS, { timeoutMs: 20_000 });
  });

  test("may be resumed where it was", async () => {
    const server = await listening((socket) => void socket.pipe(socket));
    const mover = new RelayingMover(addon!, server.port);
    endLater(() => mover.close());
    const socket = net.connect({ port: await mover.listen(), host: "127.0.0.1" });
    endLater(() => void socket.destroy());
    await waitFor(() => mover.relays.length === 1);
    const [frozen] = await mover.freezeAll();
    socket.end("while it stands still");
    mover.mover.relays.resume(frozen!, { client: 1_000, server: 1_001 }, {});
    const hash = createHash("sha256").update("while it stands still").digest("hex");
    expect(await readAll(socket)).toBe(hash);
    await waitFor(() => mover.ends.includes("client-closed"));
  });

  test("is nothing to stop once it is gone", () => {
    const mover = new RelayingMover(addon!, 1);
    endLater(() => mover.close());
    const told: (FrozenRelay | undefined)[] = [];
    mover.mover.relays.freeze(77, (frozen) => told.push(frozen));
    expect(told).toEqual([undefined]);
  });
});

describe.skipIf(addon === undefined)("a channel", () => {
  test("is the same one by the number of a duplicate", () => {
    const [own, other] = channel();
    const copy = addon!.duplicateDescriptor(own);
    endLater(() => addon!.closeDescriptor(copy, false));
    expect(copy).not.toBe(own);
    addon!.sendDescriptors(copy, Buffer.from("nonsense"), Int32Array.of(own));
    expect(receiveRelay(addon!, other)).toEqual({ ok: false, code: "EPROTO" });
    expect(addon!.duplicateDescriptor(-1)).toBeLessThan(0);
  });

  test("refuses what is not a relay and closes the sockets that came with it", async () => {
    const [own, other] = channel();
    const server = await listening(() => undefined);
    const socket = net.connect({ port: server.port, host: "127.0.0.1" });
    endLater(() => void socket.destroy());
    await waitFor(() => !socket.connecting);
    const fd = (socket as unknown as { _handle: { fd: number } })._handle.fd;
    addon!.sendDescriptors(own, Buffer.from("nonsense"), Int32Array.of(fd, fd));
    expect(receiveRelay(addon!, other)).toEqual({ ok: false, code: "EPROTO" });
    expect(receiveRelay(addon!, other)).toEqual({ ok: false, code: "EAGAIN" });
  });
});

function channel(): readonly [own: number, other: number] {
  const opened = openChannel(addon!);
  if (!opened.ok) throw new Error(opened.code);
  const ends = opened.value;
  for (const end of ends) endLater(() => addon!.closeDescriptor(end, false));
  return ends;
}

/** The process that goes on; `take` lets it fetch one relay. */
function startReceiver(fd: number): { take(): void; count(what: string): number } {
  const program = compileProgram("test/integration/handover-receiver.ts");
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit", fd] });
  endLater(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout!.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return {
    take: () => void child.stdin!.write("take\n"),
    count: (what) => output.split("\n").filter((line) => line.startsWith(what)).length,
  };
}
