import type { IpBytes } from "../base/ip.ts";

/**
 * A typed value that a fetch or converter yields (haproxy configuration §7.2). A `str` holds one
 * byte per character (latin1), so that lengths, hashes and comparisons are on bytes as HAProxy's are.
 */
export type Sample =
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "ip"; readonly value: IpBytes }
  | { readonly type: "str"; readonly value: string }
  | { readonly type: "bin"; readonly value: Uint8Array };

/** What an evaluation yields: a value, `none` (no such thing), or `wait` (more bytes may change the answer). */
export type Fetched = Sample | "none" | "wait";
