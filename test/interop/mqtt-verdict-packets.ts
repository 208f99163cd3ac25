// First packets, good, odd and broken, for the comparison of verdicts.

/** What a verdict can be. */
export type VerdictKind = "valid" | "malformed" | "need-more";

/** One first packet. */
export interface FirstPacket {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A length-prefixed string or binary value. */
export function field(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** A packet around a body, with its remaining length. */
export function packet(firstByte: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const header = [firstByte];
  let rest = body.length;
  do {
    header.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from(header), body]);
}

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);

/** MQTT 5 properties with their length in front. */
export function properties(...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([bytes(body.length), body]);
}

interface Connect {
  readonly name?: string;
  readonly level?: number;
  readonly flags?: number;
  readonly first?: number;
  readonly props?: Uint8Array;
  readonly rest?: readonly Uint8Array[];
}

/** A CONNECT; version 3.1.1, clean session and client identifier `c1` unless said otherwise. */
export function connect(options: Connect = {}): Buffer {
  const { level = 4, flags = 0x02, first = 0x10, rest = [field("c1")] } = options;
  const name = options.name ?? (level === 3 ? "MQIsdp" : "MQTT");
  const props = level === 5 ? [options.props ?? properties()] : [];
  return packet(first, field(name), bytes(level, flags, 0, 60), ...props, ...rest);
}

const v5 = (...parts: readonly Uint8Array[]): Buffer =>
  connect({ level: 5, props: properties(...parts) });
const v5Will = (...parts: readonly Uint8Array[]): Buffer =>
  connect({
    level: 5,
    flags: 0x06,
    rest: [field("c1"), properties(...parts), field("w/t"), field("bye")],
  });
const will = (topic: string | Uint8Array, flags = 0x06): Buffer =>
  connect({ flags, rest: [field("c1"), field(topic), field("bye")] });
const user = field("u");
const connack5 = (...parts: readonly Uint8Array[]): Buffer =>
  packet(0x20, bytes(0, 0), properties(...parts));

const GOOD: readonly (readonly [string, Uint8Array])[] = [
  ["3.1.1", connect()],
  ["3.1", connect({ level: 3 })],
  ["5 without properties", connect({ level: 5 })],
  ["empty client identifier", connect({ rest: [field("")] })],
  ["long client identifier", connect({ rest: [field("x".repeat(300))] })],
  ["client identifier with umlauts", connect({ rest: [field("gerät")] })],
  ["user name and password", connect({ flags: 0xc2, rest: [field("c1"), user, field("p")] })],
  ["user name alone", connect({ flags: 0x82, rest: [field("c1"), user] })],
  ["empty user name", connect({ flags: 0x82, rest: [field("c1"), field("")] })],
  ["will", will("w/t")],
  ["will with QoS 2 and retain", will("w/t", 0x36)],
  ["a SUBSCRIBE behind it", Buffer.concat([connect(), bytes(0x82, 5, 0, 1, 0, 0, 0)])],
  ["anything behind it", Buffer.concat([connect(), bytes(0xff, 0xff)])],
  [
    "5: every property",
    v5(
      bytes(17, 0, 0, 0, 9, 33, 0, 5, 39, 0, 1, 0, 0, 34, 0, 3, 25, 1, 23, 0, 21),
      field("SCRAM"),
      bytes(22),
      field("data"),
      bytes(38),
      field("k"),
      field("v"),
    ),
  ],
  [
    "5: user property twice",
    v5(bytes(38), field("k"), field("v"), bytes(38), field("k"), field("w")),
  ],
  [
    "5: every will property",
    v5Will(
      bytes(24, 0, 0, 0, 7, 1, 1, 2, 0, 0, 0, 9, 3),
      field("text"),
      bytes(8),
      field("r/t"),
      bytes(9),
      field("c"),
    ),
  ],
  ["5: password alone", connect({ level: 5, flags: 0x42, rest: [field("c1"), field("p")] })],
  ["CONNACK 3.1.1", packet(0x20, bytes(0, 0))],
  ["CONNACK 3.1.1 refused", packet(0x20, bytes(0, 5))],
  ["CONNACK 5", connack5()],
  ["CONNACK 5 with properties", connack5(bytes(17, 0, 0, 0, 1, 36, 1, 37, 1, 18), field("id"))],
];

const BROKEN: readonly (readonly [string, Uint8Array])[] = [
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["TLS", bytes(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0)],
  ["zeros", Buffer.alloc(16)],
  ["PUBLISH first", packet(0x30, field("a"), bytes(1))],
  ["PINGREQ first", bytes(0xc0, 0)],
  ["SUBSCRIBE first", packet(0x82, bytes(0, 1), field("a"), bytes(0))],
  ["header flags set", connect({ first: 0x11 })],
  ["remaining length of 5 bytes", bytes(0x10, 0xff, 0xff, 0xff, 0xff, 0x01, 0)],
  ["remaining length 0", bytes(0x10, 0)],
  ["level 2", connect({ level: 2, name: "MQTT" })],
  ["level 6", connect({ level: 6, name: "MQTT" })],
  ["bridge level 0x84", connect({ level: 0x84, name: "MQTT" })],
  ["other protocol name", connect({ name: "MQTX" })],
  ["reserved flag set", connect({ flags: 0x03 })],
  ["QoS 3 without a will", connect({ flags: 0x1a })],
  [
    "client identifier beyond the packet",
    packet(0x10, field("MQTT"), bytes(4, 2, 0, 60, 0, 9), Buffer.from("c1")),
  ],
  ["bytes left over inside the packet", connect({ rest: [field("c1"), bytes(0)] })],
  ["user name missing", connect({ flags: 0x82 })],
  ["will payload missing", connect({ flags: 0x06, rest: [field("c1"), field("w")] })],
  ["no client identifier", connect({ rest: [] })],
  ["5: property twice", v5(bytes(17, 0, 0, 0, 1, 17, 0, 0, 0, 1))],
  ["5: receive maximum 0", v5(bytes(33, 0, 0))],
  ["5: maximum packet size 0", v5(bytes(39, 0, 0, 0, 0))],
  ["5: flag property of 2", v5(bytes(25, 2))],
  ["5: payload format 2", v5Will(bytes(1, 2))],
  ["5: unknown property", v5(bytes(99, 0))],
  ["5: property of another packet", v5(bytes(36, 1))],
  ["5: authentication data alone", v5(bytes(22), field("data"))],
  ["5: property cut", v5(bytes(17, 0, 0))],
  ["5: property length beyond the packet", connect({ level: 5, props: bytes(50) })],
  ["CONNACK with reserved flags", packet(0x20, bytes(2, 0))],
  ["CONNACK of 1 byte", packet(0x20, bytes(0))],
  ["CONNACK header flags set", packet(0x21, bytes(0, 0))],
];

const whole = connect({ rest: [field("device-0001")] });

const CUT: readonly (readonly [string, Uint8Array])[] = [
  ["1 byte", whole.subarray(0, 1)],
  ["header only", whole.subarray(0, 2)],
  ["cut in the protocol name", whole.subarray(0, 5)],
  ["cut in the client identifier", whole.subarray(0, -3)],
  ["cut before its last byte", whole.subarray(0, -1)],
  ["CONNACK cut", bytes(0x20, 2, 0)],
];

/** Packets on which both agree. */
export const AGREED: readonly FirstPacket[] = [...GOOD, ...BROKEN, ...CUT].map(
  ([name, content]) => ({ name, bytes: content }),
);

/** A packet with the two verdicts. */
export interface DisagreedPacket extends FirstPacket {
  readonly haproxy: VerdictKind;
  readonly tandem: VerdictKind;
}

const LAXER: readonly (readonly [string, Uint8Array])[] = [
  ["protocol name in lower case", connect({ name: "mqtt" })],
  ["name MQIsdp with level 4", connect({ name: "MQIsdp", level: 4 })],
  ["name MQTT with level 3", connect({ name: "MQTT", level: 3 })],
  ["will QoS 1 without a will", connect({ flags: 0x0a })],
  ["will retain without a will", connect({ flags: 0x22 })],
  ["will QoS 3 with a will", will("w/t", 0x1e)],
  ["password without user name", connect({ flags: 0x42, rest: [field("c1"), field("p")] })],
  ["client identifier is not UTF-8", connect({ rest: [field(bytes(0xc3, 0x28))] })],
  ["client identifier with U+0000", connect({ rest: [field("a\0b")] })],
  ["user name is not UTF-8", connect({ flags: 0x82, rest: [field("c1"), field(bytes(0xff))] })],
  ["will topic empty", will("")],
  ["will topic with a wildcard", will("a/#")],
  ["5: response topic with a wildcard", v5Will(bytes(8), field("a/+"))],
  ["CONNACK 3.1.1 with code 6", packet(0x20, bytes(0, 6))],
  ["CONNACK with session present and refused", packet(0x20, bytes(1, 5))],
  ["CONNACK 5 with reason 0x01", packet(0x20, bytes(0, 1), properties())],
];

/** Packets that are judged by the letter of the specification where HAProxy 2.6 is laxer. */
export const DISAGREED: readonly DisagreedPacket[] = [
  ...LAXER.map(([name, content]) => ({
    name,
    bytes: content,
    haproxy: "valid" as const,
    tandem: "malformed" as const,
  })),
  // HAProxy gives up when the remaining length itself arrives in two pieces.
  {
    name: "remaining length cut",
    bytes: bytes(0x10, 0x80),
    haproxy: "malformed",
    tandem: "need-more",
  },
];
