import { describe, expect, test } from "vitest";
import { encodeHello, encodeStatus, readHello, readStatus } from "../../../src/peers/handshake.ts";

const HELLO = {
  minorVersion: 1,
  calledName: "nodeb",
  callerName: "nodea",
  pid: "10266",
  instance: undefined,
} as const;

describe("handshake", () => {
  test("a greeting as HAProxy 2.6 sends it", () => {
    const text = "HAProxyS 2.1\nnodeb\nnodea 10266 1\n";
    expect(encodeHello(HELLO).toString()).toBe(text);
    const outcome = readHello(Buffer.from(`${text}\x00\x04`));
    expect(outcome).toEqual({ kind: "hello", hello: HELLO, byteCount: text.length });
    const crlf = readHello(Buffer.from(text.replaceAll("\n", "\r\n")));
    expect(crlf).toMatchObject({ kind: "hello", hello: HELLO });
  });

  test("every shorter piece of a greeting needs more", () => {
    const text = encodeHello(HELLO);
    for (let end = 0; end < text.length; end += 1) {
      expect(readHello(text.subarray(0, end))).toEqual({ kind: "need-more" });
    }
  });

  test("words after the third say that a node is Tandem, and which life of it", () => {
    const bytes = encodeHello({ ...HELLO, instance: 0x0badcafe });
    expect(bytes.toString()).toBe("HAProxyS 2.1\nnodeb\nnodea 10266 1 tandem/1 0badcafe\n");
    expect(readHello(bytes)).toMatchObject({ hello: { instance: 0x0badcafe } });
    const foreign = Buffer.from("HAProxyS 2.0\nnodeb\nnodea 1 1 tandem/1 zz\n");
    expect(readHello(foreign)).toMatchObject({ hello: { instance: undefined, minorVersion: 0 } });
  });

  test.each([
    ["HAProxyS 2.2\n", 502],
    ["HAProxyS 3.0\n", 502],
    ["HAProxyS 2.1 x\n", 502],
    ["GET / HTTP/1.1\r\n", 501],
    ["HAProxyS 2.1\nnodeb\nnodea\n", 501],
    [`HAProxyS 2.1\n${"n".repeat(5000)}`, 501],
    ["x".repeat(5000), 501],
  ])("%j is refused with %i", (text, status) => {
    expect(readHello(Buffer.from(text))).toMatchObject({ kind: "refused", status });
  });

  test("a name followed by a space is enough", () => {
    expect(readHello(Buffer.from("HAProxyS 2.1\nb\na 1\n"))).toMatchObject({ kind: "hello" });
  });

  test("statuses, also with messages in the same segment", () => {
    expect(encodeStatus(200).toString()).toBe("200\n");
    expect(readStatus(Buffer.from("200\n\x00\x00"))).toEqual({
      kind: "status",
      status: 200,
      instance: undefined,
      byteCount: 4,
    });
    expect(readStatus(encodeStatus(200, 7))).toMatchObject({ status: 200, instance: 7 });
    expect(readStatus(Buffer.from("504\r\n"))).toMatchObject({ status: 504 });
    expect(readStatus(Buffer.from("20"))).toEqual({ kind: "need-more" });
    expect(readStatus(Buffer.from("HTTP/1.0 400\n"))).toMatchObject({ kind: "malformed" });
    expect(readStatus(Buffer.alloc(200, 0x32))).toMatchObject({ kind: "malformed" });
  });
});
