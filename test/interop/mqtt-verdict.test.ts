// The installed HAProxy and `inspectFirstPacket` judge the same first packets. Where they differ is
// a list in docs/decisions/0001-mqtt-verdicts.md, and the same list here.
import net from "node:net";
import { describe, expect, test } from "vitest";
import { findField } from "../../src/mqtt/field.ts";
import { inspectFirstPacket } from "../../src/mqtt/inspect.ts";
import { endLater } from "../support/cleanup.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { freePort } from "../support/ports.ts";
import { has, skipReason } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  AGREED,
  connect,
  DISAGREED,
  field,
  packet,
  properties,
  type FirstPacket,
  type VerdictKind,
} from "./mqtt-verdict-packets.ts";

const missing = has("haproxy") ? "" : ` (${skipReason("haproxy")})`;
const INSPECT_DELAY_MS = 2_000;

function ourVerdict(bytes: Uint8Array): VerdictKind {
  const { kind } = inspectFirstPacket(bytes, 16_000);
  return kind === "connect" || kind === "connack" ? "valid" : kind;
}

/** A server that greets, so that a client whose packet passed knows at once. */
async function startGreeter(): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.resume();
    socket.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endLater(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return (server.address() as net.AddressInfo).port;
}

/** Greeted: valid. Closed at once: malformed. Closed when the inspection delay is over: need-more. */
async function theirVerdict(port: number, bytes: Uint8Array): Promise<VerdictKind> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes));
    const startMs = performance.now();
    let isGreeted = false;
    socket.on("data", () => (isGreeted = true));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      const isLate = performance.now() - startMs > INSPECT_DELAY_MS * 0.9;
      resolve(isGreeted ? "valid" : isLate ? "need-more" : "malformed");
    });
  });
}

async function startJudge(): Promise<number> {
  const [port, greeter] = [await freePort(), await startGreeter()];
  await startHaproxy({
    config: `defaults
  mode tcp
  timeout client 10s
  timeout server 10s
  timeout connect 5s
frontend f
  bind 127.0.0.1:${port}
  tcp-request inspect-delay ${INSPECT_DELAY_MS}ms
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  default_backend b
backend b
  server s 127.0.0.1:${greeter}
`,
  });
  return port;
}

async function judgeAll(
  port: number,
  packets: readonly FirstPacket[],
): Promise<Record<string, VerdictKind>> {
  const verdicts = await Promise.all(
    packets.map(async ({ name, bytes }) => [name, await theirVerdict(port, bytes)] as const),
  );
  return Object.fromEntries(verdicts);
}

describe(`mqtt_is_valid${missing}`, () => {
  test.skipIf(!has("haproxy"))(
    "inspectFirstPacket() judges as HAProxy does, documented differences aside",
    async () => {
      const theirs = await judgeAll(await startJudge(), [...AGREED, ...DISAGREED]);
      const judge = (packets: readonly FirstPacket[]) =>
        Object.fromEntries(packets.map(({ name, bytes }) => [name, ourVerdict(bytes)]));
      const ofDisagreed = (side: "haproxy" | "tandem") =>
        Object.fromEntries(DISAGREED.map((packet) => [packet.name, packet[side]]));
      expect(theirs).toEqual({ ...judge(AGREED), ...ofDisagreed("haproxy") });
      expect(judge(DISAGREED)).toEqual(ofDisagreed("tandem"));
    },
    30_000,
  );
});

const FIELD_PACKETS: readonly Uint8Array[] = [
  connect(),
  connect({ level: 3 }),
  connect({ rest: [field("")] }),
  connect({
    flags: 0xf6,
    rest: [field("gerät"), field("w/t"), field("by\xffe"), field("user"), field("pass,word")],
  }),
  connect({
    level: 5,
    flags: 0x06,
    props: properties(
      Buffer.from([17, 0, 0, 1, 9, 33, 0, 5, 39, 0, 1, 0, 0, 34, 0, 3, 25, 1, 23, 0, 21]),
      field("SCRAM"),
      Buffer.from([22]),
      field("data"),
    ),
    rest: [
      field("c1"),
      properties(
        Buffer.from([24, 0, 0, 0, 7, 1, 1, 2, 0, 0, 0, 9, 3]),
        field("text"),
        Buffer.from([8]),
        field("r/t"),
        Buffer.from([9]),
        field("c"),
      ),
      field("w"),
      field(""),
    ],
  }),
  connect({ level: 5 }),
  packet(0x20, Buffer.from([1, 0])),
  packet(0x20, Buffer.from([0, 0x87]), properties(Buffer.from([18]), field("id"))),
];

const CONNECT_FIELDS = [
  "flags",
  "protocol_name",
  "protocol_version",
  "client_identifier",
  "will_topic",
  "will_payload",
  "username",
  "password",
  "keepalive",
  ...["17", "33", "39", "34", "25", "23", "21", "22", "24", "1", "2", "3", "8", "9"],
];
const CONNACK_FIELDS = [
  ...["flags", "protocol_version", "reason_code", "17", "33", "36", "37", "39", "18", "34", "31"],
  ...["40", "41", "42", "19", "26", "28", "21", "22"],
];

const FIELDS: readonly (readonly [string, string])[] = [
  ...CONNECT_FIELDS.map((name) => ["connect", name] as const),
  ...CONNACK_FIELDS.map((name) => ["connack", name] as const),
];

function ourFields(bytes: Uint8Array): Record<string, string> {
  const inspection = inspectFirstPacket(bytes, 16_000);
  const entries = FIELDS.map(([type, name]) => {
    const lookup = findField(type, name);
    const value = lookup.ok ? lookup.read(inspection) : undefined;
    const shown = value === undefined ? "-" : Buffer.from(value, "latin1").toString("hex");
    return [`${type}.${name}`, shown.toUpperCase()] as const;
  });
  return Object.fromEntries(entries);
}

describe(`mqtt_field_value${missing}`, () => {
  test.skipIf(!has("haproxy"))("findField() reads each field as HAProxy does", async () => {
    const port = await freePort();
    const greeter = await startGreeter();
    const rules = FIELDS.map(
      ([type, name], i) =>
        `  tcp-request content set-var(txn.f${i}) req.payload(0,0),mqtt_field_value(${type},${name})`,
    );
    const haproxy = await startHaproxy({
      config: `global
  log stdout len 8192 format raw local0
defaults
  mode tcp
  log global
  timeout client 10s
  timeout server 10s
  timeout connect 5s
frontend f
  bind 127.0.0.1:${port}
  log-format fields=${FIELDS.map((_, i) => `%[var(txn.f${i}),hex]`).join("|")}|end
  tcp-request inspect-delay 5s
  tcp-request content accept if !WAIT_END
${rules.join("\n")}
  default_backend b
backend b
  server s 127.0.0.1:${greeter}
`,
    });
    for (const [i, bytes] of FIELD_PACKETS.entries()) {
      const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      socket.on("error", () => undefined);
      socket.resume();
      socket.end(bytes);
      const line = await waitFor(
        () => [...haproxy.process.output().matchAll(/fields=(.*)\|end/g)][i]?.[1],
        { what: () => `log line ${i} in ${haproxy.process.output()}` },
      );
      socket.destroy();
      const values = line.split("|");
      const theirs = Object.fromEntries(
        FIELDS.map(([type, name], at) => [`${type}.${name}`, values[at]]),
      );
      expect({ i, ...ourFields(bytes) }).toEqual({ i, ...theirs });
    }
  });
});
