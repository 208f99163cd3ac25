// Lines of JSON on a control socket, as both ends read them.
import type { Socket } from "node:net";

/** The object that a line holds; `undefined` for anything else. */
export function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Calls back once: with the first line, or `undefined` if the peer ends, or sends more than
 * `bytesMax`, before its end. What comes after the line is read and dropped.
 */
export function readLine(
  socket: Socket,
  bytesMax: number,
  done: (line: string | undefined) => void,
): void {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  let isFinished = false;
  function finish(line: string | undefined): void {
    if (isFinished) return;
    isFinished = true;
    socket.removeListener("data", onData);
    socket.resume();
    done(line);
  }
  function onData(chunk: Buffer): void {
    const end = chunk.indexOf(10);
    const taken = end < 0 ? chunk : chunk.subarray(0, end);
    byteCount += taken.length;
    if (byteCount >= bytesMax) return finish(undefined);
    chunks.push(taken);
    if (end >= 0) finish(Buffer.concat(chunks).toString("utf8"));
  }
  socket.on("data", onData);
  socket.once("end", () => finish(undefined));
  socket.once("close", () => finish(undefined));
}
