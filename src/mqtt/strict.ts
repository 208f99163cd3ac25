// Checks a whole CONNECT or CONNACK frame against the letter of the specification where
// mqtt-packet is lax. It only says what is wrong: values are taken from mqtt-packet.
//
// Sections are those of MQTT 5.0 unless 3.1.1 is named.
import { isUtf8 } from "node:buffer";
import {
  AUTH_DATA_ID,
  AUTH_METHOD_ID,
  findProperty,
  type PropertyDefinition,
  type PropertyPlace,
  USER_PROPERTY_ID,
} from "./properties.ts";

/** Reads the body of one packet; a read past its end marks it broken and yields zeros. */
class Body {
  readonly #bytes: Uint8Array;
  #at: number;
  #end: number;
  /** What is wrong, once something is. */
  fault: string | undefined;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = bytes.length;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  fail(reason: string): void {
    this.fault ??= reason;
  }

  /** What is wrong in the end; bytes that nothing has read are. */
  finish(): string | undefined {
    if (this.fault !== undefined || this.left === 0) return this.fault;
    return `${this.left} bytes are left over in the packet`;
  }

  byte(what: string): number {
    return this.take(1, what)[0] ?? 0;
  }

  int16(what: string): number {
    const [high = 0, low = 0] = this.take(2, what);
    return (high << 8) | low;
  }

  take(byteCount: number, what: string): Uint8Array {
    if (this.left < byteCount) {
      this.fail(`The packet ends inside its ${what}`);
      return new Uint8Array(0);
    }
    this.#at += byteCount;
    return this.#bytes.subarray(this.#at - byteCount, this.#at);
  }

  binary(what: string): Uint8Array {
    return this.take(this.int16(what), what);
  }

  /** UTF-8 without U+0000 (§1.5.4). */
  string(what: string): Uint8Array {
    const bytes = this.binary(what);
    if (bytes.length > 0 && (!isUtf8(bytes) || bytes.includes(0))) {
      this.fail(`The ${what} is not valid UTF-8 text`);
    }
    return bytes;
  }

  /** A topic name: text of at least one character without wildcards (§4.7). */
  topic(what: string): void {
    const bytes = this.string(what);
    if (bytes.length === 0) this.fail(`The ${what} is empty`);
    if (bytes.includes(PLUS) || bytes.includes(HASH)) this.fail(`The ${what} has wildcards`);
  }

  variableInt(what: string): number {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const byte = this.byte(what);
      value += (byte & 0x7f) * 128 ** i;
      if (byte < 0x80) return value;
    }
    this.fail(`The ${what} is longer than 4 bytes`);
    return 0;
  }

  /** Runs `read` until the next `byteCount` bytes are consumed exactly. */
  within(byteCount: number, what: string, read: () => void): void {
    if (this.left < byteCount) {
      this.fail(`The packet ends inside its ${what}`);
      return;
    }
    const outer = this.#end;
    this.#end = this.#at + byteCount;
    while (this.left > 0 && this.fault === undefined) read();
    this.#end = outer;
  }
}

const PLUS = 0x2b;
const HASH = 0x23;

const USERNAME_FLAG = 0x80;
const PASSWORD_FLAG = 0x40;
const WILL_RETAIN_FLAG = 0x20;
const WILL_QOS_SHIFT = 3;
const WILL_FLAG = 0x04;
const RESERVED_FLAG = 0x01;

/** What is wrong with a whole CONNECT whose body starts at `start`, or `undefined`. */
export function findConnectFault(frame: Uint8Array, start: number): string | undefined {
  const body = new Body(frame, start);
  const name = Buffer.from(body.string("protocol name")).toString("latin1");
  const level = body.byte("protocol level");
  const flags = body.byte("connect flags");
  body.int16("keep alive");
  if (body.fault !== undefined) return body.fault;
  const fault = findVersionFault(name, level) ?? findFlagFault(flags, level);
  if (fault !== undefined) return fault;
  if (level === 5) checkProperties(body, "connect");
  body.string("client identifier");
  if ((flags & WILL_FLAG) !== 0) {
    if (level === 5) checkProperties(body, "will");
    body.topic("will topic");
    body.binary("will payload");
  }
  if ((flags & USERNAME_FLAG) !== 0) body.string("user name");
  if ((flags & PASSWORD_FLAG) !== 0) body.binary("password");
  return body.finish();
}

function findVersionFault(name: string, level: number): string | undefined {
  const expected = level === 3 ? "MQIsdp" : level === 4 || level === 5 ? "MQTT" : undefined;
  if (expected === undefined) return `Protocol level ${level} is none of 3, 4 and 5`;
  return name === expected ? undefined : `Protocol level ${level} goes with the name ${expected}`;
}

function findFlagFault(flags: number, level: number): string | undefined {
  if ((flags & RESERVED_FLAG) !== 0) return "The reserved connect flag is set"; // [MQTT-3.1.2-3]
  const willQos = (flags >> WILL_QOS_SHIFT) & 3;
  if (willQos === 3) return "The will QoS is 3"; // [MQTT-3.1.2-12]
  if ((flags & WILL_FLAG) === 0 && (willQos !== 0 || (flags & WILL_RETAIN_FLAG) !== 0)) {
    return "Will QoS or will retain is set without a will"; // [MQTT-3.1.2-11], [MQTT-3.1.2-13]
  }
  if (level < 5 && (flags & PASSWORD_FLAG) !== 0 && (flags & USERNAME_FLAG) === 0) {
    return "A password is given without a user name"; // MQTT 3.1.1 [MQTT-3.1.2-22]
  }
  return undefined;
}

function checkProperties(body: Body, place: PropertyPlace): void {
  const seen = new Set<number>();
  body.within(body.variableInt("property length"), "properties", () => {
    const id = body.byte("property identifier");
    const definition = findProperty(place, id);
    if (definition === undefined) {
      body.fail(`Property ${id} does not belong here`);
      return;
    }
    if (seen.has(id) && id !== USER_PROPERTY_ID) body.fail(`Property ${id} is given twice`);
    seen.add(id);
    checkValue(body, definition);
  });
  if (seen.has(AUTH_DATA_ID) && !seen.has(AUTH_METHOD_ID)) {
    body.fail("Authentication data is given without a method");
  }
}

function checkValue(body: Body, definition: PropertyDefinition): void {
  const what = `property ${definition.id}`;
  let isZero = false;
  switch (definition.type) {
    case "flag":
      if (body.byte(what) > 1) body.fail(`The ${what} is neither 0 nor 1`);
      break;
    case "byte":
      body.byte(what);
      break;
    case "int16":
      isZero = body.int16(what) === 0;
      break;
    case "int32":
      isZero = body.take(4, what).every((byte) => byte === 0);
      break;
    case "string":
      body.string(what);
      break;
    case "topic":
      body.topic(what);
      break;
    case "binary":
      body.binary(what);
      break;
    case "pair":
      body.string(what);
      body.string(what);
      break;
  }
  if (isZero && definition.nonZero === true) body.fail(`The ${what} is 0`);
}

/** CONNACK reason codes of MQTT 5 (§3.2.2.2). */
const REASON_CODES: ReadonlySet<number> = new Set([
  0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97,
  0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f,
]);

/** The highest return code of MQTT 3.1.1 (§3.2.2.3). */
const RETURN_CODE_MAX = 5;

/** What is wrong with a whole CONNACK, or `undefined`. */
export function findConnackFault(
  frame: Uint8Array,
  start: number,
  version: 4 | 5,
): string | undefined {
  const body = new Body(frame, start);
  const flags = body.byte("acknowledge flags");
  const code = body.byte("reason code");
  if (body.fault !== undefined) return body.fault;
  if (flags > 1) return "Reserved acknowledge flags are set";
  if (flags === 1 && code !== 0) return "A session is present beside a refusal"; // [MQTT-3.2.2-6]
  const isKnown = version === 5 ? REASON_CODES.has(code) : code <= RETURN_CODE_MAX;
  if (!isKnown) return `Reason code ${code} is unknown`;
  if (version === 5) checkProperties(body, "connack");
  return body.finish();
}
