// The agent's sockets in a process of their own, so that they live in a namespace of a test. Prints a
// JSON line for each packet and each problem. SIGUSR1: sends everything; SIGHUP: opens places again.
import { readFileSync } from "node:fs";
import { Announcer } from "../../../ha/io/announcer.ts";
import { VrrpSockets } from "../../../ha/io/vrrp-socket.ts";
import { parseIp, printIp } from "../../../src/base/ip.ts";

/** The argument of the program, as JSON. Bytes are hex. */
export interface WireOrders {
  readonly places?: readonly {
    readonly interface: string;
    readonly family: 4 | 6;
    readonly group?: string;
  }[];
  readonly packets?: readonly {
    readonly interface: string;
    readonly family: 4 | 6;
    readonly destination: string;
    readonly bytes: string;
  }[];
  readonly announcements?: readonly {
    readonly device: string;
    readonly address: string;
    readonly frame: string;
  }[];
  /** Announce without the native part. */
  readonly isPlain?: boolean;
  /** Send the first packet every so many ms, and print how late. */
  readonly everyMs?: number;
  /** Count packets instead of printing them. */
  readonly isQuiet?: boolean;
  /** Send the first packet as fast as possible for so many ms, then end. */
  readonly floodMs?: number;
}

const orders = JSON.parse(process.argv[2]!) as WireOrders;
let receivedCount = 0;

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const sockets = new VrrpSockets({
  onPacket: (packet) => {
    receivedCount += 1;
    if (orders.isQuiet === true) return;
    print({
      ...packet,
      source: printIp(packet.source),
      destination: packet.destination && printIp(packet.destination),
      payload: Buffer.from(packet.payload).toString("hex"),
    });
  },
  onError: (problem) => print({ problem }),
});
const announcer = new Announcer({
  onProblem: (text) => print({ problem: text }),
  ...(orders.isPlain === true ? { native: undefined } : {}),
});

function open(): void {
  for (const { interface: name, family, group } of orders.places ?? []) {
    const ifindex = Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8"));
    const multicastGroup = group === undefined ? undefined : parseIp(group);
    sockets.open({ interface: name, ifindex, family, multicastGroup });
  }
}

const packets = (orders.packets ?? []).map((packet) => ({
  ...packet,
  destination: parseIp(packet.destination)!,
  bytes: Uint8Array.from(Buffer.from(packet.bytes, "hex")),
}));

function send(): void {
  for (const packet of packets) sockets.send(packet);
  for (const { device, address, frame } of orders.announcements ?? []) {
    announcer.announce({
      address: { device, address: parseIp(address)!, prefixLength: 24 },
      frame: { device, bytes: Uint8Array.from(Buffer.from(frame, "hex")) },
    });
  }
}

function sendPeriodically(everyMs: number): void {
  const latenessesMs: number[] = [];
  let dueMs = performance.now() + everyMs;
  const tick = (): void => {
    sockets.send(packets[0]!);
    const nowMs = performance.now();
    latenessesMs.push(nowMs - dueMs);
    dueMs = Math.max(dueMs + everyMs, nowMs);
    setTimeout(tick, dueMs - nowMs);
  };
  setTimeout(tick, everyMs);
  process.on("SIGUSR2", () => {
    latenessesMs.sort((a, b) => a - b);
    const at = (share: number): number | undefined =>
      latenessesMs[Math.floor(share * (latenessesMs.length - 1))];
    const cpuMs = process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000;
    const [p50Ms, p99Ms, maxMs] = [at(0.5), at(0.99), at(1)];
    print({ sentCount: latenessesMs.length, p50Ms, p99Ms, maxMs, receivedCount, cpuMs });
    latenessesMs.length = 0;
  });
}

function flood(lengthMs: number): void {
  const startMs = performance.now();
  let count = 0;
  while (performance.now() - startMs < lengthMs) {
    for (let i = 0; i < 100; i++) sockets.send(packets[0]!);
    count += 100;
  }
  print({
    floodCount: count,
    perSecond: Math.round((count * 1000) / (performance.now() - startMs)),
  });
  process.exit(0);
}

open();
process.on("SIGUSR1", send);
process.on("SIGHUP", open);
// Keeps the process: sockets that only send do not.
setInterval(() => undefined, 1_000_000);
process.stdout.write("ready\n");
if (orders.everyMs !== undefined) sendPeriodically(orders.everyMs);
if (orders.floodMs !== undefined) flood(orders.floodMs);
