// Devices without sockets, for more sessions than descriptors allow: loaded into a balancer
// (NODE_OPTIONS=--import=.../crowd.mjs, CROWD_COUNT, CROWD_TALKERS), it stands between the balancer and its
// mover, and lets connections come in that only it knows. All above the mover is the balancer's own.
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers";
import { SessionShell } from "../../../dist/src/io/session-shell.js";
import { connectPacket } from "./connect-packet.mjs";

const COUNT = Number(process.env.CROWD_COUNT);
const TALKERS = Number(process.env.CROWD_TALKERS);
/** Connections with larger numbers are ours; each device has two of them. */
const FIRST = 2 ** 40;
const PER_TURN = 100;

const clientOf = (number) => FIRST + 2 * number;
const serverOf = (number) => FIRST + 2 * number + 1;
const numberOf = (connection) => Math.floor((connection - FIRST) / 2);
const end = (host, port) => ({ kind: "ip", family: 4, host, port });

/** A mover that answers for our connections and passes on what is for others. */
function crowdedMover(mover, shell) {
  /** The device whose event is being handled. */
  let current;
  const movedBytes = new Map();
  const tell = (number, event) =>
    setImmediate(() => {
      current = number;
      shell.onMoverEvent(event, performance.now());
      current = undefined;
    });
  const counters = (client) => {
    const bytes = movedBytes.get(client);
    return bytes === undefined ? undefined : { bytesToServer: bytes, bytesToClient: bytes };
  };
  const own = {
    inspect: (connection) =>
      tell(numberOf(connection), {
        kind: "bytes",
        connection,
        bytes: connectPacket(numberOf(connection)),
        ended: false,
      }),
    relay: (client) => void movedBytes.set(client, 0),
    counters: (client) => {
      const before = movedBytes.get(client);
      if (before !== undefined && numberOf(client) < TALKERS) {
        movedBytes.set(client, before + Math.floor(Math.random() * 1_400));
      }
      return counters(client);
    },
    close: (client) => {
      const moved = counters(client);
      if (moved === undefined) return;
      movedBytes.delete(client);
      const number = numberOf(client);
      const server = serverOf(number);
      tell(number, { kind: "relay-ended", client, server, end: "closed", counters: moved });
    },
  };
  const crowded = new Proxy(mover, {
    get(target, name) {
      const theirs = target[name].bind(target);
      if (name === "connect") {
        return (spec) => {
          if (current === undefined) return theirs(spec);
          const connection = serverOf(current);
          tell(current, { kind: "connected", connection, local: end("127.0.0.1", 40_000) });
          return connection;
        };
      }
      return (connection, ...rest) => {
        if (!(connection >= FIRST)) return theirs(connection, ...rest);
        return own[name]?.(connection, ...rest);
      };
    },
  });
  return { crowded, tell };
}

const { attach, startAccepting } = SessionShell.prototype;
const tellers = new WeakMap();

SessionShell.prototype.attach = function (mover) {
  const { crowded, tell } = crowdedMover(mover, this);
  tellers.set(this, tell);
  attach.call(this, crowded);
};

SessionShell.prototype.startAccepting = function (opened, nowMs) {
  const listeners = [...opened];
  const [listener] = listeners;
  startAccepting.call(this, listeners, nowMs);
  const tell = tellers.get(this);
  const comeIn = (number) => {
    for (let next = number; next < Math.min(number + PER_TURN, COUNT); next += 1) {
      const source = end(`10.9.${next >> 8}.${next & 255}`, 50_000);
      const connection = clientOf(next);
      const destination = end("127.0.0.1", 1883);
      tell(next, { kind: "accepted", listener, connection, source, destination });
    }
    if (number < COUNT) setImmediate(comeIn, number + PER_TURN);
  };
  comeIn(0);
};
