import { describe, expect, test } from "vitest";
import {
  compileLogFormat,
  compileTcplog,
  renderConnectLine,
  type LogFormatOptions,
} from "../../../src/log/format.ts";
import type { ConnectionRecord } from "../../../src/log/record.ts";
import { recordWith } from "./records.ts";

const SAMPLES = new Map([
  ["src", "127.0.0.1"],
  ["str(a]b)", 'a]b"c\\d'],
]);

const OPTIONS: LogFormatOptions = {
  hostName: "vm",
  pid: 7865,
  utcOffset: () => 90,
  sample: (expression) =>
    expression === "nope"
      ? { error: "unknown fetch method 'nope'" }
      : () => SAMPLES.get(expression),
};

function render(format: string, changes: Partial<ConnectionRecord> = {}): string {
  const compiled = compileLogFormat(format, OPTIONS);
  return compiled.ok ? compiled.render(recordWith(changes), undefined) : compiled.message;
}

describe("compileTcplog()", () => {
  test("writes the line that HAProxy writes for a finished connection", () => {
    expect(compileTcplog(OPTIONS).render(recordWith(), undefined)).toBe(
      "192.0.2.7:51000 [01/Nov/2026:03:33:04.056] fe be/s1 1/2/292 3 -- 9/8/7/6/0 0/2",
    );
  });

  test("marks TLS, a missing server, early figures and redispatched retries", () => {
    const line = compileTcplog(OPTIONS).render(
      recordWith({
        frontendTls: true,
        server: undefined as never,
        queueMs: -1,
        connectMs: -1,
        logAsap: true,
        retries: 3,
        redispatched: true,
        termination: "SC",
      }),
      undefined,
    );
    expect(line).toContain("fe~ be/<NOSRV> -1/-1/+292 +3 SC 9/8/7/6/+3 0/2");
  });
});

// Left: format. Right: what HAProxy 2.6.12 writes for such a connection.
const CASES: readonly (readonly [format: string, line: string])[] = [
  ["%{+Q}o %b %ci %bc %ts", '"be" "192.0.2.7" 7 --'],
  ["%{+Q}b %{+X}cp %{+X}ci %{+X}pid %{+X}B %{+X}rt", '"be" C738 C0000207 1EB9 3 000A'],
  ["%{+Q,+X}o %b %cp %{-Q}b %{-X}cp %b %cp", '"be" C738 be 51000 "be" C738'],
  ["%{+Q}o %b %{-Q}o %b", '"be" be'],
  ["%{+E}b %{+E}[str(a]b)]", 'be a\\]b\\"c\\\\d'],
  ["%{+Q}[str(a]b)] %[src]", '"a]b"c\\d" 127.0.0.1'],
  ["[%[missing]] [%{+Q}[missing]] [%{+X}[missing]]", '[-] [""] [-]'],
  ["%{+Q}ID %ID %{+Q}tsc %{+Q}sslc %sslv", '"" - ---- "" -'],
  ["100%% %b", "100% be"],
  ["a  b   %b  c", "a b be c"],
  ["  a %b ", "a be "],
  ["%hr %hrl %b", "be"],
  ["%{+QX}b %{Q}b %{+Z}b %{}b", "be be be be"],
  ["%{+Q+X}cp %{+Q+X}b", "C738 be"],
  ["%T | %Tl | %ms", "01/Nov/2026:02:03:04 +0000 | 01/Nov/2026:03:33:04 +0130 | 056"],
  ["%Ts %{+X}Ts %Th %Td %Tu %U %lc %H", "1793498584 6AE69DD8 0 288 292 5 1 vm"],
  ["%si:%sp %bi:%bp %fi:%fp", "127.0.0.1:34407 127.0.0.1:59000 127.0.0.1:1883"],
  ["%{+X}si %{+X,+Q}bi", "7F000001 7F000001"],
];

describe("compileLogFormat()", () => {
  test.each(CASES)("renders %j", (format, line) => {
    expect(render(format)).toBe(line);
  });

  test("writes - for addresses that are not there", () => {
    const { serverAddress: _server, localAddress: _local, ...rest } = recordWith();
    const compiled = compileLogFormat("%si %sp %bi %{+Q}bi %{+X}si", OPTIONS);
    expect(compiled.ok && compiled.render(rest, undefined)).toBe('- - - "" -');
  });

  test.each([
    ["%si:%sp", false],
    ["%si %bp", true],
    ["%{+X}bi", true],
  ])("says whether %j asks for the address that the server sees", (format, hasLocalAddress) => {
    expect(compileLogFormat(format, OPTIONS)).toMatchObject({ hasLocalAddress });
  });

  test("names unix sockets and writes IPv6 in hexadecimal", () => {
    const unix = { kind: "unix", path: "/run/x", abstract: false } as const;
    expect(render("%ci:%cp", { client: unix })).toBe("unix:1");
    const mapped = { kind: "ip", family: 6, host: "2001:db8::192.0.2.1", port: 1 } as const;
    expect(render("%{+X}ci", { client: mapped })).toBe("20010DB80000000000000000C0000201");
  });

  test("shows captures between braces", () => {
    expect(render("%hr %hrl", { captured: ["a", undefined, "c"] })).toBe("{a||c} a  c");
  });

  test.each([
    ["100% %b", "no such format variable ' '. If you wanted to emit the '%' character verbatim"],
    ["%b%", "truncated line after '%'"],
    ["%T%Z", "no such format variable 'Z'. If you wanted to emit the '%' character verbatim"],
    ["%cip", "no such format variable 'cip'."],
    ["%[nope]", "failed to parse sample expression <nope> : unknown fetch method 'nope'"],
    ["%[src", "missing ']' after 'src'"],
    ["%{+Qb", "truncated line after '+Qb'"],
    ["%{+Q}%b", "parse argument modifier without variable name near '%{+Q}'"],
    ["%HM", "format variable 'HM' is reserved for HTTP mode"],
  ])("refuses %j in HAProxy's words", (format, message) => {
    const compiled = compileLogFormat(format, OPTIONS);
    expect(compiled.ok).toBe(false);
    expect(render(format)).toContain(message);
  });

  test.each([
    ["%ci %b %s %si %t %rt %lc lit %[src]", "connect"],
    ["%ci %Tt", "end"],
    ["%ts", "end"],
    ["%sq", "end"],
    ["%fc", "end"],
  ])("says when the line of %j is due", (format, emission) => {
    const compiled = compileLogFormat(format, OPTIONS);
    expect(compiled.ok && compiled.emission).toBe(emission);
  });
});

describe("renderConnectLine()", () => {
  test("tells who connected where", () => {
    expect(renderConnectLine(recordWith())).toBe(
      "Connect from 192.0.2.7:51000 to 127.0.0.1:1883 (fe/TCP)",
    );
  });
});
