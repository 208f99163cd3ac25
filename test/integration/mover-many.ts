// A process that relays as many connections as its argument says, one after another, ends each in one of
// several ways, shuts its native mover down and ends by itself.
import { once } from "node:events";
import net from "node:net";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { NativeMover } from "../../src/io/mover/native/native-mover.ts";
import type { ConnectionId, MoverEvent } from "../../src/session/mover.ts";

const { addon } = loadMoverAddon();
if (addon === undefined) throw new Error("The native part is not built");
const count = Number(process.argv[2]);
const clients = new Map<ConnectionId, ConnectionId>();
let endedCount = 0;
let onEnded: () => void = () => undefined;
const mover = new NativeMover({ addon, nowMs: () => performance.now(), onEvent });

const echo = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("error", () => undefined);
  socket.pipe(socket);
});
await once(echo.listen(0, "127.0.0.1"), "listening");
const server = { kind: "ip", family: 4, host: "127.0.0.1", port: portOf(echo) } as const;

mover.listen({
  address: { ...server, port: 0 },
  backlog: 1024,
  v6only: false,
  transparent: false,
  access: {},
  socket: { keepalive: false },
});

function portOf(listener: net.Server): number {
  return (listener.address() as net.AddressInfo).port;
}

function onEvent(event: MoverEvent): void {
  if (event.kind === "listening" && event.endpoint.kind === "ip") void visit(event.endpoint.port);
  if (event.kind === "accepted") mover.inspect(event.connection, 1000);
  if (event.kind === "bytes" && event.bytes.length > 0 && !isKnown(event.connection)) {
    const connection = mover.connect({ endpoint: server, socket: { keepalive: false } });
    clients.set(connection, event.connection);
  }
  if (event.kind === "connected") {
    mover.relay(clients.get(event.connection)!, event.connection, { clientMs: 60_000 });
  }
  if (event.kind !== "relay-ended") return;
  clients.delete(event.server);
  endedCount++;
  onEnded();
}

function isKnown(client: ConnectionId): boolean {
  return [...clients.values()].includes(client);
}

async function visit(port: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const ended = new Promise<void>((resolve) => (onEnded = resolve));
    const client = net.connect({ port, host: "127.0.0.1" });
    client.on("error", () => undefined);
    client.write(Buffer.alloc(1 + (i % 7) * 1000, i));
    await once(client, "data");
    if (i % 3 === 0) client.resetAndDestroy();
    else if (i % 3 === 1) client.end();
    else mover.close([...clients.values()][0]!, i % 2 === 0 ? "reset" : "finish");
    await ended;
    client.destroy();
  }
  echo.close();
  mover.shutdown();
  console.log(`${endedCount} relays`);
}
