// A small MQTT broker that tells every client where it is: broker.mjs NAME PORT [ADDRESS=NODE...]. After
// the CONNACK comes a message on topic lab/place, "BROKER NODE": the node is known by the address that
// the connection came from.
import { createServer } from "node:net";
import { Aedes } from "aedes";

const [name, port, ...nodes] = process.argv.slice(2);
const nodeOf = new Map(nodes.map((word) => word.split("=")));

const broker = await Aedes.createBroker({ id: name });
broker.on("clientReady", (client) => {
  const node = nodeOf.get(client.conn.remoteAddress) ?? client.conn.remoteAddress;
  const payload = `${name} ${node}`;
  client.publish(
    { cmd: "publish", topic: "lab/place", payload, qos: 0, retain: false, dup: false },
    () => undefined,
  );
});
broker.on("clientError", () => undefined);
broker.on("connectionError", () => undefined);
createServer((socket) => void broker.handle(socket)).listen(Number(port), "0.0.0.0", () =>
  console.log("ready"),
);
