import { describe, expect, test } from "vitest";
import { ticklePacket } from "../../../../ha/vip/tickle-packet.ts";
import { ip } from "../../../support/agent-configuration.ts";

// Computed with Python's struct and an addition of its own.
const IPV4 = "450000280000000040068e37c0000264c6336401075bc3509e3779b10000000050100400dca60000";
const IPV6 =
  "600000000014064020010db800000000000000000000010020010db8000000000000000000000001" +
  "075bc35000000001000000005010040084b50000";

describe("the packet of a tickle", () => {
  test.each([
    ["192.0.2.100", "198.51.100.1", 0x9e37_79b1, IPV4],
    ["2001:db8::100", "2001:db8::1", 1, IPV6],
  ])("from %s to %s is an ACK without data", (local, client, sequence, expected) => {
    const packet = ticklePacket(
      { client: { address: ip(client), port: 50_000 }, local: { address: ip(local), port: 1883 } },
      sequence,
    );
    expect(Buffer.from(packet).toString("hex")).toBe(expected);
  });
});
