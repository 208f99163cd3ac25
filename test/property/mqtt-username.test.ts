// Invariant: a CONNECT with another user name decodes to what was sent but for that name, whatever else it
// holds, and the bytes around the name are the client's own.
import fc from "fast-check";
import { generate, type IConnectPacket, type Packet, parser as createParser } from "mqtt-packet";
import { expect, test } from "vitest";
import { inspectFirstPacket } from "../../src/mqtt/inspect.ts";
import { withUsername } from "../../src/mqtt/set-username.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 });
const mqttText = text.filter((each) => !each.includes("\0"));
const topic = mqttText.filter((each) => !/[+#]/.test(each));
const payload = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

const properties = fc.record(
  {
    sessionExpiryInterval: fc.nat(),
    receiveMaximum: fc.integer({ min: 1, max: 65_535 }),
    userProperties: fc.dictionary(
      mqttText.filter((key) => key !== "__proto__"),
      mqttText,
      { maxKeys: 4, noNullPrototype: true },
    ),
    authenticationMethod: mqttText,
  },
  { requiredKeys: [] },
);

const willProperties = fc.record(
  { willDelayInterval: fc.nat(), contentType: mqttText, correlationData: payload },
  { requiredKeys: [] },
);

const connect: fc.Arbitrary<IConnectPacket> = fc
  .record({
    version: fc.constantFrom(3 as const, 4 as const, 5 as const),
    clientId: mqttText,
    clean: fc.boolean(),
    keepalive: fc.integer({ min: 0, max: 65_535 }),
    username: fc.option(mqttText, { nil: undefined }),
    password: fc.option(payload, { nil: undefined }),
    will: fc.option(
      fc.record({
        topic,
        payload: payload.filter((bytes) => bytes.length > 0),
        qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
        retain: fc.boolean(),
        properties: willProperties,
      }),
      { nil: undefined },
    ),
    properties,
  })
  .map(({ version, username, password, will, properties: own, ...rest }) => ({
    cmd: "connect" as const,
    protocolId: version === 3 ? ("MQIsdp" as const) : ("MQTT" as const),
    protocolVersion: version,
    ...rest,
    ...(version === 5 ? { properties: own } : {}),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined || username === undefined ? {} : { password }),
    ...(will === undefined ? {} : { will: version === 5 ? will : withoutProperties(will) }),
  }));

function withoutProperties<T extends object>(will: T): Omit<T, "properties"> {
  return Object.fromEntries(Object.entries(will).filter(([name]) => name !== "properties")) as Omit<
    T,
    "properties"
  >;
}

function decode(bytes: Uint8Array): Packet {
  const found: Packet[] = [];
  const parser = createParser({});
  parser.on("packet", (packet) => found.push(packet));
  parser.on("error", (error) => {
    throw error;
  });
  expect(parser.parse(Buffer.from(bytes))).toBe(0);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** Everything but the user name and the lengths and flags that follow from it. */
function rest(packet: Packet): unknown {
  return { ...packet, username: undefined, length: undefined };
}

test("withUsername() changes the user name and nothing else", () => {
  fc.assert(
    fc.property(connect, mqttText, (packet, name) => {
      const before = generate(packet);
      if (inspectFirstPacket(before, 1e6).kind !== "connect") return;
      const after = withUsername(before, Buffer.from(name))!;
      expect(inspectFirstPacket(after, 1e6)).toMatchObject({
        kind: "connect",
        byteCount: after.length,
        packet: { username: Buffer.from(name).toString() },
      });
      expect(rest(decode(after))).toEqual(rest(decode(before)));
      // Back again: every other byte is where it was.
      if (packet.username === undefined) return;
      const back = withUsername(after, Buffer.from(packet.username))!;
      expect(Buffer.from(back).equals(before)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("withUsername() takes the longest name there is, and no packet beyond the longest", () => {
  const packet = generate({ cmd: "connect", clientId: "d" });
  const after = withUsername(packet, Buffer.alloc(65_535, "n"))!;
  expect(inspectFirstPacket(after, 1e6).kind).toBe("connect");
});
