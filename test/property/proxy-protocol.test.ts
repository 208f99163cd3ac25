// Invariants: decoding never throws and never asks for more than its bound; what we encode decodes
// to the same; a cut header is never taken for a whole one.
import fc from "fast-check";
import { expect, test } from "vitest";
import { PROXY_V2_BYTES_MAX } from "../../src/limits.ts";
import { decodeProxyHeader } from "../../src/session/proxy-protocol/decode.ts";
import { encodeProxyHeader } from "../../src/session/proxy-protocol/encode.ts";
import { printIp, parseIpv4, parseIpv6 } from "../../src/base/ip.ts";
import { V2_SIGNATURE } from "../../src/session/proxy-protocol/header.ts";
import { isIPv4, isIPv6, SocketAddress } from "node:net";

const port = fc.integer({ min: 0, max: 65535 });
const v6Host = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => printIp(bytes));
const v4Endpoint = fc.record({
  kind: fc.constant("ip"),
  family: fc.constant(4),
  host: fc.ipV4(),
  port,
} as const);
const v6Endpoint = fc.record({
  kind: fc.constant("ip"),
  family: fc.constant(6),
  host: v6Host,
  port,
} as const);
const options = fc.subarray([
  "ssl",
  "cert-cn",
  "ssl-cipher",
  "cert-sig",
  "cert-key",
  "authority",
  "crc32c",
] as const);

test("decodeProxyHeader() never throws on random bytes behind either beginning", () => {
  const prefix = fc.constantFrom(
    Buffer.alloc(0),
    Buffer.from("PROXY TCP4 "),
    Buffer.from(V2_SIGNATURE),
    Buffer.concat([V2_SIGNATURE, Buffer.from([0x21, 0x11, 0x00])]),
  );
  fc.assert(
    fc.property(prefix, fc.uint8Array({ maxLength: 300 }), (head, rest) => {
      const bytes = Buffer.concat([head, rest]);
      const decoded = decodeProxyHeader(bytes);
      if (decoded.kind === "message") expect(decoded.byteCount).toBeLessThanOrEqual(bytes.length);
      if (decoded.kind === "need-more") expect(bytes.length).toBeLessThan(PROXY_V2_BYTES_MAX);
    }),
  );
});

test("decodeProxyHeader() gives back what encodeProxyHeader() wrote, and only when whole", () => {
  const ends = fc.oneof(fc.tuple(v4Endpoint, v4Endpoint), fc.tuple(v6Endpoint, v6Endpoint));
  fc.assert(
    fc.property(
      fc.constantFrom(1 as const, 2 as const),
      ends,
      options,
      fc.nat(1000),
      (version, [source, destination], chosen, cut) => {
        const bytes = encodeProxyHeader({ version, source, destination, options: chosen });
        expect(decodeProxyHeader(bytes)).toMatchObject({
          kind: "message",
          byteCount: bytes.length,
          header: { version, command: "proxy", source, destination },
        });
        const part = bytes.subarray(0, cut % bytes.length);
        expect(decodeProxyHeader(part).kind).toBe("need-more");
      },
    ),
  );
});

test("decodeProxyHeader() notices every flipped bit under a CRC32C", () => {
  const [source, destination] = [
    { kind: "ip", family: 4, host: "192.0.2.1", port: 1 },
    { kind: "ip", family: 4, host: "192.0.2.2", port: 2 },
  ] as const;
  const bytes = encodeProxyHeader({ version: 2, source, destination, options: ["crc32c"] });
  // Bits of the addresses and the checksum; those before them change what is read at all.
  for (let bit = 16 * 8; bit < 28 * 8; bit++) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(decodeProxyHeader(flipped).kind).toBe("malformed");
  }
});

test("parseIpv4() and parseIpv6() agree with Node about what an address is", () => {
  const nearly = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
    fc.stringMatching(/^([0-9a-f]{0,4}:){1,8}[0-9a-f.]{0,9}$/),
  );
  fc.assert(
    fc.property(nearly, (text) => {
      expect(parseIpv4(text) !== undefined, text).toBe(isIPv4(text));
      expect(parseIpv6(text) !== undefined, text).toBe(isIPv6(text));
    }),
    { numRuns: 2000 },
  );
});

test("printIp() writes what the system writes", () => {
  const bytes = fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(bytes, (parts) => {
      const text = printIp(Uint8Array.from(parts));
      // IPv4-compatible addresses are written in dotted form by the C library, in RFC 5952 not.
      fc.pre(parts.slice(0, 12).some((part) => part !== 0));
      expect(new SocketAddress({ address: text, family: "ipv6" }).address).toBe(text);
    }),
  );
});
