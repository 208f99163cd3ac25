import type { StickData, StickTableSpec } from "../../../src/config/model/stick.ts";

/** A table's definition for tests: `store` as in a configuration, `gpc(2)`, `conn_rate(10000)` in ms. */
export function tableSpec(
  overrides: Partial<Omit<StickTableSpec, "store">> & { readonly store?: string } = {},
): StickTableSpec {
  const { store = "", ...rest } = overrides;
  return {
    name: "t",
    keyType: "string",
    keyLengthMax: 31,
    hasLength: false,
    size: 1000,
    noPurge: false,
    serverKey: "name",
    position: { file: "test.cfg", line: 1 },
    ...rest,
    store: store.match(/[a-z0-9_]+(\([\d,]+\))?/g)?.map(stickData) ?? [],
  };
}

function stickData(word: string): StickData {
  const match = /^(\w+?)(?:\(([\d,]+)\))?$/.exec(word)!;
  const type = match[1]!;
  const args = (match[2] ?? "").split(",").filter(Boolean).map(Number);
  if (type === "gpc_rate") return { type, count: args[0]!, periodMs: args[1]! };
  if (type === "gpc" || type === "gpt") return { type, count: args[0]! };
  return type.endsWith("_rate") ? { type, periodMs: args[0]! } : { type };
}
