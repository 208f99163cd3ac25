// A CONNECT with another user name (MQTT 3.1.1 §3.1.3.4, MQTT 5.0 §3.1.3.5). Everything else stays byte
// for byte as the client has written it: properties, will, password, and whatever order they are in.

/** The most bytes of a text in MQTT (MQTT 5.0 §1.5.4). */
export const TEXT_BYTES_MAX = 65_535;

/** The largest remaining length (§1.5.5). */
const REMAINING_MAX = 268_435_455;

const USERNAME_FLAG = 0x80;
const WILL_FLAG = 0x04;

/**
 * The CONNECT with this user name, which is UTF-8 without U+0000 of 1 to `TEXT_BYTES_MAX` bytes. The
 * packet is a whole one that `inspectFirstPacket` has accepted. `undefined` if it would grow too long.
 */
export function withUsername(packet: Uint8Array, username: Uint8Array): Uint8Array | undefined {
  let start = 1;
  while (packet[start]! >= 0x80) start++;
  start++;
  const flagsAt = start + 2 + int16(packet, start) + 1;
  const flags = packet[flagsAt]!;
  const at = usernameStart(packet, flagsAt);
  const oldLength = (flags & USERNAME_FLAG) === 0 ? 0 : 2 + int16(packet, at);
  const remaining = packet.length - start - oldLength + 2 + username.length;
  if (remaining > REMAINING_MAX) return undefined;
  const before = new Uint8Array(packet.subarray(start, at));
  before[flagsAt - start] = flags | USERNAME_FLAG;
  return Buffer.concat([
    packet.subarray(0, 1),
    variableInt(remaining),
    before,
    Uint8Array.of(username.length >> 8, username.length & 0xff),
    username,
    packet.subarray(at + oldLength),
  ]);
}

/** Where the user name is, or would be: behind the client identifier and the will. */
function usernameStart(packet: Uint8Array, flagsAt: number): number {
  const hasProperties = packet[flagsAt - 1] === 5;
  let at = flagsAt + 3;
  if (hasProperties) at = skipProperties(packet, at);
  at += 2 + int16(packet, at);
  if ((packet[flagsAt]! & WILL_FLAG) === 0) return at;
  if (hasProperties) at = skipProperties(packet, at);
  at += 2 + int16(packet, at);
  return at + 2 + int16(packet, at);
}

function skipProperties(packet: Uint8Array, start: number): number {
  let length = 0;
  let at = start;
  for (let factor = 1; ; factor *= 128) {
    const byte = packet[at++]!;
    length += (byte & 0x7f) * factor;
    if (byte < 0x80) return at + length;
  }
}

function int16(packet: Uint8Array, at: number): number {
  return (packet[at]! << 8) | packet[at + 1]!;
}

function variableInt(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  do {
    const low = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? low | 0x80 : low);
  } while (left > 0);
  return Uint8Array.from(bytes);
}
