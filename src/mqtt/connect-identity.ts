// Who a client says it is, read off the front of its CONNECT (MQTT 5.0 §3.1; MQTT 3.1.1 §3.1). Listings
// look at thousands of connections at once, so that nothing else of the packet is parsed or checked.

const CONNECT = 0x10;
const UTF8 = new TextDecoder();

/** Bytes of `MQTT` or `MQIsdp` at the most. */
const PROTOCOL_NAME_BYTES_MAX = 6;

/**
 * The client identifier; `undefined` when the bytes do not begin with a whole one. What is no UTF-8
 * in it is replaced. Empty when the server was to choose one.
 */
export function clientIdOf(bytes: Uint8Array): string | undefined {
  if (bytes[0] !== CONNECT) return undefined;
  let at = skipVariableInteger(bytes, 1);
  const nameLength = readLength(bytes, at);
  if (nameLength === undefined || nameLength > PROTOCOL_NAME_BYTES_MAX) return undefined;
  at += 2 + nameLength;
  const version = bytes[at];
  // Level, flags, keep alive.
  at += 4;
  if (version === 5) {
    const length = readVariableInteger(bytes, at);
    if (length === undefined) return undefined;
    at = skipVariableInteger(bytes, at) + length;
  }
  const length = readLength(bytes, at);
  if (length === undefined || at + 2 + length > bytes.length) return undefined;
  return UTF8.decode(bytes.subarray(at + 2, at + 2 + length));
}

function readLength(bytes: Uint8Array, at: number): number | undefined {
  const high = bytes[at];
  const low = bytes[at + 1];
  return high === undefined || low === undefined ? undefined : high * 256 + low;
}

/** Where a variable byte integer ends: after four bytes at the latest. */
function skipVariableInteger(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < at + 3 && (bytes[end] ?? 0) >= 0x80) end += 1;
  return end + 1;
}

function readVariableInteger(bytes: Uint8Array, at: number): number | undefined {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return value;
  }
  return undefined;
}
