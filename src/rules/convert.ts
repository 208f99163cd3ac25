// Casts between sample types, as HAProxy does them where a converter, a pattern or a stick table
// wants another type than it is given (haproxy configuration §7.1, §7.3.1).
import { assertNever } from "../base/assert.ts";
import { byteString, bytesOf } from "./bytes.ts";
import type { SampleType } from "./definition.ts";
import { parseIp, printIp, toIpv4 } from "../base/ip.ts";
import type { Sample } from "./sample.ts";

/** Whether a cast from one type to another exists at all; a value may still not fit. */
export function isCastable(from: SampleType, to: SampleType): boolean {
  return from === to || CASTS[from].includes(to);
}

const CASTS: Readonly<Record<SampleType, readonly SampleType[]>> = {
  bool: ["int", "str"],
  int: ["bool", "ip", "str", "bin"],
  ip: ["int", "str", "bin"],
  str: ["bool", "int", "ip", "bin"],
  bin: ["str"],
};

/**
 * The sample as another type, or `undefined` when it has no such form. Text becomes a number by
 * its leading digits (none: 0, empty: nothing); binary becomes text up to its first zero byte.
 */
export function castSample(sample: Sample, to: SampleType): Sample | undefined {
  if (sample.type === to) return sample;
  switch (to) {
    case "bool": {
      const int = castToInt(sample);
      return int === undefined || sample.type === "ip"
        ? undefined
        : { type: "bool", value: int !== 0 };
    }
    case "int": {
      const int = castToInt(sample);
      return int === undefined ? undefined : { type: "int", value: int };
    }
    case "ip":
      return castToIp(sample);
    case "str":
      return { type: "str", value: sampleText(sample) };
    case "bin": {
      const bytes = castToBin(sample);
      return bytes === undefined ? undefined : { type: "bin", value: bytes };
    }
    default:
      return assertNever(to);
  }
}

/** A sample's text, in latin1: `1` for true, decimal numbers, addresses in canonical form. */
export function sampleText(sample: Sample): string {
  switch (sample.type) {
    case "bool":
      return sample.value ? "1" : "0";
    case "int":
      return printInt(sample.value);
    case "ip":
      return printIp(sample.value);
    case "str":
      return sample.value;
    case "bin": {
      const end = sample.value.indexOf(0);
      return byteString(end < 0 ? sample.value : sample.value.subarray(0, end));
    }
    default:
      return assertNever(sample);
  }
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** A number as a 64-bit integer, clamped at both ends as HAProxy's arithmetic is. */
export function toInt64(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= 2 ** 63) return INT64_MAX;
  if (value <= -(2 ** 63)) return INT64_MIN;
  return BigInt(Math.trunc(value));
}

function printInt(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : String(toInt64(value));
}

/** The number that text begins with, 0 when it begins with none, `undefined` for empty text. */
function leadingInt(text: string): number | undefined {
  if (text === "") return undefined;
  const match = /^[+-]?\d+/.exec(text);
  return match === null ? 0 : Number(match[0]);
}

function castToInt(sample: Sample): number | undefined {
  switch (sample.type) {
    case "bool":
      return sample.value ? 1 : 0;
    case "int":
      return sample.value;
    case "ip": {
      const [a, b, c, d] = toIpv4(sample.value) ?? [];
      return a === undefined ? undefined : ((a * 256 + b!) * 256 + c!) * 256 + d!;
    }
    case "str":
      return leadingInt(sample.value);
    case "bin":
      return undefined;
    default:
      return assertNever(sample);
  }
}

function castToIp(sample: Sample): Sample | undefined {
  if (sample.type === "int") {
    const value = sample.value >>> 0;
    const bytes = Uint8Array.of(
      value >>> 24,
      (value >>> 16) & 255,
      (value >>> 8) & 255,
      value & 255,
    );
    return { type: "ip", value: bytes };
  }
  if (sample.type !== "str") return undefined;
  const bytes = parseIp(sample.value);
  return bytes === undefined ? undefined : { type: "ip", value: bytes };
}

function castToBin(sample: Sample): Uint8Array | undefined {
  switch (sample.type) {
    case "bool":
      return undefined;
    case "int": {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(toInt64(sample.value));
      return bytes;
    }
    case "ip":
    case "bin":
      return sample.value;
    case "str":
      return bytesOf(sample.value);
    default:
      return assertNever(sample);
  }
}
