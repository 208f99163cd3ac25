import { describe, expect, test } from "vitest";
import { crc32c } from "../../../src/session/proxy-protocol/crc32c.ts";
import { decodeProxyHeader } from "../../../src/session/proxy-protocol/decode.ts";
import type { ProxyHeader } from "../../../src/session/proxy-protocol/header.ts";

/** Signature of version 2 in hexadecimal. */
const SIGNATURE = "0d0a0d0a000d0a515549540a";

const v4 = (host: string, port: number) => ({ kind: "ip", family: 4, host, port }) as const;
const v6 = (host: string, port: number) => ({ kind: "ip", family: 6, host, port }) as const;

/** Messages and their literal bytes; those of version 2 with TLVs were sent by HAProxy 2.6.12. */
const MESSAGES: readonly (readonly [string, Buffer, Partial<ProxyHeader>])[] = [
  [
    "TCP4 in version 1",
    Buffer.from("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"),
    {
      version: 1,
      command: "proxy",
      source: v4("192.0.2.1", 56324),
      destination: v4("198.51.100.2", 443),
    },
  ],
  [
    "TCP6 in version 1",
    Buffer.from("PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 1 65535\r\n"),
    { source: v6("2001:db8::1", 1), destination: v6("::ffff:192.0.2.2", 65535) },
  ],
  ["UNKNOWN in version 1", Buffer.from("PROXY UNKNOWN\r\n"), { version: 1, command: "proxy" }],
  [
    "UNKNOWN with addresses to ignore",
    Buffer.from("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"),
    { version: 1, command: "proxy" },
  ],
  [
    "TCP4 in version 2",
    Buffer.from(`${SIGNATURE}2111000c7f0000017f000001885e4a9d`, "hex"),
    { version: 2, source: v4("127.0.0.1", 34910), destination: v4("127.0.0.1", 19101) },
  ],
  [
    "TCP6 in version 2",
    Buffer.from(
      `${SIGNATURE}21210024000100000000000000000000000000020003000000000000000000000000000400050006`,
      "hex",
    ),
    { source: v6("1::2", 5), destination: v6("3::4", 6) },
  ],
  ["LOCAL", Buffer.from(`${SIGNATURE}20000000`, "hex"), { version: 2, command: "local" }],
  [
    "LOCAL with contents to ignore",
    Buffer.from(`${SIGNATURE}20110003ffffff`, "hex"),
    { version: 2, command: "local", tlvs: [] },
  ],
  ["UNSPEC", Buffer.from(`${SIGNATURE}21000000`, "hex"), { version: 2, command: "proxy" }],
  [
    "unix sockets, one of them abstract",
    Buffer.from(`${SIGNATURE}213100d8${"2f61".padEnd(216, "0")}${"0062".padEnd(216, "0")}`, "hex"),
    {
      source: { kind: "unix", path: "/a", abstract: false },
      destination: { kind: "unix", path: "b", abstract: true },
    },
  ],
  [
    "ALPN, AUTHORITY, CRC32C and SSL with its own TLVs",
    Buffer.from(
      `${SIGNATURE}211100767f0000017f0000019d784a9e030004ed00610b0100046d71747402000c6d7174742e65` +
        "78616d706c6520004a0700000000210007544c5376312e332200086465766963652d312500075253413230" +
        "343824000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834",
      "hex",
    ),
    {
      alpn: "mqtt",
      authority: "mqtt.example",
      tls: {
        secure: true,
        certificateInConnection: true,
        certificateInSession: true,
        verifyResult: 0,
        protocol: "TLSv1.3",
        commonName: "device-1",
        keyAlgorithm: "RSA2048",
        signatureAlgorithm: "RSA-SHA256",
        cipher: "TLS_AES_256_GCM_SHA384",
      },
    },
  ],
];

const MALFORMED: readonly (readonly [string, Buffer, RegExp])[] = [
  ["no header at all", Buffer.from("\x10\x0c\x00\x04MQTT"), /neither/],
  ["a line without CR", Buffer.from("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n"), /CR LF/],
  ["an endless line", Buffer.from(`PROXY TCP4 ${"1".repeat(200)}`), /107 bytes/],
  ["a family that does not exist", Buffer.from("PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n"), /family/],
  ["a word too many", Buffer.from("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n"), /7 words/],
  ["an address of the other family", Buffer.from("PROXY TCP4 ::1 ::2 1 2\r\n"), /source/],
  ["a port above 65535", Buffer.from("PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n"), /destination/],
  ["a port with a leading zero", Buffer.from("PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n"), /source/],
  ["version 3", Buffer.from(`${SIGNATURE}31110000`, "hex"), /version 3/],
  ["an unknown command", Buffer.from(`${SIGNATURE}22110000`, "hex"), /command 2/],
  ["a length that is too large", Buffer.from(`${SIGNATURE}2111ffff`, "hex"), /at most 16384/],
  ["a length below the addresses", Buffer.from(`${SIGNATURE}211100017f`, "hex"), /addresses/],
  [
    "a TLV past the end",
    Buffer.from(`${SIGNATURE}2111000f7f0000017f000001885e4a9d040005`, "hex"),
    /TLV/,
  ],
  [
    "a wrong CRC32C",
    Buffer.from(`${SIGNATURE}211100137f0000017f000001885e4a9d03000400000000`, "hex"),
    /CRC32C/,
  ],
  [
    "a cut PP2_TYPE_SSL",
    Buffer.from(`${SIGNATURE}211100127f0000017f000001885e4a9d200003010000`, "hex"),
    /PP2_TYPE_SSL/,
  ],
];

describe("decodeProxyHeader()", () => {
  test.each(MESSAGES)(
    "decodeProxyHeader() reads %s, whole and with bytes behind",
    (_, bytes, expected) => {
      for (const rest of ["", "CONNECT"]) {
        const decoded = decodeProxyHeader(Buffer.concat([bytes, Buffer.from(rest)]));
        expect(decoded).toMatchObject({
          kind: "message",
          byteCount: bytes.length,
          header: expected,
        });
      }
    },
  );

  test.each(MESSAGES)("decodeProxyHeader() asks for more while %s is cut", (_, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeProxyHeader(bytes.subarray(0, length)).kind).toBe("need-more");
    }
  });

  test.each(MALFORMED)("decodeProxyHeader() refuses %s", (_, bytes, reason) => {
    const decoded = decodeProxyHeader(bytes);
    expect(decoded).toMatchObject({
      kind: "malformed",
      reason: expect.stringMatching(reason) as string,
    });
  });

  test("decodeProxyHeader() names no addresses for LOCAL and UNKNOWN", () => {
    for (const bytes of [
      Buffer.from("PROXY UNKNOWN\r\n"),
      Buffer.from(`${SIGNATURE}20000000`, "hex"),
    ]) {
      const decoded = decodeProxyHeader(bytes);
      expect(decoded.kind === "message" && "source" in decoded.header).toBe(false);
    }
  });
});

test("crc32c() agrees with the check value of RFC 3720 §B.4", () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
});
