// First packets that are garbage, cut off, too large or too slow, at a balancer that inspects them.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { INSPECT_BYTES_MAX } from "../../src/limits.ts";
import { freePorts } from "../support/ports.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  connect,
  connectPacket,
  connectPacketOf,
  type EchoServer,
  processorMs,
  readBytes,
  readToEnd,
  startEchoServer,
  startWitness,
  type Testimony,
} from "./bad-input-harness.ts";

/** Longer than any of these tests: what is refused by then was refused at once. */
const LONG_DELAY_MS = 20_000;
const SHORT_DELAY_MS = 1_000;
/** Far below what a stall would cost, far above what a busy machine does. */
const MEDIAN_MS_MAX = 150;

let echo: EchoServer;
let tandem: Tandem;
let patient = 0;
let hurried = 0;
let wide = 0;
let stopWitness: () => Promise<Testimony>;

beforeAll(async () => {
  echo = await startEchoServer();
  const ports = await freePorts(3);
  [patient, hurried, wide] = ports as [number, number, number];
  const section = (name: string, port: number, lines: string): string => `
listen ${name}
  bind 127.0.0.1:${port}
  ${lines}
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  server s1 127.0.0.1:${echo.port}
`;
  tandem = await startTandem({
    config: `
global
  log stdout format raw local0
defaults
  mode tcp
  log global
  option tcplog
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${section("patient", patient, `tcp-request inspect-delay ${LONG_DELAY_MS}`)}
${section("hurried", hurried, `tcp-request inspect-delay ${SHORT_DELAY_MS}`)}
${section("wide", wide, "tcp-request inspect-delay 20s\n  tcp-request inspect-limit 1m")}
`,
  });
  stopWitness = await startWitness(patient);
});

afterAll(async () => {
  // Nobody else was disturbed by any of it.
  const { exchangeCount, medianMs } = await stopWitness();
  expect(exchangeCount).toBeGreaterThan(10);
  expect(medianMs).toBeLessThan(MEDIAN_MS_MAX);
});

/** Sends bytes; whether the balancer closes without an answer and without a word to the server. */
async function isRefused(port: number, bytes: Uint8Array, isEnded = false): Promise<boolean> {
  const socket = await connect(port);
  const own = `127.0.0.1:${socket.localPort} `;
  const answer = readToEnd(socket);
  if (isEnded) socket.end(bytes);
  else socket.write(bytes);
  expect((await answer).length).toBe(0);
  const line = await waitFor(() =>
    tandem.process
      .stdout()
      .split("\n")
      .find((text) => text.startsWith(own)),
  );
  return / \S+\/<NOSRV> -1\/-1\/\d+ 0 PR /.test(line);
}

const good = connectPacket("someone");
const GARBAGE: Readonly<Record<string, Uint8Array>> = {
  "a zero": Uint8Array.of(0),
  zeros: new Uint8Array(4096),
  ones: new Uint8Array(4096).fill(0xff),
  HTTP: Buffer.from("GET / HTTP/1.1\r\nHost: broker\r\n\r\n"),
  "a TLS hello": Buffer.from("16030100c8010000c40303", "hex"),
  SSH: Buffer.from("SSH-2.0-OpenSSH_9.2\r\n"),
  "a PUBLISH": Buffer.from("3007000161626364", "hex"),
  "an endless remaining length": Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0xff, 0x7f),
  "reserved flags": Buffer.concat([Uint8Array.of(0x11), good.subarray(1)]),
  "another protocol": Buffer.from(good.toString("latin1").replace("MQTT", "HTTP"), "latin1"),
  "a client id longer than the packet": Buffer.from("100c00044d5154540402003cffff", "hex"),
};

describe("garbage", () => {
  test.each(Object.keys(GARBAGE))(
    "%s is refused at once, and the server hears nothing",
    async (name) => {
      expect(await isRefused(patient, GARBAGE[name]!)).toBe(true);
    },
  );

  test("random bytes of any length are refused or wait for more, and end nothing else", async () => {
    const blobs = Array.from({ length: 200 }, (_, index) => {
      const bytes = randomBytes(1 + index * 7);
      // Never a CONNECT by chance.
      bytes[0] = index % 2 === 0 ? 0x10 : bytes[0]! | 0x80;
      return bytes;
    });
    const outcomes = await Promise.all(blobs.map((bytes) => isRefused(hurried, bytes)));
    expect(outcomes).toEqual(blobs.map(() => true));
  });
});

describe("truncated packets", () => {
  const cuts = [0, 1, 2, 3, 7, 10, 12, good.length - 1];

  test.each(cuts)("a CONNECT that ends after %i bytes is refused", async (length) => {
    expect(await isRefused(patient, good.subarray(0, length), true)).toBe(true);
  });

  test("a CONNECT that stops anywhere is refused after the delay", async () => {
    const startedMs = performance.now();
    const timesMs = await Promise.all(
      cuts.map(async (length) => {
        expect(await isRefused(hurried, good.subarray(0, length))).toBe(true);
        return performance.now() - startedMs;
      }),
    );
    expect(Math.min(...timesMs)).toBeGreaterThan(SHORT_DELAY_MS - 50);
  });
});

describe("large packets", () => {
  const large = connectPacketOf(INSPECT_BYTES_MAX);

  test.each([1024, 16_384, 100_000, INSPECT_BYTES_MAX - 1, INSPECT_BYTES_MAX])(
    "a CONNECT of %i bytes reaches the server byte for byte",
    async (byteCount) => {
      const packet = connectPacketOf(byteCount);
      expect(packet.length).toBe(byteCount);
      const socket = await connect(patient);
      const answer = readBytes(socket, byteCount);
      socket.write(packet);
      expect((await answer).equals(packet)).toBe(true);
    },
  );

  test("what follows a CONNECT as large as the limit comes behind it", async () => {
    const rest = randomBytes(500_000);
    const socket = await connect(patient);
    const answer = readBytes(socket, large.length + rest.length);
    socket.write(large);
    socket.write(rest);
    expect((await answer).equals(Buffer.concat([large, rest]))).toBe(true);
  });

  test("a CONNECT one byte above the limit is refused", async () => {
    expect(await isRefused(patient, connectPacketOf(INSPECT_BYTES_MAX + 1))).toBe(true);
  });

  test("a CONNECT above the limit is refused when its length is known", async () => {
    const first = connectPacketOf(INSPECT_BYTES_MAX + 1).subarray(0, 12);
    expect(await isRefused(patient, first)).toBe(true);
  });

  test("a higher `tcp-request inspect-limit` lets it pass", async () => {
    const packet = connectPacketOf(320_000);
    const socket = await connect(wide);
    const answer = readBytes(socket, packet.length);
    socket.write(packet);
    expect((await answer).equals(packet)).toBe(true);
  });
});

describe("slow packets", () => {
  test("a CONNECT that comes byte by byte passes", async () => {
    const socket = await connect(patient);
    const answer = readBytes(socket, good.length);
    for (const byte of good) {
      socket.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    expect((await answer).equals(good)).toBe(true);
  });

  test("a CONNECT of one byte in 20 ms passes within the delay", async () => {
    const socket = await connect(patient);
    const answer = readBytes(socket, good.length);
    for (const byte of good) {
      socket.write(Uint8Array.of(byte));
      await sleep(20);
    }
    expect((await answer).equals(good)).toBe(true);
  });

  test("200 clients that never finish a CONNECT are refused after the delay", async () => {
    const packet = connectPacketOf(2_000);
    const before = processorMs(tandem.pid);
    const clients = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = await connect(hurried);
        const startedMs = performance.now();
        const closed = readToEnd(socket).then(() => performance.now() - startedMs);
        return { socket, closed };
      }),
    );
    let sentCount = 0;
    const drip = setInterval(() => {
      const byte = packet.subarray(sentCount, ++sentCount);
      for (const { socket } of clients) if (socket.writable) socket.write(byte);
    }, 20);
    const timesMs = await Promise.all(clients.map(({ closed }) => closed));
    clearInterval(drip);
    expect(Math.min(...timesMs)).toBeGreaterThan(SHORT_DELAY_MS - 100);
    expect(processorMs(tandem.pid) - before).toBeLessThan(2_000);
  });
});
