// Who an MQTT client says that it is, read from its CONNECT alone: two strings, for lists that people
// look at. Whether the packet is a good one is judged elsewhere (inspect.ts).
import { Buffer } from "node:buffer";

/** Texts as the client sent them: hostile, until they are escaped. */
export interface ClientIdentity {
  /** Empty: the broker chooses one. */
  readonly clientId: string;
  readonly username: string | undefined;
}

const CONNECT = 0x10;
const USERNAME_FLAG = 0x80;
const WILL_FLAG = 0x04;
const VERSION_5 = 5;

/**
 * The identity in the first bytes of a connection; `undefined` if these are no whole CONNECT. Layout:
 * MQTT 3.1.1 and 5.0 §3.1; the bridge bit of the version is mosquitto's.
 */
export function clientIdentity(bytes: Uint8Array): ClientIdentity | undefined {
  if (bytes[0] !== CONNECT) return undefined;
  const reader = new FieldReader(bytes, 1);
  reader.variableInteger();
  reader.skipField();
  const version = reader.byte() & 0x7f;
  const flags = reader.byte();
  reader.skip(2);
  if (version === VERSION_5) reader.skip(reader.variableInteger());
  const clientId = reader.text();
  if ((flags & WILL_FLAG) !== 0) {
    if (version === VERSION_5) reader.skip(reader.variableInteger());
    reader.skipField();
    reader.skipField();
  }
  const username = (flags & USERNAME_FLAG) === 0 ? undefined : reader.text();
  return reader.isBroken ? undefined : { clientId, username };
}

/** Reads on after the end as zeros, and remembers it. */
class FieldReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    const { buffer, byteOffset, length } = bytes;
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, length);
    this.#at = at;
  }

  get isBroken(): boolean {
    return this.#at > this.#bytes.length;
  }

  byte(): number {
    this.#at += 1;
    return this.#bytes[this.#at - 1] ?? 0;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** At most four bytes, the lowest seven bits first (MQTT 5.0 §1.5.5). */
  variableInteger(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  /** Bytes behind their length (§1.5.4, §1.5.6); where they begin. */
  skipField(): number {
    const length = (this.byte() << 8) | this.byte();
    this.#at += length;
    return this.#at - length;
  }

  text(): string {
    const start = this.skipField();
    return this.#bytes.toString("utf8", start, this.#at);
  }
}
