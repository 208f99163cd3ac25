// MQTT devices that stay connected and come back: fleet.mjs ADDRESS PORT COUNT PINGMS. Each pings so
// often, at a time of its own. JSON lines, wall clock: {"device","connectedMs","broker","node",
// "isPresent"} (the broker kept its session), {"device","lostMs","reason"}, and {"device","askedMs"} for
// a ping that was answered. Prints "ready" when every device was connected.
import { createConnection } from "node:net";
import { performance } from "node:perf_hooks";
import { clearTimeout, setTimeout } from "node:timers";
import * as mqtt from "./packets.mjs";

const [host, port, ...numbers] = process.argv.slice(2);
const [count, pingMs] = numbers.map(Number);
/** A device that hears nothing for so long tries again. */
const ANSWER_MS = 900;
const AGAIN_MS = 20;
const wallMs = () => performance.timeOrigin + performance.now();
const tell = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);
const waiting = new Set(Array.from({ length: count }, (_, device) => device));

function keepConnected(device) {
  const socket = createConnection({ host, port: Number(port), noDelay: true });
  let reason = "closed";
  let isPresent = false;
  let isConnected = false;
  let ping;
  let askedMs = 0;
  const giveUp = () => {
    reason = "no answer";
    socket.destroy();
  };
  let answer = setTimeout(giveUp, ANSWER_MS);
  const pingIn = (delayMs) => {
    ping = setTimeout(() => {
      askedMs = wallMs();
      socket.write(mqtt.PINGREQ);
      answer = setTimeout(giveUp, ANSWER_MS);
      pingIn(pingMs);
    }, delayMs);
  };
  socket.write(mqtt.connectPacket(`device-${device}`, false));
  const read = mqtt.packetReader((type, body) => {
    if (type === mqtt.CONNACK) isPresent = (body[0] & 1) === 1;
    if (type === mqtt.PINGRESP) {
      clearTimeout(answer);
      tell({ device, askedMs });
    }
    if (type !== mqtt.PUBLISH || isConnected) return;
    clearTimeout(answer);
    isConnected = true;
    tell({ device, connectedMs: wallMs(), ...mqtt.placeOf(body), isPresent });
    if (waiting.delete(device) && waiting.size === 0) console.log("ready");
    pingIn((pingMs * (device + 1)) / count);
  });
  socket.on("data", read);
  socket.on("error", (error) => (reason = error.code));
  socket.on("close", () => {
    clearTimeout(ping);
    clearTimeout(answer);
    if (isConnected) tell({ device, lostMs: wallMs(), reason });
    setTimeout(() => keepConnected(device), AGAIN_MS);
  });
}

for (const device of [...waiting]) keepConnected(device);
