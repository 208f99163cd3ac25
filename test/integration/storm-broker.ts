// A broker (aedes) in a process of its own that notes when each client came: storm-harness.ts.
import { once } from "node:events";
import net from "node:net";
import { Aedes } from "aedes";

/** A client's connection, wall clock, ms. */
export type Arrival = readonly [clientId: string, atMs: number];

const wallMs = (): number => performance.timeOrigin + performance.now();

const broker = await Aedes.createBroker();
let arrivals: Arrival[] = [];
const came = new WeakMap<object, number>();
broker.on("client", (client) => {
  arrivals.push([client.id, came.get(client.conn) ?? wallMs()]);
});
const server = net.createServer({ noDelay: true }, (socket) => {
  came.set(socket, wallMs());
  socket.on("error", () => undefined);
  broker.handle(socket);
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
await once(server, "listening");
process.on("message", () => {
  process.send!(arrivals);
  arrivals = [];
});
process.once("disconnect", () => process.exit());
process.send!((server.address() as net.AddressInfo).port);
