// Devices that connect, some at a time, stay, and now and then send something:
// node devices.mjs HOST PORT COUNT TALKERS SOURCES. One that loses its connection comes back.
// Of SOURCES addresses from 127.1.0.1 on, each has a share of the connections; 0: no address is chosen.
import { Buffer } from "node:buffer";
import { clearInterval, setInterval, setTimeout } from "node:timers";
import { connect } from "node:net";
import { connectPacket } from "./connect-packet.mjs";

const [, , host, port, count, talkers, sources] = process.argv;
const AT_ONCE = 200;
let started = 0;
let connected = 0;

function start() {
  if (started === Number(count)) return;
  const number = started;
  started += 1;
  device(number, () => {
    connected += 1;
    if (connected === Number(count)) process.stdout.write("ready\n");
    start();
  });
}

function device(number, first) {
  const chosen =
    sources === "0" ? {} : { localAddress: `127.1.0.${1 + (number % Number(sources))}` };
  const socket = connect({ host, port: Number(port), noDelay: true, ...chosen });
  let isKnown = false;
  let talk;
  socket.on("data", () => {
    if (isKnown) return;
    isKnown = true;
    first?.();
    if (number >= Number(talkers)) return;
    talk = setInterval(
      () => socket.write(Buffer.alloc(40 + Math.random() * 900)),
      400 + Math.random() * 2_000,
    );
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    clearInterval(talk);
    setTimeout(() => device(number, isKnown ? undefined : first), 200 + Math.random() * 800);
  });
  socket.write(connectPacket(number));
}

for (let index = 0; index < AT_ONCE; index += 1) start();
