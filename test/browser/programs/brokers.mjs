// Brokers that say CONNACK and send back what they get: node brokers.mjs PORT...
import { Buffer } from "node:buffer";
import { createServer } from "node:net";

const CONNACK = Buffer.from([0x20, 2, 0, 0]);
const ports = process.argv.slice(2).map(Number);
let ready = 0;
for (const port of ports) {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => {
      socket.write(CONNACK);
      socket.pipe(socket);
    });
  });
  server.listen(port, "0.0.0.0", 4_096, () => {
    ready += 1;
    if (ready === ports.length) process.stdout.write("ready\n");
  });
}
