// Tells each connection its name and closes: NAME PORT, as often as wanted.
import { createServer } from "node:net";

const pairs = process.argv.slice(2);
let waiting = pairs.length / 2;
for (let i = 0; i < pairs.length; i += 2) {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(pairs[i]);
  });
  server.listen(Number(pairs[i + 1]), "0.0.0.0", () => {
    waiting -= 1;
    if (waiting === 0) console.log("ready");
  });
}
