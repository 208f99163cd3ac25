// The CONNECT that nearly every device sends, read from its bytes: MQTT 3.1.1 or 5.0 without
// properties, without a will, its texts in ASCII. It costs a fraction of what mqtt-packet does, which
// remains what everything else is read by; test/property/mqtt-plain-connect.test.ts compares the two.
import { Buffer } from "node:buffer";
import type { ConnectFacts, PropertyValues } from "./inspect.ts";

const USERNAME_FLAG = 0x80;
const PASSWORD_FLAG = 0x40;
const CLEAN_FLAG = 0x02;

/** The flags of a CONNECT that has no will (§3.1.2.3). */
const PLAIN_FLAGS = USERNAME_FLAG | PASSWORD_FLAG | CLEAN_FLAG;

/** Length and letters of "MQTT" (§3.1.2.1). */
const NAME = [0, 4, 0x4d, 0x51, 0x54, 0x54] as const;
const LEVEL_AT = 6;
const FLAGS_AT = 7;
const KEEPALIVE_AT = 8;
const HEAD_BYTES = 10;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const NO_PROPERTIES: PropertyValues = Object.freeze({});

/**
 * Reads a CONNECT whose body is `bytes` from `start` to `end`; `undefined` when it is not of the plain
 * kind, be it valid or not. Sections are those of MQTT 5.0, §3.1.
 */
export function readPlainConnect(
  bytes: Uint8Array,
  start: number,
  end: number,
): ConnectFacts | undefined {
  if (end - start < HEAD_BYTES || end > bytes.length) return undefined;
  for (let i = 0; i < NAME.length; i++) if (bytes[start + i] !== NAME[i]) return undefined;
  const protocolVersion = bytes[start + LEVEL_AT]!;
  const flags = bytes[start + FLAGS_AT]!;
  if ((protocolVersion !== 4 && protocolVersion !== 5) || (flags & ~PLAIN_FLAGS) !== 0) {
    return undefined;
  }
  const hasUsername = (flags & USERNAME_FLAG) !== 0;
  const hasPassword = (flags & PASSWORD_FLAG) !== 0;
  if (hasPassword && !hasUsername) return undefined;
  const keepaliveSeconds = int16(bytes, start + KEEPALIVE_AT);
  let at = start + HEAD_BYTES;
  if (protocolVersion === 5 && bytes[at++] !== 0) return undefined;

  const idEnd = endOfField(bytes, at, end);
  const nameEnd = hasUsername ? endOfField(bytes, idEnd, end) : idEnd;
  const passwordEnd = hasPassword ? endOfField(bytes, nameEnd, end) : nameEnd;
  if (passwordEnd !== end) return undefined;
  const clientId = asciiText(bytes, at + 2, idEnd);
  const username = hasUsername ? asciiText(bytes, idEnd + 2, nameEnd) : undefined;
  if (clientId === undefined || (hasUsername && username === undefined)) return undefined;
  const facts: Writable<ConnectFacts> = {
    protocolName: "MQTT",
    protocolVersion,
    flags,
    clean: (flags & CLEAN_FLAG) !== 0,
    keepaliveSeconds,
    clientId,
    properties: NO_PROPERTIES,
  };
  if (username !== undefined) facts.username = username;
  // A copy, so that who keeps it does not keep everything else that was received.
  if (hasPassword) facts.password = Buffer.from(bytes.subarray(nameEnd + 2, passwordEnd));
  return facts;
}

function int16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Where a field ends that begins with its length (§1.5.4); NaN when that is behind the packet. */
function endOfField(bytes: Uint8Array, at: number, end: number): number {
  if (!(at + 2 <= end)) return NaN;
  const fieldEnd = at + 2 + int16(bytes, at);
  return fieldEnd <= end ? fieldEnd : NaN;
}

/** The text of bytes that are all 1 to 127; `undefined` when others are among them. */
function asciiText(bytes: Uint8Array, start: number, end: number): string | undefined {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0 || byte > 127) return undefined;
  }
  const { buffer, byteOffset, length } = bytes;
  const text = Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, length);
  return text.toString("latin1", start, end);
}
