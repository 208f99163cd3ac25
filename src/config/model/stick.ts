// Stick tables and sticking rules.
import type { Position } from "../../base/diagnostic.ts";
import type { Millis } from "../../base/units.ts";
import type { Condition, SampleExpression } from "../../rules/ast.ts";

/** `stick on|match|store-request|store-response <expr> [table t] [if ...]`. */
export interface StickRule {
  readonly kind: "on" | "match" | "store-request" | "store-response";
  readonly key: SampleExpression;
  /** Table name; absent for the proxy's own. */
  readonly table?: string;
  readonly condition?: Condition;
  readonly position: Position;
}

/** The key types of stick tables. */
export type StickKeyType = "ip" | "ipv6" | "integer" | "string" | "binary";

/** `stick-table type <t> [len n] size s [expire e] [nopurge] [peers p] [srvkey k] [store ...]`, or `table` in peers. */
export interface StickTableSpec {
  /** The proxy's name, or `<peers>/<table>` for a table of a peers section. */
  readonly name: string;
  readonly keyType: StickKeyType;
  /** Usable key bytes: as `len`, 31 for strings without it, 32 for binary without it. */
  readonly keyLengthMax: number;
  /** Whether `len` was written; the peers protocol announces it differently. */
  readonly hasLength: boolean;
  /** Entries. */
  readonly size: number;
  /** Absent: entries never expire. */
  readonly expireMs?: Millis;
  readonly noPurge: boolean;
  readonly peers?: string;
  readonly serverKey: "name" | "addr";
  readonly store: readonly StickData[];
  readonly position: Position;
}

/** A data type with its argument: arrays have `count`, rates have `periodMs`. */
export interface StickData {
  readonly type: string;
  readonly count?: number;
  readonly periodMs?: Millis;
}
