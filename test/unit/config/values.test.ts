import { describe, expect, test } from "vitest";
import { parseAddressWord } from "../../../src/config/address.ts";
import { evaluatePredicates } from "../../../src/config/predicate.ts";
import { assignIds } from "../../../src/config/resolve/ids.ts";
import { parseSize, parseTime } from "../../../src/config/values.ts";

test.each([
  ["10", 10],
  ["10ms", 10],
  ["3s", 3_000],
  ["2m", 120_000],
  ["3h", 10_800_000],
  ["1d", 86_400_000],
  ["1500us", 2],
  ["0", 0],
  ["2147483647", 2_147_483_647],
])("parseTime() reads %s", (word, value) => {
  expect(parseTime(word)).toEqual({ ok: true, value });
});

test.each([
  ["1y", { kind: "character", character: "y" }],
  ["3sx", { kind: "character", character: "x" }],
  ["x", { kind: "character", character: "x" }],
  ["30d", { kind: "overflow" }],
  ["1us", { kind: "underflow" }],
])("parseTime() refuses %s", (word, problem) => {
  expect(parseTime(word)).toEqual({ ok: false, ...problem });
});

test("parseTime() counts plain numbers in the unit of the keyword", () => {
  expect(parseTime("5", "s")).toEqual({ ok: true, value: 5_000 });
  expect(parseTime("5ms", "s")).toEqual({ ok: true, value: 5 });
});

test("parseSize() counts in powers of 1024", () => {
  expect(parseSize("100k")).toEqual({ ok: true, value: 102_400 });
  expect(parseSize("2M")).toEqual({ ok: true, value: 2_097_152 });
  expect(parseSize("10kx")).toEqual({ ok: false, kind: "character", character: "x" });
  expect(parseSize("9g")).toEqual({ ok: false, kind: "overflow" });
});

describe("parseAddressWord()", () => {
  const port = (first: number, last = first): object => ({ kind: "range", first, last });
  test.each([
    ["*:1883", { kind: "ip", family: 4, host: "0.0.0.0", port: port(1883) }],
    [":1-9", { kind: "ip", family: 4, host: "0.0.0.0", port: port(1, 9) }],
    ["[::1]:3", { kind: "ip", family: 6, host: "::1", port: port(3) }],
    [":::3", { kind: "ip", family: 6, host: "::", port: port(3) }],
    ["::1:3", { kind: "ip", family: 6, host: "::1", port: port(3) }],
    ["ipv6@:3", { kind: "ip", family: 6, host: "::", port: port(3) }],
    ["10.0.0.1", { kind: "ip", family: 4, host: "10.0.0.1", port: { kind: "absent" } }],
    [
      "10.0.0.1:+5",
      { kind: "ip", family: 4, host: "10.0.0.1", port: { kind: "offset", offset: 5 } },
    ],
    ["b.example:1", { kind: "name", host: "b.example", port: port(1) }],
    ["ipv6@b:1", { kind: "name", host: "b", prefer: 6, port: port(1) }],
    ["/run/x", { kind: "unix", path: "/run/x", abstract: false }],
    ["abns@x", { kind: "unix", path: "x", abstract: true }],
    ["fd@3", { kind: "fd", fd: 3 }],
  ])("reads %s", (word, expected) => {
    expect(parseAddressWord(word)).toEqual(expected);
  });

  test.each(["1.2.3.4:99999", "1.2.3.4:9-8", "fd@x", "1.2.3:4", "a b:1", "quic4@:1", "ipv4@::1:3"])(
    "refuses %s",
    (word) => {
      expect(parseAddressWord(word).kind).toBe("problem");
    },
  );
});

test("assignIds() numbers as a running HAProxy shows in its statistics", () => {
  // `show stat` of 2.6.12 with a stats socket: f, b, l with `id 2`, k; and servers x, y `id 1`, z.
  expect(assignIds([undefined, undefined, 2, undefined], 2)).toEqual([3, 4, 2, 6]);
  expect(assignIds([undefined, 1, undefined], 1)).toEqual([2, 1, 4]);
});

describe("evaluatePredicates()", () => {
  const context = {
    isDefined: (name: string) => name === "A",
    hasFeature: (name: string) => name === "OPENSSL",
    version: "2.6.12",
  };
  test.each([
    ["1", true],
    ["0", false],
    ["!0", true],
    ["defined(A)", true],
    ["defined(B) || defined(A)", true],
    ["defined(A) && !feature(OPENSSL)", false],
    ['streq(a,"b c") || strneq(a,b)', true],
    ["0 && 0 || 1", true],
    ["0 && (0 || 1)", false],
    ["version_atleast(2.6.12) && version_before(2.7)", true],
    ["version_atleast(2.10)", false],
  ])("judges %s", (text, value) => {
    expect(evaluatePredicates(text, context)).toEqual({ ok: true, value });
  });

  test.each(["foo", "1 2", "defined(A", "streq(a)", "(1", "!", "1 &&"])("refuses %s", (text) => {
    expect(evaluatePredicates(text, context).ok).toBe(false);
  });
});
