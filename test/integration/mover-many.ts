// A process that relays as many connections as its first argument says, as many at a time as the second, ends each
// in one of several ways, shuts its native mover down and ends by itself. With `open` as the third it leaves the
// mover as it stands then: what that still holds can be looked at.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { NativeMover } from "../../src/io/mover/native/native-mover.ts";
import { FrameTracker } from "../../src/mqtt/frames.ts";
import type { ConnectionId, MoverEvent } from "../../src/session/mover.ts";
import { MANNER, type VisitorsMessage } from "./mover-visitors.ts";

const { addon } = loadMoverAddon();
if (addon === undefined) throw new Error("The native part is not built");
const [count, parallel, ending] = process.argv.slice(2) as [string, string, string | undefined];
/** Until they are relayed, by their server: clients, and how they want to end. */
const clients = new Map<ConnectionId, { readonly client: ConnectionId; readonly manner: number }>();
const known = new Set<ConnectionId>();
let serverPort = 0;
let endedCount = 0;
let lastName = 1_000_000_000;
const mover = new NativeMover({ addon, nowMs: () => performance.now(), onEvent });

// Visitors are another process, which a debugger of memory need not look at.
const visitors = fork(fileURLToPath(new URL("mover-visitors.js", import.meta.url)), [], {
  execArgv: [],
});
visitors.on("message", (message: VisitorsMessage) => {
  if (message.kind === "serving") {
    serverPort = message.port;
    listen();
    return;
  }
  visitors.disconnect();
  finish();
});

function listen(): void {
  const address = { kind: "ip", family: 4, host: "127.0.0.1", port: 0 } as const;
  const options = { backlog: 1024, v6only: false, transparent: false, access: {} };
  mover.listen({ address, ...options, socket: { keepalive: false } });
}

function onEvent(event: MoverEvent): void {
  if (event.kind === "listening" && event.endpoint.kind === "ip") {
    visitors.send({ port: event.endpoint.port, count: Number(count), parallel: Number(parallel) });
  } else if (event.kind === "accepted") mover.inspect(event.connection, 1000);
  else if (event.kind === "bytes") {
    if (event.bytes.length > 0 && !known.has(event.connection)) {
      connect(event.connection, event.bytes[0]!);
    }
  } else if (event.kind === "connected") relay(event.connection);
  else if (event.kind === "relay-ended") endedCount++;
}

function connect(client: ConnectionId, manner: number): void {
  known.add(client);
  const endpoint = { kind: "ip", family: 4, host: "127.0.0.1", port: serverPort } as const;
  clients.set(mover.connect({ endpoint, socket: { keepalive: false } }), { client, manner });
}

function relay(server: ConnectionId): void {
  const { client, manner } = clients.get(server)!;
  clients.delete(server);
  known.delete(client);
  const framing = manner === MANNER.leaves ? new FrameTracker() : undefined;
  mover.relay(client, server, { clientMs: 60_000, framing });
  if (manner === MANNER.finished) mover.close(client, "finish");
  if (manner === MANNER.reset) mover.close(client, "reset");
  if (manner === MANNER.leaves) mover.leave(client, Buffer.of(0xe0, 0));
  if (manner !== MANNER.frozen) return;
  mover.relays.freeze(client, (frozen) => {
    if (frozen === undefined) return;
    mover.relays.resume(frozen, { client: ++lastName, server: ++lastName }, {});
  });
}

function finish(): void {
  if (endedCount < Number(count)) {
    setImmediate(finish);
    return;
  }
  console.log(`${endedCount} relays`);
  if (ending === "open") process.exit();
  mover.shutdown();
}
