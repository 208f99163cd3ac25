import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BatchReplies,
  isBatchable,
  isDoneAlready,
  MARK,
} from "../../../../ha/vip/batch-replies.ts";

const mark = (command: number): string =>
  `Object "${MARK}" is unknown, try "ip help".\nCommand failed -:${2 * command}\n`;

describe("answers of ip -batch", () => {
  const text =
    mark(1) +
    `Error: ipv4: Address already assigned.\nCommand failed -:3\n${mark(2)}` +
    `1: lo    inet 127.0.0.1/8 scope host lo\n1: lo    inet6 ::1/128 scope host\n${mark(3)}`;
  const expected = [
    { lines: [], hasFailed: false },
    { lines: ["Error: ipv4: Address already assigned."], hasFailed: true },
    {
      lines: ["1: lo    inet 127.0.0.1/8 scope host lo", "1: lo    inet6 ::1/128 scope host"],
      hasFailed: false,
    },
  ];

  test("are told apart however the text is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const replies = new BatchReplies(100, 1_000);
        const ends = [...cuts.sort((a, b) => a - b), text.length];
        let from = 0;
        const answers = ends.flatMap((end) => {
          const part = text.slice(from, end);
          from = end;
          return replies.feed(part);
        });
        expect(answers).toEqual(expected);
        expect(replies.unfinished()).toEqual([]);
      }),
    );
  });

  test("what was said before the end of the process is kept for the command", () => {
    const replies = new BatchReplies(100, 1_000);
    expect(replies.feed(`${mark(1)}Error: any valid prefix`)).toHaveLength(1);
    expect(replies.unfinished()).toEqual(["Error: any valid prefix"]);
  });

  test("grow no memory", () => {
    const replies = new BatchReplies(10, 100);
    for (let i = 0; i < 1_000; i++) replies.feed(`${"x".repeat(500)}\n`);
    for (let i = 0; i < 1_000; i++) replies.feed("y".repeat(500));
    expect(replies.unfinished().join("").length).toBeLessThanOrEqual(11 * 100);
  });

  test("words that a line cannot hold are known", () => {
    expect(isBatchable(["address", "add", "10.0.0.1/24", "dev", "eth0", "label", "eth0:v"])).toBe(
      true,
    );
    for (const words of [
      [],
      ["-6", "rule"],
      ["a", ""],
      ["a", "b c"],
      ["a", "b\nc"],
      ['"'],
      ["#"],
    ]) {
      expect(isBatchable(words)).toBe(false);
    }
  });

  // Texts of iproute2 6.1 on Linux 6.
  test.each([
    ["address add", "Error: ipv4: Address already assigned.", true],
    ["address add", "RTNETLINK answers: File exists", true],
    ["address add", 'Cannot find device "eth7"', false],
    ["address add", "Error: ipv4: Invalid scope value.", false],
    ["address del", "Error: ipv6: address not found.", true],
    ["address del", "RTNETLINK answers: Cannot assign requested address", true],
    ["address del", 'Cannot find device "eth7"', true],
    ["address del", "RTNETLINK answers: Operation not permitted", false],
    ["route del", "RTNETLINK answers: No such process", true],
    ["route replace", "Error: Nexthop has invalid gateway.", false],
    ["rule del", "RTNETLINK answers: No such file or directory", true],
    ["link del", 'Cannot find device "vrrp.51"', true],
    ["link add", "RTNETLINK answers: File exists", true],
    ["link set", 'Cannot find device "vrrp.51"', false],
  ])("%s: %s", (words, message, isDone) => {
    expect(isDoneAlready(words.split(" "), message)).toBe(isDone);
  });
});
