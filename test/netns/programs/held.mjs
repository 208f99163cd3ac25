// Both ends of sessions that last. `held.mjs serve PORT` returns what it is sent. `held.mjs hold ADDRESS
// PORT COUNT` keeps connections open, sends a byte on each every 50 ms, and prints a JSON line for each
// that ends: {"endedMs","reason"}, wall clock. It prints "ready" when every connection was answered.
import { createConnection, createServer } from "node:net";
import { clearInterval, setInterval } from "node:timers";
import { performance } from "node:perf_hooks";

const [mode, ...words] = process.argv.slice(2);
const wallMs = () => performance.timeOrigin + performance.now();

if (mode === "serve") {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(Number(words[0]), "0.0.0.0", () => console.log("ready"));
} else {
  const [host, port, count] = words;
  let waiting = Number(count);
  for (let i = 0; i < Number(count); i++) {
    const socket = createConnection({ host, port: Number(port) });
    const timer = setInterval(() => socket.write("x"), 50);
    let reason = "closed";
    socket.once("data", () => {
      waiting -= 1;
      if (waiting === 0) console.log("ready");
    });
    socket.on("data", () => undefined);
    socket.on("error", (error) => (reason = error.code));
    socket.on("close", () => {
      clearInterval(timer);
      console.log(JSON.stringify({ endedMs: wallMs(), reason }));
    });
  }
}
