import { describe, expect, test } from "vitest";
import { buildPacket } from "../../../../ha/vrrp/build-packet.ts";
import { internetChecksum } from "../../../../ha/vrrp/checksum.ts";
import { decodeAdvert, encodeAdvert } from "../../../../ha/vrrp/codec.ts";
import { readIpv4Packet } from "../../../../ha/vrrp/ip-header.ts";
import { bytesOf, GOLDEN_VECTORS, ip, type GoldenVector } from "./golden-vectors.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function encode(vector: GoldenVector, checksumForm: "pseudo-header" | "rfc9568"): Uint8Array {
  const { advert, authentication, source, destination } = vector;
  return encodeAdvert(advert, { authentication, checksumForm, source, destination });
}

function named(name: string): GoldenVector {
  return GOLDEN_VECTORS.find((vector) => vector.name === name)!;
}

function decode(message: string | Uint8Array, family: 4 | 6 = 4) {
  return decodeAdvert(typeof message === "string" ? bytesOf(message) : message, {
    family,
    source: ip(family === 4 ? "10.98.0.2" : "fe80::90ca:81ff:febe:894f"),
    destination: family === 4 ? ip("224.0.0.18") : undefined,
  });
}

describe("the packets of Keepalived", () => {
  test.each(GOLDEN_VECTORS)("$name: encoded byte for byte", (vector) => {
    expect(hex(encode(vector, "pseudo-header"))).toBe(vector.message);
  });

  test.each(GOLDEN_VECTORS)("$name: decoded", (vector) => {
    const { advert, source, destination, authentication } = vector;
    const decoded = decodeAdvert(bytesOf(vector.message), {
      family: advert.family,
      source,
      destination,
    });
    expect(decoded).toMatchObject({
      kind: "advert",
      advert,
      checksum: advert.version === 2 ? "version-2" : "pseudo-header",
    });
    if (advert.version === 3 || decoded.kind !== "advert") return;
    expect(decoded.authType).toBe(authentication.kind === "pass" ? 1 : 0);
    const password = authentication.kind === "pass" ? authentication.password : new Uint8Array(8);
    expect(decoded.authData).toEqual(password);
  });

  test.each(GOLDEN_VECTORS.filter(({ header }) => header !== undefined))(
    "$name: the whole packet",
    ({ advert, authentication, source, destination, header, message }) => {
      const unicast =
        destination[0] === 10 ? { peers: [], ttl: 255, checksSource: false } : undefined;
      const { bytes } = buildPacket(
        {
          interface: "eth0",
          vmac: undefined,
          unicast,
          authentication,
          checksumForm: "pseudo-header",
        },
        { advert, source, destination, id: 1 },
      );
      // The flow label of IPv6, bits 12..31, is the kernel's whim.
      const expected = advert.family === 6 ? `6c000000${header!.slice(8)}` : header!;
      expect(hex(bytes)).toBe(expected + message);
      if (advert.family === 6) return;
      expect(readIpv4Packet(bytes)).toEqual({
        source,
        destination,
        ttl: 255,
        protocol: 112,
        payload: bytesOf(message),
      });
    },
  );
});

describe("checksums of version 3", () => {
  test("without a pseudo header the message sums up by itself (RFC 9568 §5.2.8)", () => {
    const message = encode(named("v3, 1 s"), "rfc9568");
    expect(internetChecksum(message)).toBe(0);
    expect(hex(message)).not.toBe(named("v3, 1 s").message);
    expect(decode(message)).toMatchObject({ kind: "advert", checksum: "rfc9568" });
  });

  test("IPv6 always has a pseudo header", () => {
    expect(hex(encode(named("v3, IPv6"), "rfc9568"))).toBe(named("v3, IPv6").message);
  });

  test("IPv6 without a known destination is the kernel's to verify", () => {
    expect(decode(named("v3, IPv6").message, 6)).toMatchObject({
      kind: "advert",
      checksum: "kernel",
    });
  });

  test.each(["v2, 1 s", "v3, 1 s"])("%s: a wrong bit is found", (name) => {
    const message = bytesOf(named(name).message);
    message[9] = message[9]! ^ 0x10;
    expect(decode(message)).toMatchObject({ kind: "malformed", reason: "checksum" });
  });
});

describe("what is no advert", () => {
  const v3 = named("v3, 1 s").message;
  test.each([
    ["nothing", "", "length"],
    ["half a header", v3.slice(0, 14), "length"],
    ["a VIP cut short", v3.slice(0, -2), "length"],
    ["bytes behind the VIPs", `${v3}00`, "length"],
    ["version 4", `41${v3.slice(2)}`, "version"],
    ["type 2", `32${v3.slice(2)}`, "type"],
    ["auth_hmac of Keepalived 2.4", `${v3}01${"ab".repeat(27)}`, "auth-hmac"],
    ["an interval of 0 in version 3", "3133640100007512 0a620064", "interval"],
    ["an interval of 0 in version 2", "2133640100007005 0a620064 0000000000000000", "interval"],
    // ucarp: version 2, type 1, vhid, advskew, 7 words, demotion, advbase, checksum, counter, SHA-1.
    ["CARP", `213300070001678900000000deadbeef${"5a".repeat(20)}`, "carp"],
  ])("%s", (_what, message, reason) => {
    expect(decode(message)).toMatchObject({ kind: "malformed", reason });
  });

  test("version 2 over IPv6", () => {
    const message = `21${named("v3, IPv6").message.slice(2)}`;
    expect(decode(message, 6)).toMatchObject({ kind: "malformed", reason: "version" });
  });

  test("reserved bits of version 3 are ignored (RFC 9568 §5.2.6)", () => {
    const message = bytesOf(v3);
    message[4] = 0xa0;
    message.set([0, 0], 6);
    const sum = internetChecksum(message);
    message.set([sum >> 8, sum & 0xff], 6);
    expect(decode(message)).toMatchObject({ kind: "advert", advert: { intervalMs: 1000 } });
  });
});

describe("an IPv4 packet", () => {
  const packet = bytesOf(named("v3, 0.5 s").header! + named("v3, 0.5 s").message);
  const changed = (at: number, value: number): Uint8Array => {
    const copy = Uint8Array.from(packet);
    copy[at] = value;
    return copy;
  };
  test("padding behind it is left out, options are skipped", () => {
    const padded = Uint8Array.from([...packet, 0, 0, 0]);
    expect(readIpv4Packet(padded)?.payload).toHaveLength(12);
    expect(readIpv4Packet(changed(0, 0x46))?.payload).toHaveLength(8);
  });

  test("what is none", () => {
    expect(readIpv4Packet(packet.subarray(0, 19))).toBeUndefined();
    expect(readIpv4Packet(packet.subarray(0, 31))).toBeUndefined();
    expect(readIpv4Packet(changed(0, 0x65))).toBeUndefined();
    expect(readIpv4Packet(changed(0, 0x44))).toBeUndefined();
    expect(readIpv4Packet(changed(3, 8))).toBeUndefined();
  });
});
