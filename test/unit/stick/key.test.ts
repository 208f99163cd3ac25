import { describe, expect, test } from "vitest";
import type { StickKeyType } from "../../../src/config/model/stick.ts";
import { parseIp } from "../../../src/base/ip.ts";
import type { Sample } from "../../../src/rules/sample.ts";
import { formatKey, keyFromSample, keyFromText, type KeySpec } from "../../../src/stick/key.ts";

const ip = (text: string): Sample => ({ type: "ip", value: parseIp(text)! });
const str = (value: string): Sample => ({ type: "str", value });
const int = (value: number): Sample => ({ type: "int", value });
const bin = (text: string): Sample => ({ type: "bin", value: Buffer.from(text, "latin1") });

function spec(keyType: StickKeyType, keyLengthMax = 31): KeySpec {
  return { keyType, keyLengthMax };
}

// What HAProxy 2.6.12 shows in `show table` for these samples; `undefined`: no entry.
const SHOWN: readonly (readonly [KeySpec, Sample, string | undefined])[] = [
  [spec("string"), str("abc"), "abc"],
  [spec("string"), str(""), ""],
  [spec("string"), bin("a\0b"), "a"],
  [spec("string"), str("y".repeat(40)), "y".repeat(31)],
  [spec("string", 5), str("4294967297"), "42949"],
  [spec("string"), str("\xff\xe9 =x"), "\\xFF\\xE9\\ \\=x"],
  [spec("string"), bin("\t\n\r\x1b\\x;\"'\x7f"), "\\t\\n\\r\\e\\\\x;\"'\\x7F"],
  [spec("string"), int(-1), "-1"],
  [spec("string"), int(1e20), "9223372036854775807"],
  [spec("string"), ip("::ffff:1.2.3.5"), "::ffff:1.2.3.5"],
  [spec("string"), ip("::7.7.7.7"), "::7.7.7.7"],
  [spec("string", 5), ip("2002:102:304::1"), "2002:"],
  [spec("binary", 5), bin("a\0b"), "6100620000"],
  [spec("binary", 5), bin("abcdefg"), "6162636465"],
  [spec("binary", 5), str("::ffff:9.8.7.6"), "3A3A666666"],
  [spec("binary", 5), int(4294967298), "0000000100"],
  [spec("binary", 10), int(1e20), "7FFFFFFFFFFFFFFF0000"],
  [spec("binary", 5), ip("1.2.3.4"), "0102030400"],
  [spec("binary", 5), ip("2001:db8::1"), "20010DB800"],
  [spec("integer"), str("abc"), "0"],
  [spec("integer"), str("12xy"), "12"],
  [spec("integer"), str("-5"), "4294967291"],
  [spec("integer"), str("4294967297"), "1"],
  [spec("integer"), str("1.2.3.4"), "1"],
  [spec("integer"), int(4294967298), "2"],
  [spec("integer"), int(1e20), "4294967295"],
  [spec("integer"), ip("1.2.3.4"), "16909060"],
  [spec("integer"), ip("::ffff:1.2.3.5"), undefined],
  [spec("integer"), ip("2001:db8::1"), undefined],
  [spec("ip"), str("abc"), undefined],
  [spec("ip"), str("1.2.3.4"), "1.2.3.4"],
  [spec("ip"), str("::ffff:9.8.7.6"), undefined],
  [spec("ip"), int(5), "0.0.0.5"],
  [spec("ip"), int(-1), "255.255.255.255"],
  [spec("ip"), ip("::ffff:1.2.3.5"), "1.2.3.5"],
  [spec("ip"), ip("2001:db8::1"), undefined],
  [spec("ip"), ip("2002:102:304::1"), undefined],
  [spec("ip"), ip("::7.7.7.7"), undefined],
  [spec("ipv6"), str("1.2.3.4"), undefined],
  [spec("ipv6"), str("::1"), "::1"],
  [spec("ipv6"), str("::ffff:9.8.7.6"), "::ffff:9.8.7.6"],
  [spec("ipv6"), int(5), "::ffff:0.0.0.5"],
  [spec("ipv6"), ip("1.2.3.4"), "::ffff:1.2.3.4"],
  [spec("ipv6"), ip("2002:102:304::1"), "2002:102:304::1"],
  [spec("ipv6"), ip("::7.7.7.7"), "::7.7.7.7"],
  [spec("ipv6"), ip("::1"), "::1"],
];

describe("keyFromSample()", () => {
  test.each(SHOWN.map(([table, sample, shown]) => ({ table, sample, shown })))(
    "casts $sample to a key of $table.keyType len $table.keyLengthMax shown as $shown",
    ({ table, sample, shown }) => {
      const key = keyFromSample(table, sample);
      expect(key === undefined ? undefined : formatKey(table, key)).toBe(shown);
    },
  );

  test("makes one key of an IPv4 address and its mapped form", () => {
    for (const table of [spec("ip"), spec("ipv6")]) {
      const plain = keyFromSample(table, ip("10.0.0.1"));
      expect(keyFromSample(table, ip("::ffff:10.0.0.1"))).toBe(plain);
    }
  });
});

describe("keyFromText()", () => {
  test("reads what commands give for each key type", () => {
    const shownOf = (table: KeySpec, text: string): string | undefined => {
      const key = keyFromText(table, text);
      return key === undefined ? undefined : formatKey(table, key);
    };
    expect(shownOf(spec("ip"), "1.2.3.4")).toBe("1.2.3.4");
    expect(shownOf(spec("ip"), "::1")).toBeUndefined();
    expect(shownOf(spec("ipv6"), "2001:DB8::1")).toBe("2001:db8::1");
    expect(shownOf(spec("integer"), "77")).toBe("77");
    expect(shownOf(spec("integer"), "x")).toBeUndefined();
    expect(shownOf(spec("string", 3), "abcd")).toBe("abc");
    expect(shownOf(spec("binary"), "ff")).toBeUndefined();
  });
});
