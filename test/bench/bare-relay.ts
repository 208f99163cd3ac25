// The least that any relay over Node's sockets does, and nothing else: a measure for what of the
// balancer's cost is Node's. Usage: bare-relay <echo port> <echo server> <mqtt port> <broker>.
import net from "node:net";

const BROKER_ADDRESSES = ["127.0.0.2", "127.0.0.3", "127.0.0.4"] as const;

const [echoPort, echoServer, mqttPort, broker] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
];
let turn = 0;

/** Joins two sockets; whichever goes takes the other with it. */
function join(client: net.Socket, server: net.Socket): void {
  client.on("data", (chunk: Buffer) => {
    if (!server.write(chunk)) client.pause();
  });
  server.on("data", (chunk: Buffer) => {
    if (!client.write(chunk)) server.pause();
  });
  client.on("drain", () => server.resume());
  server.on("drain", () => client.resume());
  client.on("error", () => undefined);
  server.on("error", () => undefined);
  client.on("close", () => server.resetAndDestroy());
  server.on("close", () => client.destroy());
}

function connect(host: string, port: number): net.Socket {
  return net.connect({ host, port, noDelay: true });
}

net
  .createServer({ noDelay: true }, (client) => join(client, connect("127.0.0.2", echoServer)))
  .listen(echoPort, "127.0.0.1");

net
  .createServer({ noDelay: true }, (client) => {
    client.once("data", (first: Buffer) => {
      const server = connect(BROKER_ADDRESSES[turn++ % BROKER_ADDRESSES.length]!, broker);
      server.write(first);
      join(client, server);
    });
    client.on("error", () => undefined);
  })
  .listen(mqttPort, "127.0.0.1", () => process.stderr.write("ready\n"));
