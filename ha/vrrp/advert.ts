// What one VRRP advert says, apart from its bytes.
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";

/** An advertisement (RFC 3768 §5.3, RFC 9568 §5.2). */
export interface Advert {
  readonly version: 2 | 3;
  readonly family: 4 | 6;
  /** 1..255. */
  readonly vrid: number;
  /** 0: the master resigns; 255: the address owner. */
  readonly priority: number;
  /** v2: whole seconds in ms; v3: multiples of 10 ms, 10..40,950. */
  readonly intervalMs: Millis;
  readonly vips: readonly IpBytes[];
}

/** The priority of a master that gives up (RFC 9568 §5.2.4). */
export const PRIORITY_RESIGN = 0;
/** The priority of the address owner (RFC 9568 §5.2.4). */
export const PRIORITY_OWNER = 255;
