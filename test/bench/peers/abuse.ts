// Peers that no node should have to suffer: one that reads slowly, and ones that send nonsense.
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const SLOW_BYTES_PER_S = 1_024;
const SLOW_PIECE_MS = 100;

/** What ends an abuse. */
export type EndAbuse = () => void;

/** A peer that asks for everything again and again and reads 1 KB a second. */
export function readSlowly(port: number, calledName: string, ownName: string): EndAbuse {
  const socket = net.connect({ host: "127.0.0.1", port });
  const abort = new AbortController();
  socket.on("error", () => undefined);
  socket.pause();
  socket.write(`HAProxyS 2.1\n${calledName}\n${ownName} 1 1\n`);
  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      socket.read((SLOW_BYTES_PER_S * SLOW_PIECE_MS) / 1_000);
      // A lesson wanted, and a sign of life.
      socket.write(Buffer.from([0, 0, 0, 4]));
      await sleep(SLOW_PIECE_MS);
    }
  };
  void run();
  return () => {
    abort.abort();
    socket.destroy();
  };
}

/** A stranger that calls over and over: noise instead of a greeting, or a greeting and then noise. */
export function sendGarbage(port: number, calledName: string, ownName: string): EndAbuse {
  const noise = Buffer.from(Array.from({ length: 16_384 }, (_, at) => (at * 197 + 11) & 0xff));
  const greeting = Buffer.from(`HAProxyS 2.1\n${calledName}\n${ownName} 1 1\n`);
  // An unfinished message of the largest size, updates of no table, half a definition.
  const messages = Buffer.from("0a80fff0ff0f0a8003000000010a8202", "hex");
  let isOver = false;
  let count = 0;
  let current: net.Socket | undefined;
  const call = (): void => {
    if (isOver) return;
    const socket = net.connect({ host: "127.0.0.1", port });
    current = socket;
    count += 1;
    socket.on("error", () => undefined);
    socket.on("close", () => setTimeout(call, 2));
    if (count % 2 === 0) socket.write(greeting);
    if (count % 4 === 0) socket.write(messages);
    const flood = (): void => {
      while (!socket.destroyed && socket.write(noise));
    };
    socket.on("drain", flood);
    socket.resume();
    flood();
  };
  call();
  return () => {
    isOver = true;
    current?.destroy();
  };
}
