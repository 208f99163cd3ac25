// Devices in a process of their own that all come at once: storm-harness.ts.
import net from "node:net";
import { generate } from "mqtt-packet";

/** Which devices come, and how fast. */
export interface StormOrder {
  /** By turns. */
  readonly ports: readonly number[];
  readonly clientIds: readonly string[];
  /** Within this time the last one sends its CONNECT, ms. */
  readonly withinMs: number;
  /** TCP first, for all of them; only then the time begins. */
  readonly dialsFirst: boolean;
}

/** How that went; instants on the wall clock, ms. */
export interface StormReport {
  readonly startMs: number;
  /** When the last CONNECT was sent. */
  readonly sentMs: number;
  /** When the last CONNACK was there. */
  readonly lastMs: number;
  readonly connected: number;
  /** Why the others are not, once each. */
  readonly losses: readonly string[];
}

const wallMs = (): number => performance.timeOrigin + performance.now();
const sockets = new Set<net.Socket>();

async function dial(port: number): Promise<net.Socket> {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  sockets.add(socket);
  await new Promise<void>((resolve) => {
    socket.once("connect", resolve);
    // The wait for the CONNACK tells why.
    socket.once("error", () => resolve());
  });
  return socket;
}

/** `undefined`: connected. */
function ask(socket: net.Socket, clientId: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.once("data", ([type, , , code]) => {
      resolve(type === 0x20 && code === 0 ? undefined : `refused: ${type} ${code}`);
    });
    socket.once("error", ({ message }) => resolve(message));
    socket.once("close", () => resolve("closed"));
    if (socket.destroyed) resolve("not connected");
    const connect = { cmd: "connect", clientId, keepalive: 600, clean: false } as const;
    socket.write(generate(connect));
  });
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function storm({ ports, clientIds, withinMs, dialsFirst }: StormOrder): Promise<StormReport> {
  const portOf = (index: number): number => ports[index % ports.length]!;
  const dialled = dialsFirst
    ? await Promise.all(clientIds.map((_, index) => dial(portOf(index))))
    : [];
  const startMs = wallMs();
  let sentMs = startMs;
  const outcomes = clientIds.map(async (clientId, index) => {
    await later((index * withinMs) / clientIds.length);
    const socket = dialled[index] ?? (await dial(portOf(index)));
    sentMs = Math.max(sentMs, wallMs());
    return ask(socket, clientId);
  });
  const losses = (await Promise.all(outcomes)).filter((loss) => loss !== undefined);
  return {
    ...{ startMs, sentMs, lastMs: wallMs() },
    connected: clientIds.length - losses.length,
    losses: [...new Set(losses)],
  };
}

async function leave(): Promise<void> {
  const closing = [...sockets].map(
    (socket) => new Promise((resolve) => socket.once("close", resolve).destroy()),
  );
  await Promise.all(closing);
  sockets.clear();
}

process.on("message", (order: StormOrder | "leave") => {
  const work = order === "leave" ? leave() : storm(order);
  void work.then((report) => process.send!(report ?? null));
});
process.once("disconnect", () => process.exit());
process.send!(null);
