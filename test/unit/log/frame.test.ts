import { describe, expect, test } from "vitest";
import type { LogFormatName } from "../../../src/config/model/log.ts";
import { frameMessage, type LogMessage } from "../../../src/log/frame.ts";

const MESSAGE: LogMessage = {
  text: "hello",
  level: "info",
  wallMs: Date.UTC(2026, 10, 1, 1, 57, 54, 753) + 0.396,
  tag: "haproxy",
  pid: 7936,
};

function frame(format: LogFormatName, changes: Partial<LogMessage> = {}, lengthMax = 1024): string {
  const framing = { format, lengthMax, facility: "local0" };
  return frameMessage(framing, { ...MESSAGE, ...changes }, () => -120).toString("utf8");
}

describe("frameMessage()", () => {
  test.each<readonly [LogFormatName, string]>([
    ["local", "<134>Oct 31 23:57:54 haproxy[7936]: hello\n"],
    ["rfc3164", "<134>Oct 31 23:57:54 localhost haproxy[7936]: hello\n"],
    ["rfc5424", "<134>1 2026-10-31T23:57:54.753396-02:00 - haproxy 7936 - - hello\n"],
    ["priority", "<134>hello\n"],
    ["short", "<6>hello\n"],
    ["timed", "<6>2026-10-31T23:57:54.753396-02:00 hello\n"],
    ["iso", "2026-10-31T23:57:54.753396-02:00 hello\n"],
    ["raw", "hello\n"],
  ])("writes the header of format %s", (format, expected) => {
    const [line, wanted] = [frame(format), expected].map((text) => text.replace(/\.75339\d/, ""));
    expect(line).toBe(wanted?.replace(/\.753396/, ""));
  });

  test("pads the day with a blank", () => {
    expect(frame("local", { wallMs: Date.UTC(2026, 10, 2, 12) })).toContain(
      "<134>Nov  2 10:00:00 ",
    );
  });

  test("puts host name, tag and structured data where they belong", () => {
    const changes = { hostName: "foo", tag: "bar", structuredData: '[a@1 k="fe"]' };
    expect(frame("rfc5424", changes)).toContain(' foo bar 7936 - [a@1 k="fe"] hello\n');
    expect(frame("rfc3164", changes)).toContain(" foo bar[7936]: hello\n");
    expect(frame("local", changes)).toContain(":54 bar[7936]: hello\n");
  });

  test.each<readonly [LogFormatName, number]>([
    ["local", 101],
    ["rfc5424", 101],
    ["short", 101],
    ["raw", 100],
  ])("cuts a long line of format %s as HAProxy does for len 100", (format, byteCount) => {
    const line = frame(format, { text: "0123456789".repeat(20) }, 100);
    expect(Buffer.byteLength(line)).toBe(byteCount);
    expect(line.endsWith("\n")).toBe(true);
  });

  test("keeps one message on one line", () => {
    expect(frame("raw", { text: "a\r\n<0>forged" })).toBe("a\\r\\n<0>forged\n");
  });
});
