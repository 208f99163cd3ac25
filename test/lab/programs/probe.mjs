// Opens a fresh MQTT connection every PERIOD ms: probe.mjs ADDRESS PORT PERIOD PREFIX [plain]. Prints one
// JSON line for each, wall clock: {"sentMs","answeredMs","node","broker"} or {"sentMs","failedMs","reason"}.
// With "plain" a CONNACK is the answer, and nobody says which node and broker gave it. ANSWER_MS in the
// environment: when a newcomer gives up.
import { createConnection } from "node:net";
import { performance } from "node:perf_hooks";
import { setInterval } from "node:timers";
import { connectPacket, CONNACK, DISCONNECT, packetReader, placeOf, PUBLISH } from "./packets.mjs";

const [host, port, periodMs, prefix, plain] = process.argv.slice(2);
/** Less than the second after which a client's kernel repeats its SYN. */
const GIVE_UP_MS = Number(process.env.ANSWER_MS ?? 900);
const wallMs = () => performance.timeOrigin + performance.now();
const tell = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);
let count = 0;

function ask() {
  const sentMs = wallMs();
  const socket = createConnection({ host, port: Number(port), noDelay: true });
  let reason = "closed";
  let isAnswered = false;
  socket.setTimeout(GIVE_UP_MS, () => {
    reason = "timeout";
    socket.destroy();
  });
  count += 1;
  socket.write(connectPacket(`${prefix}-${count}`, true));
  const read = packetReader((type, body) => {
    if (type !== (plain === "plain" ? CONNACK : PUBLISH) || isAnswered) return;
    isAnswered = true;
    tell({ sentMs, answeredMs: wallMs(), ...(type === PUBLISH ? placeOf(body) : {}) });
    socket.end(DISCONNECT);
  });
  socket.on("data", read);
  socket.on("error", (error) => (reason = error.code));
  socket.on("close", () => {
    if (!isAnswered) tell({ sentMs, failedMs: wallMs(), reason });
  });
}

console.log("ready");
setInterval(ask, Number(periodMs));
