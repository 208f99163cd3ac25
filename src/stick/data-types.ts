// The data types of stick tables (haproxy configuration §4.2 `stick-table`, `store`). Numbers are
// those of the peers protocol, where bit n of a table definition says that type n is stored.

/**
 * How a type is kept: `sint` and `uint` are 32-bit integers, `ull` a 64-bit counter, `rate` a
 * frequency counter over a period, `dict` an interned string.
 */
export type DataKind = "sint" | "uint" | "ull" | "rate" | "dict";

/** One data type. */
export interface DataType {
  /** Bit in the peers protocol's bitfield. */
  readonly number: number;
  readonly name: string;
  readonly kind: DataKind;
  /** Whether `store` takes an element count: `gpc(3)`. */
  readonly isArray: boolean;
  /** Whether it counts what this node has open, which no other node's value may replace. */
  readonly isLocal: boolean;
}

/** Every data type, by ascending number, which is also the order of `show table`. */
export const DATA_TYPES: readonly DataType[] = [
  dataType(0, "server_id", "sint"),
  dataType(1, "gpt0", "uint"),
  dataType(2, "gpc0", "uint"),
  dataType(3, "gpc0_rate", "rate"),
  dataType(4, "conn_cnt", "uint"),
  dataType(5, "conn_rate", "rate"),
  { ...dataType(6, "conn_cur", "uint"), isLocal: true },
  dataType(7, "sess_cnt", "uint"),
  dataType(8, "sess_rate", "rate"),
  dataType(9, "http_req_cnt", "uint"),
  dataType(10, "http_req_rate", "rate"),
  dataType(11, "http_err_cnt", "uint"),
  dataType(12, "http_err_rate", "rate"),
  dataType(13, "bytes_in_cnt", "ull"),
  dataType(14, "bytes_in_rate", "rate"),
  dataType(15, "bytes_out_cnt", "ull"),
  dataType(16, "bytes_out_rate", "rate"),
  dataType(17, "gpc1", "uint"),
  dataType(18, "gpc1_rate", "rate"),
  dataType(19, "server_key", "dict"),
  dataType(20, "http_fail_cnt", "uint"),
  dataType(21, "http_fail_rate", "rate"),
  { ...dataType(22, "gpt", "uint"), isArray: true },
  { ...dataType(23, "gpc", "uint"), isArray: true },
  { ...dataType(24, "gpc_rate", "rate"), isArray: true },
];

const byName = new Map(DATA_TYPES.map((type) => [type.name, type]));

/** The type of this name; `undefined` when HAProxy has none. */
export function dataTypeByName(name: string): DataType | undefined {
  return byName.get(name);
}

/** The type of this number; `undefined` when there is none. */
export function dataTypeByNumber(number: number): DataType | undefined {
  return DATA_TYPES[number];
}

/**
 * Where a type is found when the table does not store it by that name: HAProxy falls back from
 * `gpc0`, `gpc1`, their rates and `gpt0` to the first elements of the arrays.
 */
export function arrayAlias(
  name: string,
): { readonly name: string; readonly index: number } | undefined {
  return ARRAY_ALIASES[name];
}

const ARRAY_ALIASES: Readonly<Record<string, { readonly name: string; readonly index: number }>> = {
  gpt0: { name: "gpt", index: 0 },
  gpc0: { name: "gpc", index: 0 },
  gpc1: { name: "gpc", index: 1 },
  gpc0_rate: { name: "gpc_rate", index: 0 },
  gpc1_rate: { name: "gpc_rate", index: 1 },
};

/** The rate that counts along when this counter is incremented; `undefined` when it has none. */
export function rateOf(name: string): string | undefined {
  if (name.endsWith("_cnt")) return `${name.slice(0, -"_cnt".length)}_rate`;
  return name === "gpc0" || name === "gpc1" || name === "gpc" ? `${name}_rate` : undefined;
}

function dataType(number: number, name: string, kind: DataKind): DataType {
  return { number, name, kind, isArray: false, isLocal: false };
}
