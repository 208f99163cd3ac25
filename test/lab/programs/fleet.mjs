// MQTT devices that stay connected and come back: fleet.mjs ADDRESS PORT COUNT PINGMS [plain]. Each pings so
// often, at a time of its own. JSON lines, wall clock: {"device","connectedMs","broker","node",
// "isPresent"} (the broker kept its session), {"device","lostMs","reason"}, and {"device","askedMs"} for
// a ping that was answered. Prints "ready" when every device was connected. With "plain" a CONNACK is
// enough, and nobody says which node and broker gave it. ANSWER_MS in the environment: see below.
import { createConnection } from "node:net";
import { performance } from "node:perf_hooks";
import { clearTimeout, setTimeout } from "node:timers";
import * as mqtt from "./packets.mjs";

const [host, port, counted, ping, plain] = process.argv.slice(2);
const [count, pingMs] = [counted, ping].map(Number);
/** Long enough for a ping or two that come to nothing; connections that a lost node left end after it. */
const KEEP_ALIVE_S = Math.ceil((5 * pingMs) / 1_000);
/** What tells a device that it is connected. */
const WELCOME = plain === "plain" ? mqtt.CONNACK : mqtt.PUBLISH;
/** Sessions of an earlier fleet are none of this one's. */
const prefix = `device-${process.pid}`;
/** A device that hears nothing for so long tries again; at most the time between two pings. */
const ANSWER_MS = Number(process.env.ANSWER_MS ?? 900);
const AGAIN_MS = 20;
const wallMs = () => performance.timeOrigin + performance.now();
const tell = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);
const waiting = new Set(Array.from({ length: count }, (_, device) => device));

function keepConnected(device) {
  const socket = createConnection({ host, port: Number(port), noDelay: true });
  let reason = "closed";
  let isPresent = false;
  let isConnected = false;
  let pinging;
  let askedMs = 0;
  const giveUp = () => {
    reason = "no answer";
    socket.destroy();
  };
  let answer = setTimeout(giveUp, ANSWER_MS);
  const pingIn = (delayMs) => {
    pinging = setTimeout(() => {
      askedMs = wallMs();
      socket.write(mqtt.PINGREQ);
      answer = setTimeout(giveUp, ANSWER_MS);
      pingIn(pingMs);
    }, delayMs);
  };
  socket.write(mqtt.connectPacket(`${prefix}-${device}`, false, KEEP_ALIVE_S));
  const read = mqtt.packetReader((type, body) => {
    if (type === mqtt.CONNACK) isPresent = (body[0] & 1) === 1;
    if (type === mqtt.PINGRESP) {
      clearTimeout(answer);
      tell({ device, askedMs });
    }
    if (type !== WELCOME || isConnected) return;
    clearTimeout(answer);
    isConnected = true;
    const place = type === mqtt.PUBLISH ? mqtt.placeOf(body) : {};
    tell({ device, connectedMs: wallMs(), ...place, isPresent });
    if (waiting.delete(device) && waiting.size === 0) console.log("ready");
    pingIn((pingMs * (device + 1)) / count);
  });
  socket.on("data", read);
  socket.on("error", (error) => (reason = error.code));
  socket.on("close", () => {
    clearTimeout(pinging);
    clearTimeout(answer);
    if (isConnected) tell({ device, lostMs: wallMs(), reason });
    setTimeout(() => keepConnected(device), AGAIN_MS);
  });
}

/** Not all at once: a crowd is a drill of its own. */
const APART_MS = 3;
for (const device of [...waiting]) setTimeout(() => keepConnected(device), device * APART_MS);
