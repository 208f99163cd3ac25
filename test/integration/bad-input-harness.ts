// What the tests of bad input share: a server that sends back what it gets, clients of all manners,
// and a witness, who shows that others go on undisturbed.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "mqtt-packet";
import { endLater } from "../support/cleanup.ts";
import { waitFor } from "../support/wait-for.ts";

/** A server, and what it has got. */
export interface EchoServer {
  readonly port: number;
  /** Connections so far. */
  connectionCount: number;
}

/** Starts a server that sends back every byte, and ends when its client does. */
export async function startEchoServer(host = "127.0.0.1"): Promise<EchoServer> {
  const server = await listen((socket) => {
    echo.connectionCount++;
    socket.pipe(socket);
  }, host);
  const echo: EchoServer = { port: portOf(server), connectionCount: 0 };
  return echo;
}

/** Listens on a free port. Its sockets end with it, whichever test runs when they come. */
export async function listen(
  onSocket: (socket: net.Socket) => void,
  host = "127.0.0.1",
): Promise<net.Server> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    onSocket(socket);
  });
  server.listen(0, host);
  await once(server, "listening");
  endLater(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return server;
}

/** Where a server listens. */
export function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}

/** Connects from one of the loopback addresses. */
export async function connect(port: number, localAddress = "127.0.0.1"): Promise<net.Socket> {
  const socket = quiet(net.connect({ host: "127.0.0.1", port, localAddress, noDelay: true }));
  await once(socket, "connect");
  return socket;
}

/** Failures show by the close that follows. */
export function quiet(socket: net.Socket): net.Socket {
  socket.on("error", () => socket.destroy());
  endLater(() => void socket.destroy());
  return socket;
}

/** Waits for the end of a connection; gives what came before. */
export async function readToEnd(socket: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await new Promise((resolve) => void socket.once("close", resolve));
  return Buffer.concat(chunks);
}

/** Reads so many bytes; fewer when the connection closes before. */
export async function readBytes(socket: net.Socket, byteCount: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  await waitFor(() => length >= byteCount || socket.closed, {
    intervalMs: 2,
    timeoutMs: 20_000,
    what: () => `${byteCount} bytes, got ${length}`,
  });
  return Buffer.concat(chunks);
}

/** A CONNECT of MQTT 3.1.1. */
export function connectPacket(clientId = "good"): Buffer {
  return generate({ cmd: "connect", clientId, protocolId: "MQTT", protocolVersion: 4 });
}

/** A CONNECT of exactly so many bytes, the long ones in will, user name and password. */
export function connectPacketOf(byteCount: number): Buffer {
  const make = (lengths: readonly number[]): Buffer =>
    generate({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId: "c".repeat(lengths[0]!),
      will: {
        topic: "t".repeat(lengths[1]!),
        payload: Buffer.alloc(lengths[2]!, "w"),
        qos: 1,
        retain: false,
      },
      username: "u".repeat(lengths[3]!),
      password: Buffer.alloc(lengths[4]!, "p"),
    });
  let missing = byteCount - make([1, 1, 1, 1, 1]).length - 2;
  const lengths = [1, 1, 1, 1, 1].map((length) => {
    const more = Math.max(0, Math.min(missing, 65_534));
    missing -= more;
    return length + more;
  });
  // Lengths beyond 128 and 16 Ki take one and two bytes more; the last field takes up the slack.
  const last = lengths.findLastIndex((length) => length > 4);
  lengths[last]! += byteCount - make(lengths).length;
  return make(lengths);
}

/** One exchange of a good client: how long until all is back, ms. */
export async function exchange(port: number, packet = connectPacket()): Promise<number> {
  const startedMs = performance.now();
  // Not ended with the test: the witness, who lives longer, uses this too.
  const socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
  try {
    socket.write(packet);
    const [answer] = (await Promise.race([once(socket, "data"), cutOff(socket)])) as [Buffer];
    if (!answer.equals(packet)) throw new Error("The answer is another");
    return performance.now() - startedMs;
  } finally {
    socket.destroy();
  }
}

async function cutOff(socket: net.Socket): Promise<never> {
  if (!socket.closed) await new Promise((resolve) => void socket.once("close", resolve));
  throw new Error("A good client was cut off");
}

/** How the witness fared. */
export interface Testimony {
  readonly exchangeCount: number;
  readonly medianMs: number;
}

/** Talks on one connection, and opens others, until asked; rejects when anything of it fails. */
export async function startWitness(port: number): Promise<() => Promise<Testimony>> {
  const socket = await connect(port);
  const packet = connectPacket("witness");
  const cut = cutOff(socket);
  const timesMs: number[] = [];
  let isOver = false;
  const talk = async (): Promise<void> => {
    while (!isOver) {
      const startedMs = performance.now();
      const answer = once(socket, "data");
      socket.write(packet);
      await Promise.race([answer, cut]);
      timesMs.push(performance.now() - startedMs, await exchange(port));
      await sleep(10);
    }
  };
  const talking = talk();
  // Told by whoever asks how it went.
  talking.catch(() => undefined);
  cut.catch(() => undefined);
  return async () => {
    isOver = true;
    await talking;
    socket.destroy();
    return { exchangeCount: timesMs.length, medianMs: median(timesMs) };
  };
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line![1]) * 1024;
}

/** Processor time that a process has used, ms. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Bytes of a mebibyte. */
export const MIB = 1024 * 1024;
