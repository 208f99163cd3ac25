// MQTT on both ends. `devices.mjs serve PORT` is a broker that acknowledges CONNECT and PINGREQ.
// `devices.mjs connect ADDRESS PORT COUNT PINGMS` keeps devices connected that ping so often, each at a
// time of its own, and come back as soon as they are closed. A JSON line tells each CONNACK:
// {"device","connectedMs"}, wall clock. It prints "ready" when every device was acknowledged.
// `devices.mjs silent ADDRESS PORT COUNT` opens connections and says nothing on them. It prints
// {"port"} for each, "ready", and {"port","endedMs","reason"} for each that ends.
import { Buffer } from "node:buffer";
import { createConnection, createServer } from "node:net";
import { performance } from "node:perf_hooks";
import { clearTimeout, setTimeout } from "node:timers";

const CONNECT = 0x10;
const CONNACK = 0x20;
const PINGREQ = 0xc0;
const PINGRESP = 0xd0;
/** A device that hears nothing for so long tries again. */
const ANSWER_MS = 1_000;
const AGAIN_MS = 20;

const [mode, ...words] = process.argv.slice(2);
const wallMs = () => performance.timeOrigin + performance.now();

function serve(port) {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      if (data[0] === CONNECT) socket.write(Buffer.from([CONNACK, 2, 0, 0]));
      else if (data[0] === PINGREQ) socket.write(Buffer.from([PINGRESP, 0]));
    });
  });
  server.listen(port, "::", () => console.log("ready"));
}

function connectPacket(device) {
  const id = Buffer.from(`device-${device}`);
  const head = [CONNECT, 12 + id.length, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, id.length];
  return Buffer.concat([Buffer.from(head), id]);
}

function keepConnected(device, { host, port, pingMs, firstPingMs }, onConnected) {
  const socket = createConnection({ host, port });
  let ping;
  let answer = setTimeout(() => socket.destroy(), ANSWER_MS);
  const pingIn = (delayMs) => {
    ping = setTimeout(() => {
      socket.write(Buffer.from([PINGREQ, 0]));
      answer = setTimeout(() => socket.destroy(), ANSWER_MS);
      pingIn(pingMs);
    }, delayMs);
  };
  socket.on("connect", () => socket.write(connectPacket(device)));
  socket.on("data", (data) => {
    clearTimeout(answer);
    if (data[0] !== CONNACK) return;
    console.log(JSON.stringify({ device, connectedMs: wallMs() }));
    onConnected();
    pingIn(firstPingMs);
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    clearTimeout(ping);
    clearTimeout(answer);
    setTimeout(
      () => keepConnected(device, { host, port, pingMs, firstPingMs }, onConnected),
      AGAIN_MS,
    );
  });
}

function stayConnected(host, port, onConnected) {
  const socket = createConnection({ host, port });
  let local;
  let reason = "closed";
  socket.on("connect", () => {
    local = socket.localPort;
    console.log(JSON.stringify({ port: local }));
    onConnected();
  });
  socket.on("data", () => undefined);
  socket.on("error", (error) => (reason = error.code));
  socket.on("close", () => {
    console.log(JSON.stringify({ port: local, endedMs: wallMs(), reason }));
  });
}

if (mode === "serve") serve(Number(words[0]));
else if (mode === "silent") {
  let waiting = Number(words[2]);
  for (let i = Number(words[2]); i > 0; i -= 1) {
    stayConnected(words[0], Number(words[1]), () => {
      waiting -= 1;
      if (waiting === 0) console.log("ready");
    });
  }
} else {
  const [host, port, count, pingMs] = [words[0], ...words.slice(1).map(Number)];
  const waiting = new Set(Array.from({ length: count }, (_, device) => device));
  for (const device of [...waiting]) {
    const firstPingMs = (pingMs * (device + 1)) / count;
    keepConnected(device, { host, port, pingMs, firstPingMs }, () => {
      if (waiting.delete(device) && waiting.size === 0) console.log("ready");
    });
  }
}
