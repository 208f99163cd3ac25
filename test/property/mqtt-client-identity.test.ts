// The identity of a client beside mqtt-packet's reading of the same CONNECT.
import fc from "fast-check";
import { generate, type IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { clientIdentity } from "../../src/mqtt/client-identity.ts";

const TEXT = fc.string({ unit: "grapheme", maxLength: 40 });

const CONNECT = fc
  .record({
    protocolVersion: fc.constantFrom(3 as const, 4 as const, 5 as const),
    clientId: TEXT.map((text) => `c${text}`),
    username: fc.option(TEXT, { nil: undefined }),
    hasWill: fc.boolean(),
    hasProperties: fc.boolean(),
  })
  .map(({ protocolVersion, clientId, username, hasWill, hasProperties }): IConnectPacket => {
    const has5 = protocolVersion === 5 && hasProperties;
    const willProperties = has5 ? { properties: { willDelayInterval: 300 } } : {};
    const will = { topic: "t", payload: Buffer.alloc(200), qos: 0, retain: false } as const;
    return {
      cmd: "connect",
      protocolId: protocolVersion === 3 ? "MQIsdp" : "MQTT",
      protocolVersion,
      clean: true,
      keepalive: 60,
      clientId,
      ...(username === undefined ? {} : { username, password: Buffer.from("p") }),
      ...(hasWill ? { will: { ...will, ...willProperties } } : {}),
      ...(has5 ? { properties: { userProperties: { a: "x".repeat(300) } } } : {}),
    };
  });

describe("clientIdentity", () => {
  test("reads what was written, whatever stands between", () => {
    fc.assert(
      fc.property(CONNECT, (packet) => {
        const { clientId, username } = packet;
        expect(clientIdentity(generate(packet))).toEqual({ clientId, username });
      }),
      { numRuns: 500 },
    );
  });

  test("a packet that is cut, or nonsense, has none, or the one that it says", () => {
    fc.assert(
      fc.property(CONNECT, fc.nat(), (packet, at) => {
        const bytes = generate(packet);
        const found = clientIdentity(bytes.subarray(0, at % bytes.length));
        // The password comes after all that is read.
        if (found !== undefined) expect(found.clientId).toBe(packet.clientId);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        clientIdentity(Uint8Array.of(0x10, ...bytes));
      }),
    );
  });
});
