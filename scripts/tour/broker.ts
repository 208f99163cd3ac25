// One small MQTT broker in a process of its own, so that it can be killed: `broker.js NAME PORT`.
import net from "node:net";
import { Aedes } from "aedes";
import { NAME_TOPIC } from "./topics.ts";

const [name, port] = process.argv.slice(2);
if (name === undefined || port === undefined) throw new Error("Usage: broker.js NAME PORT");

const broker = await Aedes.createBroker({ id: name });
broker.publish(
  { cmd: "publish", topic: NAME_TOPIC, payload: name, qos: 0, retain: true, dup: false },
  () => undefined,
);
const server = net.createServer((socket) => void broker.handle(socket));
server.on("error", (error) => {
  console.error(`${name}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(port), "127.0.0.1", () => process.send?.("ready"));

// Never outlives the tour that started it.
process.on("disconnect", () => process.exit(0));
