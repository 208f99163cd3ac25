// Packets of Keepalived 2.2.7, captured on the wire: 10.98.0.2 is the sender, 10.98.0.100 the VIP, VRID 51.
import { parseIp, type IpBytes } from "../../../../src/base/ip.ts";
import type { Authentication } from "../../../../ha/config/model/instance.ts";
import type { Advert } from "../../../../ha/vrrp/advert.ts";

/** A packet and what it says. */
export interface GoldenVector {
  readonly name: string;
  readonly advert: Advert;
  readonly authentication: Authentication;
  readonly source: IpBytes;
  readonly destination: IpBytes;
  /** The IP header, hex; `undefined` where only the message was noted. */
  readonly header: string | undefined;
  /** The VRRP message, hex. */
  readonly message: string;
}

/** Bytes of hex text; blanks are ignored. */
export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
}

/** The bytes of an address that is known to be one. */
export function ip(text: string): IpBytes {
  return parseIp(text)!;
}

const SOURCE = ip("10.98.0.2");
const GROUP = ip("224.0.0.18");
const PEER = ip("10.98.0.1");
const PASS: Authentication = { kind: "pass", password: bytesOf("7365637265740000") };
const NONE: Authentication = { kind: "none" };

function advert(changes: Partial<Advert>): Advert {
  return {
    version: 3,
    family: 4,
    vrid: 51,
    priority: 100,
    intervalMs: 1000,
    vips: [ip("10.98.0.100")],
    ...changes,
  };
}

function vector(
  name: string,
  changes: Partial<Advert>,
  message: string,
  more: Partial<GoldenVector> = {},
): GoldenVector {
  const base = { authentication: NONE, source: SOURCE, destination: GROUP, header: undefined };
  return { name, advert: advert(changes), message: message.replaceAll(" ", ""), ...base, ...more };
}

const SOURCE6 = ip("fe80::90ca:81ff:febe:894f");
const V6 = {
  source: SOURCE6,
  destination: ip("ff02::12"),
  header: "6c0f37fc001870fffe8000000000000090ca81fffebe894fff020000000000000000000000000012",
};
const VIPS6 = [ip("fe80::100")];

/** All of them. */
export const GOLDEN_VECTORS: readonly GoldenVector[] = [
  vector("v2, 1 s", { version: 2 }, "2133640100017004 0a620064 0000000000000000", {
    header: "45c0002800010000ff70d02e0a620002e0000012",
  }),
  vector("v2, resigns", { version: 2, priority: 0 }, "213300010001d404 0a620064 0000000000000000"),
  vector("v2, PASS", { version: 2 }, "21336401010132b8 0a620064 7365637265740000", {
    authentication: PASS,
  }),
  vector(
    "v2, PASS, resigns",
    { version: 2, priority: 0 },
    "21330001010196b8 0a620064 7365637265740000",
    { authentication: PASS },
  ),
  vector("v3, 0.5 s", { intervalMs: 500 }, "31336401003274e0 0a620064", {
    header: "45c0002000010000ff70d0360a620002e0000012",
  }),
  vector("v3, 1 s", {}, "31336401006474ae 0a620064"),
  vector("v3, resigns", { priority: 0 }, "313300010064d8ae 0a620064"),
  vector("v3, unicast", {}, "3133640100644a5e 0a620064", {
    destination: PEER,
    header: "45c0002000010000ff70a5e60a6200020a620001",
  }),
  vector("v3, unicast, resigns", { priority: 0 }, "313300010064ae5e 0a620064", {
    destination: PEER,
  }),
  vector(
    "v3, IPv6",
    { family: 6, vips: VIPS6 },
    "313364010064d1ef fe800000000000000000000000000100",
    V6,
  ),
  vector(
    "v3, IPv6, resigns",
    { family: 6, priority: 0, vips: VIPS6 },
    "31330001006435f0 fe800000000000000000000000000100",
    V6,
  ),
];
