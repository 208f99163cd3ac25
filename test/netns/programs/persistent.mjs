// MQTT devices with persistent sessions: `persistent.mjs ADDRESS PORT COUNT` keeps them connected with
// MQTT.js. A JSON line tells each CONNACK: {"device","connectedMs","present"}, wall clock, whether
// the broker had the session. It prints "ready" when every device was acknowledged. With the word `mixed`
// behind the count they speak MQTT 3.1, 3.1.1 and 5 by turns.
import { performance } from "node:perf_hooks";
import mqtt from "mqtt";

const [host, port, count, mixed] = process.argv.slice(2);
const levels = [
  { protocolVersion: 4 },
  { protocolId: "MQIsdp", protocolVersion: 3 },
  { protocolVersion: 5, properties: { sessionExpiryInterval: 600 } },
];
const first = new Set();

for (let device = 0; device < Number(count); device++) {
  const client = mqtt.connect({
    host,
    port: Number(port),
    clientId: `device-${device}`,
    clean: false,
    // Idle for as long as a test takes: whoever comes back was woken.
    keepalive: 600,
    reconnectPeriod: 200,
    connectTimeout: mixed === undefined ? 5_000 : 30_000,
    ...levels[mixed === undefined ? 0 : device % levels.length],
  });
  client.on("error", () => undefined);
  client.on("connect", ({ sessionPresent }) => {
    const connectedMs = performance.timeOrigin + performance.now();
    console.log(JSON.stringify({ device, connectedMs, present: sessionPresent }));
    // A subscription is what makes a session worth keeping.
    if (!first.has(device)) client.subscribe(`to/${device}`, { qos: 1 });
    first.add(device);
    if (first.size === Number(count)) console.log("ready");
  });
}
