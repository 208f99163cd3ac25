// What the comparisons of stick tables with HAProxy's share.
import net from "node:net";
import { endLater } from "../support/cleanup.ts";
import type { Haproxy } from "../support/haproxy.ts";
import { waitFor } from "../support/wait-for.ts";

/** How both begin. */
export const DEFAULTS = `
defaults
  mode tcp
  timeout client 30s
  timeout server 30s
  timeout connect 5s
`;

/** An entry as `show table` prints it, without its address in memory. */
export interface ShownEntry {
  readonly line: string;
  readonly key: string;
  readonly useCount: number;
  readonly expMs: number;
}

/** A table as HAProxy shows it. */
export async function shownTable(haproxy: Haproxy, table: string): Promise<ShownEntry[]> {
  const answer = await haproxy.command(`show table ${table}`);
  return answer.split("\n").flatMap((text) => {
    const match = /^0x[0-9a-f]+: (key=(.*?) use=(\d+) exp=(\d+).*)$/.exec(text);
    if (match === null) return [];
    const [, line, key, use, exp] = match;
    return [{ line: line!, key: key!, useCount: Number(use), expMs: Number(exp) }];
  });
}

/** Waits until no connection tracks anything in the table any more. */
export async function quietTable(
  haproxy: Haproxy,
  table: string,
  count: number,
): Promise<ShownEntry[]> {
  return waitFor(async () => {
    const entries = await shownTable(haproxy, table);
    const isQuiet = entries.length >= count && entries.every(({ useCount }) => useCount === 0);
    return isQuiet ? entries : undefined;
  });
}

/** A server that answers "ok" to everything and closes when the client does. */
export async function startServer(): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", () => socket.write("ok"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

/** Connects, sends, waits for the answer. */
export async function open(port: number, bytes: string): Promise<net.Socket> {
  const socket = net.connect({ port, host: "127.0.0.1" });
  endLater(() => {
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", () => resolve());
    socket.write(bytes, "latin1");
  });
  return socket;
}

/** Sends, finishes, and waits until the other side has closed. */
export async function visit(port: number, bytes: string): Promise<void> {
  const socket = net.connect({ port, host: "127.0.0.1" });
  await new Promise<void>((resolve) => {
    socket.once("error", () => resolve());
    socket.once("close", () => resolve());
    socket.resume();
    socket.end(bytes, "latin1");
  });
}

/** Finishes, and waits until the other side has closed. */
export async function leave(socket: net.Socket): Promise<void> {
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end();
  await closed;
}

/** A line of `show table` without what depends on the time. */
export function withoutExp(line: string): string {
  return line.replace(/exp=\d+ ?/, "");
}
