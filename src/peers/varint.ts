// The peers protocol's variable-length integers (haproxy peers-v2.0.txt, "Integer encoding"): one
// byte below 0xF0, else 4 bits and then 7 bits at a time, lowest first, each byte with its mark
// added to the sum. Not protobuf's.
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** The bytes of an integer of 0..2^64-1. */
export function encodeVarint(value: number | bigint): Buffer {
  const writer = new WireWriter();
  if (typeof value === "bigint") writer.varint64(value);
  else writer.varint(value);
  return writer.toBytes();
}

/** The integer at the beginning of `bytes`; `undefined` if it is cut short or longer than 64 bits. */
export function decodeVarint(bytes: Uint8Array): bigint | undefined {
  const reader = new WireReader(bytes);
  const value = reader.varint64();
  return reader.isShort ? undefined : value;
}
