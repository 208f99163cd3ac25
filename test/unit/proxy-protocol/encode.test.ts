import { describe, expect, test } from "vitest";
import { encodeProxyHeader, encodeProxyLocal } from "../../../src/session/proxy-protocol/encode.ts";
import type { TlsFacts } from "../../../src/session/mover.ts";

const v4 = { kind: "ip", family: 4, host: "127.0.0.1", port: 40312 } as const;
const v4Here = { kind: "ip", family: 4, host: "127.0.0.1", port: 19102 } as const;
const v6 = { kind: "ip", family: 6, host: "2001:db8::7", port: 1 } as const;
const unix = { kind: "unix", path: "/run/front.sock", abstract: false } as const;

const TLS: TlsFacts = {
  protocol: "TLSv1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  serverName: "mqtt.example",
  alpn: "mqtt",
  resumed: false,
  verifyResult: 0,
  own: { keyAlgorithm: "RSA2048", signatureAlgorithm: "RSA-SHA256" },
  peer: {
    commonName: "device-1",
    subject: "/O=Acme/CN=device-1",
    issuer: "/O=Acme/CN=device-1",
    serial: "01",
    notBefore: "261121000000Z",
    notAfter: "271121000000Z",
    sha1: new Uint8Array(20),
    der: new Uint8Array(),
  },
};

const ALL = [
  "ssl",
  "cert-cn",
  "ssl-cipher",
  "cert-sig",
  "cert-key",
  "authority",
  "crc32c",
] as const;

describe("encodeProxyHeader()", () => {
  test("encodeProxyHeader() writes the bytes that HAProxy 2.6.12 sent for the same connection", () => {
    const bytes = encodeProxyHeader({
      version: 2,
      source: v4,
      destination: v4Here,
      tls: TLS,
      options: ALL,
    });
    expect(Buffer.from(bytes).toString("hex")).toBe(
      "0d0a0d0a000d0a515549540a211100767f0000017f0000019d784a9e030004ed00610b0100046d71747402000c" +
        "6d7174742e6578616d706c6520004a0700000000210007544c5376312e332200086465766963652d3125000752" +
        "53413230343824000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834",
    );
  });

  test("encodeProxyHeader() says of a plain client that it has no TLS when asked", () => {
    const options = ["authority", "crc32c", "ssl", "cert-key"] as const;
    const source = { ...v4, port: 0xde36 };
    const destination = { ...v4Here, port: 0x4aa4 };
    const bytes = encodeProxyHeader({ version: 2, source, destination, options });
    expect(Buffer.from(bytes).toString("hex")).toBe(
      "0d0a0d0a000d0a515549540a2111001b7f0000017f000001de364aa40300043f6da3c42000050000000000",
    );
  });

  test("encodeProxyHeader() marks a certificate of a resumed session as the session's only", () => {
    const tls = { ...TLS, resumed: true };
    const bytes = encodeProxyHeader({
      version: 2,
      source: v4,
      destination: v4Here,
      tls,
      options: ["ssl"],
    });
    // Behind the addresses stands ALPN, 7 bytes, then the header of PP2_TYPE_SSL.
    expect(bytes[28 + 7 + 3]).toBe(0x05);
  });

  test("encodeProxyHeader() writes version 1, IPv4 as mapped where the other end is IPv6", () => {
    const text = (what: Parameters<typeof encodeProxyHeader>[0]): string =>
      Buffer.from(encodeProxyHeader(what)).toString();
    expect(text({ version: 1, source: v4, destination: v4Here })).toBe(
      "PROXY TCP4 127.0.0.1 127.0.0.1 40312 19102\r\n",
    );
    expect(text({ version: 1, source: v6, destination: v4Here })).toBe(
      "PROXY TCP6 2001:db8::7 ::ffff:127.0.0.1 1 19102\r\n",
    );
  });

  test("encodeProxyHeader() says UNKNOWN or LOCAL of a unix client, as HAProxy does", () => {
    for (const version of [1, 2] as const) {
      const bytes = encodeProxyHeader({ version, source: unix, destination: unix });
      expect(Buffer.from(bytes).equals(encodeProxyLocal(version))).toBe(true);
    }
  });
});
