// Connects to ADDRESS PORT every PERIOD ms and waits for a name. Prints one JSON line per connection that
// was answered: {"sentMs","answeredMs","node"}, wall clock.
import { createConnection } from "node:net";
import { performance } from "node:perf_hooks";
import { setInterval } from "node:timers";

const [address, port, periodMs] = process.argv.slice(2);
const GIVE_UP_MS = 1_000;
const wallMs = () => performance.timeOrigin + performance.now();

function ask() {
  const sentMs = wallMs();
  const socket = createConnection({ host: address, port: Number(port) });
  let node = "";
  socket.setTimeout(GIVE_UP_MS, () => socket.destroy());
  socket.setEncoding("utf8").on("data", (text) => (node += text));
  // A refusal or a reset is an outage like any other.
  socket.on("error", () => undefined);
  socket.on("end", () => {
    if (node === "") return;
    process.stdout.write(`${JSON.stringify({ sentMs, answeredMs: wallMs(), node })}\n`);
  });
}

console.log("ready");
setInterval(ask, Number(periodMs));
