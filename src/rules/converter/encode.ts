// Bytes and their written forms, and address masks (haproxy configuration §7.3.1).
import type { ArgumentSpec, ConverterDefinition } from "../definition.ts";
import { type IpBytes, isMappedIpv4, parseMask } from "../../base/ip.ts";
import type { Fetched, Sample } from "../sample.ts";

function bytesIn(sample: Sample): Uint8Array {
  return sample.type === "bin" ? sample.value : new Uint8Array(0);
}

function textIn(sample: Sample): string {
  return sample.type === "str" ? sample.value : "";
}

function str(value: string): Sample {
  return { type: "str", value };
}

function decodeUrl(text: string, plusIsSpace: boolean): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const spaced = plusIsSpace ? text.replace(/\+/g, " ") : text;
  return spaced.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, "base64");
}

function maskWith(address: IpBytes, mask: IpBytes): IpBytes {
  return address.map((byte, i) => byte & mask[i]!);
}

const CHUNK_ARGS: readonly ArgumentSpec[] = [
  { name: "separator", type: "string", optional: true },
  { name: "chunk size", type: "integer", optional: true },
  { name: "truncate", type: "integer", optional: true },
];

/** Big-endian chunks, each written by `write`, joined by the separator. */
function chunkConverter(
  name: "be2dec" | "be2hex",
  bytesMax: number,
  description: string,
  write: (chunk: Uint8Array) => string,
): ConverterDefinition {
  return {
    names: [name],
    args:
      name === "be2dec"
        ? [CHUNK_ARGS[0]!, { name: "chunk size", type: "integer" }, CHUNK_ARGS[2]!]
        : CHUNK_ARGS,
    input: "bin",
    output: "str",
    description,
    check: ([separator = "", size]) => {
      const bytes = size === undefined || size === "" ? 1 : Number(size);
      if (bytes < 1) {
        return separator === "" ? undefined : "chunk_size value must be at least 1";
      }
      return bytes > bytesMax ? `chunk_size value (${bytes}) must be <= ${bytesMax}` : undefined;
    },
    make: ([separator = "", size, truncate]) => {
      const given = size === undefined || size === "" ? 1 : Number(size);
      const isTruncating = Number(truncate ?? 0) !== 0;
      const chunkBytes = Math.max(1, given);
      return (sample) => {
        const bytes = bytesIn(sample);
        const chunks: string[] = [];
        for (let at = 0; at < bytes.length; at += chunkBytes) {
          if (isTruncating && at + chunkBytes > bytes.length) break;
          chunks.push(write(bytes.subarray(at, at + chunkBytes)));
        }
        return str(chunks.join(separator));
      };
    },
  };
}

function upperHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

function decimal(bytes: Uint8Array): string {
  return String(bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n));
}

/** Encodings, byte ranges and masks. */
export const ENCODE_CONVERTERS: readonly ConverterDefinition[] = [
  {
    names: ["hex"],
    args: [],
    input: "bin",
    output: "str",
    description: "The bytes in upper case hexadecimal.",
    make: () => (sample) => str(upperHex(bytesIn(sample))),
  },
  {
    names: ["hex2i"],
    args: [],
    input: "str",
    output: "int",
    description: "The number written in hexadecimal.",
    make: () => (sample) => {
      const digits = /^[0-9a-fA-F]*/.exec(textIn(sample))![0].slice(-16);
      const value = BigInt.asIntN(64, BigInt(`0x${digits === "" ? "0" : digits}`));
      return { type: "int", value: Number(value) };
    },
  },
  {
    names: ["base64"],
    args: [],
    input: "bin",
    output: "str",
    description: "The bytes in base64.",
    make: () => (sample) => str(Buffer.from(bytesIn(sample)).toString("base64")),
  },
  {
    names: ["b64dec"],
    args: [],
    input: "str",
    output: "bin",
    description: "The bytes that base64 text stands for.",
    make:
      () =>
      (sample): Fetched => {
        const value = decodeBase64(textIn(sample));
        return value === undefined ? "none" : { type: "bin", value };
      },
  },
  {
    names: ["url_dec"],
    args: [{ name: "plus is a blank", type: "integer", optional: true }],
    input: "str",
    output: "str",
    description: "Text with its %XX escapes resolved.",
    make: ([mode]) => {
      const plusIsSpace = Number(mode ?? 0) !== 0;
      return (sample): Fetched => {
        const value = decodeUrl(textIn(sample), plusIsSpace);
        return value === undefined ? "none" : str(value);
      };
    },
  },
  {
    names: ["bytes"],
    args: [
      { name: "offset", type: "integer" },
      { name: "length", type: "integer", optional: true },
    ],
    input: "bin",
    output: "bin",
    description: "Some of the bytes, from an offset.",
    check: ([offset, length]) =>
      Number(offset) < 0 || Number(length ?? 0) < 0
        ? "offset and length must not be negative"
        : undefined,
    make: ([offset, length]) => {
      const start = Number(offset);
      const end = length === undefined || length === "" ? Infinity : start + Number(length);
      return (sample) => ({
        type: "bin",
        value: bytesIn(sample).subarray(start, Math.min(end, bytesIn(sample).length)),
      });
    },
  },
  {
    names: ["htonl"],
    args: [],
    input: "int",
    output: "bin",
    description: "The low 32 bits as four bytes in network order.",
    make: () => (sample) => {
      const value = Buffer.alloc(4);
      value.writeUInt32BE(sample.type === "int" ? sample.value >>> 0 : 0);
      return { type: "bin", value };
    },
  },
  chunkConverter("be2dec", 8, "Big-endian chunks of bytes in decimal.", decimal),
  chunkConverter("be2hex", 16_384, "Chunks of bytes in hexadecimal.", upperHex),
  {
    names: ["ipmask"],
    args: [
      { name: "IPv4 mask", type: "IPv4 mask" },
      { name: "IPv6 mask", type: "IPv6 mask", optional: true },
    ],
    input: "ip",
    output: "ip",
    description: "The address with a mask applied, one for IPv4 and one for IPv6.",
    make: ([mask4, mask6]) => {
      const four = parseMask(mask4!, 4)!;
      const six = mask6 === undefined || mask6 === "" ? undefined : parseMask(mask6, 6);
      return (sample): Fetched => {
        if (sample.type !== "ip") return "none";
        const bytes =
          isMappedIpv4(sample.value) && six === undefined
            ? sample.value.subarray(12)
            : sample.value;
        const mask = bytes.length === 4 ? four : six;
        return mask === undefined ? "none" : { type: "ip", value: maskWith(bytes, mask) };
      };
    },
  },
  {
    names: ["debug"],
    args: [
      { name: "prefix", type: "string", optional: true },
      { name: "destination", type: "string", optional: true },
    ],
    input: "any",
    output: "same",
    description: "The sample itself; nothing is written.",
    make: () => (sample) => sample,
  },
];
