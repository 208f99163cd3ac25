// Keys of stick tables: from samples and text to the bytes that a table compares, and to the form
// that `show table` prints. Checked byte for byte against HAProxy 2.6.
import type { StickTableSpec } from "../config/model/stick.ts";
import { byteString, bytesOf } from "../rules/bytes.ts";
import { castSample, toInt64 } from "../rules/convert.ts";
import { parseIpv4, parseIpv6, printIp, toIpv4, toIpv6 } from "../base/ip.ts";
import type { Sample } from "../rules/sample.ts";

/**
 * A key of a stick table: the bytes that HAProxy compares, one a character (latin1). Addresses and
 * integers are in network order; strings are without their end mark; binary keys are padded with
 * zeros to the table's length.
 */
export type StickKey = string;

/** What of a table's definition decides about its keys. */
export type KeySpec = Pick<StickTableSpec, "keyType" | "keyLengthMax">;

/**
 * Casts a sample to the table's key type. Strings end at a zero byte and are cut to the table's
 * length; binary keys are cut or padded. `undefined` when the sample has no such form, like an
 * IPv6 address that maps no IPv4 one in a table of type `ip`.
 */
export function keyFromSample(spec: KeySpec, sample: Sample): StickKey | undefined {
  switch (spec.keyType) {
    case "ip": {
      const address = addressOf(sample, parseIpv4);
      const bytes = address && toIpv4(address);
      return bytes && byteString(bytes);
    }
    case "ipv6": {
      const address = addressOf(sample, parseIpv6);
      return address && byteString(toIpv6(address));
    }
    case "integer": {
      // HAProxy casts no 16-byte address to a number, not even a mapped one.
      if (sample.type === "ip" && sample.value.length !== 4) return undefined;
      const int = castSample(sample, "int");
      return int?.type === "int" ? integerKey(int.value) : undefined;
    }
    case "string": {
      if (sample.type === "ip" && sample.value.length === 16) {
        return stringKey(printIp(sample.value), spec.keyLengthMax);
      }
      const text = castSample(sample, "str");
      return text?.type === "str" ? stringKey(text.value, spec.keyLengthMax) : undefined;
    }
    case "binary": {
      const bytes = castSample(sample, "bin");
      if (bytes?.type !== "bin") return undefined;
      return byteString(bytes.value.subarray(0, spec.keyLengthMax)).padEnd(spec.keyLengthMax, "\0");
    }
  }
}

/**
 * Reads a key as commands of the runtime API give it; `undefined` when it is none of this table's
 * type. HAProxy takes no binary keys there.
 */
export function keyFromText(spec: KeySpec, text: string): StickKey | undefined {
  switch (spec.keyType) {
    case "ip":
    case "ipv6":
      return keyFromSample(spec, { type: "str", value: text });
    case "integer":
      return /^\d{1,10}$/.test(text) ? integerKey(Number(text)) : undefined;
    case "string":
      return stringKey(text, spec.keyLengthMax);
    case "binary":
      return undefined;
  }
}

/** A key as `show table` prints it. */
export function formatKey(spec: KeySpec, key: StickKey): string {
  switch (spec.keyType) {
    case "ip":
      return printIp(bytesOf(key));
    case "ipv6":
      return printIp(bytesOf(key));
    case "integer":
      return String(Buffer.from(key, "latin1").readUInt32BE(0));
    case "string":
      return key.replace(NOT_PLAIN, escapeChar);
    case "binary":
      return Buffer.from(key, "latin1").toString("hex").toUpperCase();
  }
}

/** Text is read as the table's own family only: a dotted address is no key of an `ipv6` table. */
function addressOf(
  sample: Sample,
  parse: (text: string) => Uint8Array | undefined,
): Uint8Array | undefined {
  if (sample.type === "str") return parse(sample.value);
  const address = castSample(sample, "ip");
  return address?.type === "ip" ? address.value : undefined;
}

/** The low 32 bits, in network order. */
function integerKey(value: number): StickKey {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Number(BigInt.asUintN(32, toInt64(value))));
  return byteString(bytes);
}

function stringKey(text: string, lengthMax: number): StickKey {
  const end = text.indexOf("\0");
  return text.slice(0, Math.min(lengthMax, end < 0 ? text.length : end));
}

const NOT_PLAIN = /[^!-~]|[\\=]/g;

const ESCAPES: Readonly<Record<string, string>> = {
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\x1b": "\\e",
  "\\": "\\\\",
  " ": "\\ ",
  "=": "\\=",
};

function escapeChar(char: string): string {
  return ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
