// A process with one mover, which greets every client and says on its output what happens. Its
// arguments: "node" or "native", and how many sockets the mover may have, if not by its own count.
import type { MoverEvent } from "../../src/session/mover.ts";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { NodeMover } from "../../src/io/mover/node-mover.ts";
import { RoutedMover } from "../../src/io/mover/routed-mover.ts";

const [kind, socketsMax] = process.argv.slice(2);
const options = {
  nowMs: () => performance.now(),
  onEvent,
  ...(socketsMax !== undefined && { socketsMax: Number(socketsMax) }),
};
const warn = (message: string): void => console.log(message);
const mover =
  kind === "node"
    ? new NodeMover(options)
    : new RoutedMover({ ...options, loaded: loadMoverAddon(), warn });

function onEvent(event: MoverEvent): void {
  if (event.kind === "listening" && event.endpoint.kind === "ip") {
    console.log(`port ${event.endpoint.port}`);
  } else console.log(`${event.kind} ${"code" in event ? event.code : ""}`);
  if (event.kind === "accepted") mover.send(event.connection, Buffer.from("in"));
  if (event.kind === "bytes" && event.ended) mover.close(event.connection, "finish");
}

mover.listen({
  address: { kind: "ip", family: 4, host: "127.0.0.1", port: 0 },
  backlog: 1024,
  v6only: false,
  transparent: false,
  access: {},
  socket: { keepalive: false },
});
