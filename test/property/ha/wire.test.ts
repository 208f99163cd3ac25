// Readers of foreign bytes: what was written is read back, and nothing makes them throw.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IpBytes } from "../../../src/base/ip.ts";
import type { Authentication } from "../../../ha/config/model/instance.ts";
import { decodeHeartbeat, encodeHeartbeat } from "../../../ha/heartbeat/codec.ts";
import { HeartbeatPath } from "../../../ha/heartbeat/path.ts";
import type { Advert } from "../../../ha/vrrp/advert.ts";
import { internetChecksum } from "../../../ha/vrrp/checksum.ts";
import { decodeAdvert, encodeAdvert } from "../../../ha/vrrp/codec.ts";
import { buildIpv4Packet, readIpv4Packet } from "../../../ha/vrrp/ip-header.ts";
import { judgePacket } from "../../../ha/vrrp/receive.ts";
import { instanceConfiguration } from "../../support/agent-configuration.ts";
import { bytesOf, GOLDEN_VECTORS } from "../../unit/ha/vrrp/golden-vectors.ts";

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const address = (family: 4 | 6): fc.Arbitrary<IpBytes> => bytes(family === 4 ? 4 : 16);

const wire = fc.constantFrom<[2 | 3, 4 | 6]>([2, 4], [3, 4], [3, 6]).chain(([version, family]) =>
  fc.record({
    advert: fc.record<Advert>({
      version: fc.constant(version),
      family: fc.constant(family),
      vrid: fc.integer({ min: 1, max: 255 }),
      priority: fc.integer({ min: 0, max: 255 }),
      intervalMs: fc
        .integer({ min: 1, max: version === 2 ? 255 : 4095 })
        .map((units) => units * (version === 2 ? 1000 : 10)),
      vips: fc.array(address(family), { maxLength: 255 }),
    }),
    authentication: fc.oneof(
      fc.constant<Authentication>({ kind: "none" }),
      bytes(8).map<Authentication>((password) => ({ kind: "pass", password })),
    ),
    checksumForm: fc.constantFrom("pseudo-header" as const, "rfc9568" as const),
    source: address(family),
    destination: address(family),
  }),
);

/** A real packet with a few bytes changed, its end cut or grown. */
const mutated = fc
  .record({
    vector: fc.constantFrom(...GOLDEN_VECTORS),
    changes: fc.array(fc.tuple(fc.nat(64), fc.nat(255)), { maxLength: 4 }),
    length: fc.nat(80),
    mendsChecksum: fc.boolean(),
  })
  .map(({ vector, changes, length, mendsChecksum }) => {
    const message = bytesOf(vector.message);
    for (const [at, value] of changes) if (at < message.length) message[at] = value;
    const cut = new Uint8Array(length);
    cut.set(message.subarray(0, length));
    const payload = length < 8 || length > 60 ? message : cut;
    if (mendsChecksum && payload.length >= 8) {
      payload.set([0, 0], 6);
      const sum = internetChecksum(payload);
      payload.set([sum >> 8, sum & 0xff], 6);
    }
    return { family: vector.advert.family, payload, vector };
  });

describe("adverts", () => {
  test("what is encoded is decoded", () => {
    fc.assert(
      fc.property(wire, ({ advert, ...settings }) => {
        const { source, destination } = settings;
        const message = encodeAdvert(advert, settings);
        const decoded = decodeAdvert(message, { family: advert.family, source, destination });
        expect(decoded).toMatchObject({ kind: "advert", advert });
      }),
      { numRuns: 2000 },
    );
  });

  test("nothing makes the receiver throw", () => {
    const instances = ([2, 3] as const).map((version) => instanceConfiguration({ version }));
    const received = fc.oneof(
      mutated,
      fc.record({
        family: fc.constantFrom(4 as const, 6 as const),
        payload: fc.uint8Array({ maxLength: 1500 }),
        vector: fc.constantFrom(...GOLDEN_VECTORS),
      }),
    );
    const seen = new Set<string>();
    fc.assert(
      fc.property(received, fc.option(fc.nat(255), { nil: undefined }), (one, ttl) => {
        for (const instance of instances) {
          const { source, destination } = one.vector;
          const packet = { ...one, source, destination, ttl, interface: "eth0" };
          const verdict = judgePacket({ ...instance, family: one.family }, packet, { source });
          seen.add(verdict.kind === "drop" ? verdict.reason : verdict.kind);
        }
      }),
      { numRuns: 5000 },
    );
    // The input reaches deep: far beyond the first check.
    for (const reason of ["accept", "length", "version", "type", "checksum", "ttl", "mode"]) {
      expect(seen).toContain(reason);
    }
  });
});

describe("IPv4 packets", () => {
  test("what is built is read", () => {
    const fields = fc.record({
      source: bytes(4),
      destination: bytes(4),
      ttl: fc.nat(255),
      protocol: fc.nat(255),
      id: fc.nat(65535),
    });
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 100 }), ({ id, ...rest }, payload) => {
        const packet = buildIpv4Packet({ id, ...rest }, payload);
        expect(internetChecksum(packet.subarray(0, 20))).toBe(0);
        expect(readIpv4Packet(packet)).toEqual({ ...rest, payload });
      }),
    );
  });

  test("nothing makes the reader throw", () => {
    const anything = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(anything, fc.boolean(), (input, isV4) => {
        if (isV4 && input.length > 0) input[0] = 0x40 | (input[0]! & 0xf);
        const packet = readIpv4Packet(input);
        if (packet !== undefined) expect(packet.payload.length).toBeLessThanOrEqual(input.length);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("heartbeats", () => {
  const key = new TextEncoder().encode("a secret of the pair");
  const entry = fc.constantFrom<4 | 6>(4, 6).chain((family) =>
    fc.record({
      family: fc.constant(family),
      vrid: fc.integer({ min: 1, max: 255 }),
      priority: fc.nat(255),
      intervalMs: fc.integer({ min: 1, max: 255_000 }),
      source: address(family),
      state: fc.constantFrom(
        "INIT" as const,
        "BACKUP" as const,
        "MASTER" as const,
        "FAULT" as const,
      ),
    }),
  );
  const heartbeat = fc.record({
    senderNonce: bytes(8),
    receiverNonce: bytes(8),
    sequence: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    entries: fc.array(entry, { maxLength: 20 }),
  });

  test("what is encoded is decoded", () => {
    fc.assert(
      fc.property(heartbeat, (one) => {
        const decoded = decodeHeartbeat(encodeHeartbeat(one, key), key);
        expect(decoded).toEqual({ kind: "heartbeat", heartbeat: one });
      }),
    );
  });

  test("nothing makes the path throw, and nothing without the key is believed", () => {
    const path = new HeartbeatPath({ key, nonce: new Uint8Array(8).fill(1) });
    const input = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(heartbeat, fc.nat(300), fc.integer({ min: 1, max: 255 }))
        .map(([one, at, change]) => {
          const datagram = encodeHeartbeat(one, key);
          datagram[at % datagram.length]! ^= change;
          return datagram;
        }),
    );
    fc.assert(
      fc.property(input, (datagram) => {
        expect(path.receive(datagram, 0).kind).toBe("dropped");
      }),
      { numRuns: 3000 },
    );
  });
});
