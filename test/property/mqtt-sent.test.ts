// Everything that the balancer says in MQTT is a whole packet for mqtt-packet, of the version that it
// is meant for. A CONNECT with another user name is the business of mqtt-username.test.ts.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import {
  generate,
  type IConnectPacket,
  type IDisconnectPacket,
  type Packet,
  parser as createParser,
} from "mqtt-packet";
import { describe, expect, test } from "vitest";
import type { MqttCheck } from "../../src/config/model/check.ts";
import { MqttDialogue } from "../../src/health/mqtt-dialogue.ts";
import { inspectFirstPacket } from "../../src/mqtt/inspect.ts";
import { encodeFarewell, type FarewellCause } from "../../src/mqtt/farewell.ts";
import { encodeRefusal, parseRefusalCause, type RefusalCause } from "../../src/mqtt/refusal.ts";
import { WebSocketOpening } from "../../src/websocket/client-opening.ts";
import { readFrames } from "../support/websocket-frames.ts";

/** Packets that were decoded here, by the file that makes them. */
const seen = new Set<string>();

function see(file: string, packets: readonly Packet[]): void {
  for (const { cmd } of packets) seen.add(`${file} ${cmd}`);
}

const CAUSES = [
  "unavailable",
  "busy",
  "quota",
  "rate",
  "banned",
  "not-authorized",
  "client-id",
  "keepalive",
  "too-large",
] as const;

const OLD_CODES: Readonly<Record<RefusalCause, number>> = {
  unavailable: 3,
  busy: 3,
  quota: 3,
  rate: 3,
  banned: 5,
  "not-authorized": 5,
  "client-id": 2,
  keepalive: 5,
  "too-large": 5,
};

const NEW_CODES: Readonly<Record<RefusalCause, number>> = {
  unavailable: 0x88,
  busy: 0x89,
  quota: 0x97,
  rate: 0x9f,
  banned: 0x8a,
  "not-authorized": 0x87,
  "client-id": 0x85,
  keepalive: 0x83,
  "too-large": 0x95,
};

/** The packets in the bytes, which must be there whole. */
function decode(bytes: Uint8Array, protocolVersion: number): readonly Packet[] {
  const found: Packet[] = [];
  const parser = createParser({ protocolVersion });
  parser.on("packet", (packet) => found.push(packet));
  parser.on("error", (error) => {
    throw error;
  });
  expect(parser.parse(Buffer.from(bytes))).toBe(0);
  return found;
}

/** Text that MQTT allows: no zero. */
const mqttText = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((text) => !text.includes("\0"));

describe("encodeRefusal()", () => {
  const connect = fc.record({
    version: fc.constantFrom(3 as const, 4 as const, 5 as const),
    clientId: mqttText,
    maximumPacketSize: fc.option(fc.integer({ min: 5, max: 200 }), { nil: undefined }),
  });

  test("answers any CONNECT by a CONNACK of its version that fits the client", () => {
    fc.assert(
      fc.property(connect, fc.constantFrom(...CAUSES), (client, cause) => {
        const { version, clientId, maximumPacketSize } = client;
        const properties =
          version === 5 && maximumPacketSize !== undefined ? { maximumPacketSize } : {};
        const packet: IConnectPacket = {
          cmd: "connect",
          protocolId: version === 3 ? "MQIsdp" : "MQTT",
          protocolVersion: version,
          clientId,
          properties,
        };
        const found = inspectFirstPacket(generate(packet), 10_000);
        if (found.kind !== "connect") throw new Error(`${found.kind} is no CONNECT`);
        const { bytes, code } = encodeRefusal(found.packet, cause);
        const expected = (version === 5 ? NEW_CODES : OLD_CODES)[cause];
        expect(code).toBe(expected);
        const [answer, ...more] = decode(bytes, version);
        see("mqtt/refusal.ts", [answer!]);
        const framed = readFrames(new WebSocketOpening().wrap(bytes));
        expect(framed.data).toEqual(Buffer.from(bytes));
        expect(more).toEqual([]);
        const field = version === 5 ? "reasonCode" : "returnCode";
        expect(answer).toMatchObject({ cmd: "connack", sessionPresent: false, [field]: expected });
        if (version === 5) expect(bytes.length).toBeLessThanOrEqual(maximumPacketSize ?? 200);
        // By the letter of the specification, too.
        expect(inspectFirstPacket(bytes, 200)).toMatchObject({ kind: "connack" });
      }),
    );
  });

  test("knows its causes by name, and nothing else", () => {
    for (const cause of CAUSES) expect(parseRefusalCause(cause)).toBe(cause);
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(parseRefusalCause(name) === undefined).toBe(!CAUSES.some((each) => each === name));
      }),
    );
  });
});

describe("MqttDialogue", () => {
  const check: fc.Arbitrary<MqttCheck> = fc
    .record({
      version: fc.constantFrom(4 as const, 5 as const),
      clientIdPrefix: mqttText,
      username: fc.option(mqttText, { nil: undefined }),
      password: fc.option(mqttText, { nil: undefined }),
      keepaliveSeconds: fc.integer({ min: 0, max: 65_535 }),
      topic: fc.option(mqttText, { nil: undefined }),
    })
    .map(({ username, password, topic, ...rest }) => ({
      ...rest,
      ...(username === undefined ? {} : { username }),
      ...(username === undefined || password === undefined ? {} : { password }),
      ...(topic === undefined ? {} : { publish: { topic: topic.replace(/[+#]/g, "-") } }),
    }));

  test("sends only whole packets of its version, whatever the broker does", () => {
    fc.assert(
      fc.property(check, fc.array(fc.uint8Array({ maxLength: 40 })), (mqtt, noise) => {
        const { version, clientIdPrefix: clientId } = mqtt;
        const dialogue = new MqttDialogue({ mqtt, clientId, host: "b" });
        const sent: Uint8Array[] = [];
        const tell = (event: Parameters<MqttDialogue["handle"]>[0]): void => {
          dialogue.handle(event, 0);
          for (let effect = dialogue.poll(); effect; effect = dialogue.poll()) {
            if (effect.kind === "send") sent.push(effect.bytes);
          }
        };
        tell({ kind: "start" });
        const good: readonly Packet[] = [
          { cmd: "connack", sessionPresent: false, returnCode: 0, reasonCode: 0 },
          { cmd: "suback", messageId: 1, granted: [1] },
        ];
        for (const packet of good) {
          tell({ kind: "data", bytes: generate(packet, { protocolVersion: version }) });
        }
        if (mqtt.publish !== undefined) {
          const { topic } = mqtt.publish;
          const own = {
            cmd: "publish",
            topic,
            payload: "another's",
            qos: 1,
            messageId: 7,
          } as const;
          const bytes = generate(
            { ...own, dup: false, retain: false },
            { protocolVersion: version },
          );
          tell({ kind: "data", bytes });
        }
        for (const bytes of noise) tell({ kind: "data", bytes });
        tell({ kind: "ended" });
        const packets = decode(Buffer.concat(sent), version);
        const [first, ...rest] = packets;
        see("mqtt/own-connect.ts", [first!]);
        const { keepaliveSeconds: keepalive, username, password = "" } = mqtt;
        const said = first as IConnectPacket;
        expect(said).toMatchObject({ clean: true, clientId, keepalive });
        expect([said.username, String(said.password ?? "")]).toEqual([username, password]);
        see("health/mqtt-dialogue.ts", rest);
        const names = packets.map(({ cmd }) => cmd);
        const wanted =
          mqtt.publish === undefined
            ? ["connect", "disconnect"]
            : ["connect", "subscribe", "publish", "puback"];
        expect(names.slice(0, wanted.length)).toEqual(wanted);
        // The CONNECT passes the inspection that clients of the balancer pass.
        expect(inspectFirstPacket(sent[0]!, 100_000).kind).toBe("connect");
      }),
    );
  });
});

describe("encodeFarewell()", () => {
  const client = fc.record({
    protocolVersion: fc.constantFrom(3 as const, 4 as const, 5 as const),
    isClean: fc.boolean(),
    packetBytesMax: fc.oneof(fc.constant(Infinity), fc.nat(80)),
  });
  const reference = fc.option(fc.record({ text: mqttText, isMoved: fc.boolean() }), {
    nil: undefined,
  });
  const cause = fc.constantFrom<FarewellCause>("elsewhere", "shutdown", "administrator");

  test("is one DISCONNECT that fits the client, for MQTT 5 alone, bare and inside WebSocket", () => {
    fc.assert(
      fc.property(client, cause, reference, (each, why, where) => {
        const bytes = encodeFarewell(each, why, where);
        const last = readFrames(new WebSocketOpening().lastWords(bytes));
        expect(last.controls).toEqual([Buffer.from([3, 0xe9])]);
        expect(last.data).toEqual(Buffer.from(bytes ?? []));
        if (bytes === undefined) {
          expect(each.protocolVersion !== 5 || each.packetBytesMax < 4).toBe(true);
          return;
        }
        expect(each.protocolVersion).toBe(5);
        expect(bytes.length).toBeLessThanOrEqual(each.packetBytesMax);
        const packets = decode(bytes, 5);
        see("mqtt/farewell.ts", packets);
        expect(packets).toMatchObject([{ cmd: "disconnect" }]);
        const { reasonCode, properties } = packets[0] as IDisconnectPacket;
        expect([0x8b, 0x98, 0x9c, 0x9d]).toContain(reasonCode);
        if (properties !== undefined) expect(properties).toEqual({ serverReference: where?.text });
      }),
    );
  });
});

/** Files below src/ that make packets, with the kinds that they name. */
function senders(): readonly string[] {
  return readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const text = readFileSync(path.join("src", name), "utf8");
      if (!/import \{[^}]*\bgenerate\b[^}]*\} from "[^"]*(mqtt-packet|generate\.ts)"/.test(text))
        return [];
      return [...text.matchAll(/\bcmd: "(\w+)"/g)].map(([, cmd]) => `${name} ${cmd!}`);
    });
}

test("every packet that the source makes was seen here", () => {
  expect([...seen].sort()).toEqual([...new Set(senders())].sort());
});
