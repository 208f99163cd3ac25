// Reads what a peer sends in small pieces and lets others have their turn in between: a lesson of a
// million entries comes in as fast as it can be read, and a client's connection needs several turns
// of the event loop.
import type { Socket } from "node:net";
import { PEER_PIECE_BYTES, PEER_TURN_MS } from "../../limits.ts";
import { monotonicMs } from "../clock.ts";

/** Hands over all that comes, until the stream is destroyed. Begins with `resume`. */
export function readPaced(stream: Socket, take: (bytes: Uint8Array) => void): void {
  stream.on("data", (chunk: Buffer) => {
    stream.pause();
    let at = 0;
    const work = (): void => {
      const untilMs = monotonicMs() + PEER_TURN_MS;
      do {
        take(chunk.subarray(at, at + PEER_PIECE_BYTES));
        at += PEER_PIECE_BYTES;
      } while (at < chunk.length && !stream.destroyed && monotonicMs() < untilMs);
      if (stream.destroyed) return;
      setImmediate(() => {
        if (at >= chunk.length) stream.resume();
        else if (!stream.destroyed) work();
      });
    };
    work();
  });
}
