import { describe, expect, test } from "vitest";
import { gratuitousArpFrame } from "../../../../ha/vip/arp.ts";
import { neighbourAdvertisementFrame } from "../../../../ha/vip/neighbour.ts";
import { bytesOf, ip } from "../vrrp/golden-vectors.ts";

const MAC = bytesOf("92ca81be894f");

// Frames of Keepalived 2.2.7, captured on the wire.
describe("announcements", () => {
  test("a gratuitous ARP", () => {
    expect(gratuitousArpFrame(MAC, ip("10.98.0.100"))).toEqual(
      bytesOf(`ffffffffffff 92ca81be894f 0806
        0001 0800 06 04 0001 92ca81be894f 0a620064 ffffffffffff 0a620064`),
    );
  });

  test("an unsolicited neighbour advertisement", () => {
    expect(neighbourAdvertisementFrame(MAC, ip("fe80::100"))).toEqual(
      bytesOf(`333300000001 92ca81be894f 86dd
        60000000 0020 3a ff fe800000000000000000000000000100 ff020000000000000000000000000001
        88 00 b9c5 20000000 fe800000000000000000000000000100 02 01 92ca81be894f`),
    );
  });

  test("addresses of the wrong family are refused", () => {
    expect(() => gratuitousArpFrame(MAC, ip("fe80::100"))).toThrow(RangeError);
    expect(() => neighbourAdvertisementFrame(MAC, ip("10.98.0.100"))).toThrow(RangeError);
  });
});
