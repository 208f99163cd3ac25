// Asks ADDRESS every PERIOD ms who it is, by UDP on port 7007, and prints one JSON line per answer:
// {"sentMs","node"}, wall clock. A question without an answer is a line without "node", printed late.
import { createSocket } from "node:dgram";
import { performance } from "node:perf_hooks";
import { setInterval } from "node:timers";

const [address, periodMs] = [process.argv[2] ?? "", Number(process.argv[3] ?? 5)];
const LOST_AFTER_MS = 1_000;
const open = new Map();
const socket = createSocket("udp4");
let sequence = 0;

const wallMs = () => performance.timeOrigin + performance.now();
const print = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);

socket.on("message", (message) => {
  const [node, text] = message.toString().split(" ");
  const sentMs = open.get(Number(text));
  if (sentMs === undefined) return;
  open.delete(Number(text));
  print({ sentMs, node, answeredMs: wallMs() });
});
// No route or no ARP answer is an outage like any other.
socket.on("error", () => undefined);
socket.bind(0, () => {
  console.log("ready");
  setInterval(() => {
    const now = wallMs();
    sequence += 1;
    open.set(sequence, now);
    socket.send(String(sequence), 7007, address, () => undefined);
    for (const [number, sentMs] of open) {
      if (now - sentMs < LOST_AFTER_MS) break;
      open.delete(number);
      print({ sentMs });
    }
  }, periodMs);
});
