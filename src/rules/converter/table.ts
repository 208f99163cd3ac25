// Lookups in stick tables by the sample as the key (haproxy configuration §7.3.1). Without an
// entry counters read as 0; a type that the table does not store yields nothing.
import type { TrackedEntry } from "../context.ts";
import { COUNTER_READS, readCounter } from "../counter.ts";
import type { ArgumentSpec, ConverterDefinition } from "../definition.ts";
import type { Fetched } from "../sample.ts";

const TABLE: ArgumentSpec = { name: "table", type: "table" };
const INDEX: ArgumentSpec = { name: "index", type: "integer" };

type Read = (entry: TrackedEntry, index: number, nowMs: number) => number | undefined;

function int(value: number | undefined): Fetched {
  return value === undefined ? "none" : { type: "int", value };
}

function lookup(
  name: string,
  description: string,
  read: Read,
  isIndexed = false,
): ConverterDefinition {
  return {
    names: [`table_${name}`],
    args: isIndexed ? [INDEX, TABLE] : [TABLE],
    input: "any",
    output: "int",
    description: `${description}, of the key's entry in a table.`,
    make: (args) => {
      const index = isIndexed ? Number(args[0]) : 0;
      const table = args[isIndexed ? 1 : 0];
      return (sample, context) => {
        const entry = context.tables.lookup(table, sample);
        return int(entry === undefined ? 0 : read(entry, index, context.nowMs));
      };
    },
  };
}

function timed(name: "expire" | "idle", description: string): ConverterDefinition {
  return {
    names: [`table_${name}`],
    args: [TABLE, { name: "default", type: "integer", optional: true }],
    input: "any",
    output: "int",
    description,
    make: ([table, fallback]) => {
      const absent = fallback === undefined || fallback === "" ? undefined : Number(fallback);
      return (sample, context) => {
        const entry = context.tables.lookup(table, sample);
        return int(entry === undefined ? absent : entry.read(name, 0, context.nowMs));
      };
    },
  };
}

/** Stick table lookups. */
export const TABLE_CONVERTERS: readonly ConverterDefinition[] = [
  {
    names: ["in_table"],
    args: [TABLE],
    input: "any",
    output: "bool",
    description: "Whether a table has an entry for the key.",
    make:
      ([table]) =>
      (sample, context) => ({
        type: "bool",
        value: context.tables.lookup(table, sample) !== undefined,
      }),
  },
  ...COUNTER_READS.map(({ name, type, divisor, description }) =>
    lookup(name, description, (entry, index, nowMs) => {
      const value = readCounter(entry, type, index, nowMs);
      return value === undefined ? undefined : Math.floor(value / divisor);
    }),
  ),
  ...["gpc0", "gpc1", "gpt0"].map((name) =>
    lookup(name, `The value of ${name}`, (entry, index, nowMs) =>
      readCounter(entry, name, index, nowMs),
    ),
  ),
  ...["gpc", "gpc_rate", "gpt"].map((name) =>
    lookup(
      name,
      `An element of ${name}`,
      (entry, index, nowMs) => entry.read(name, index, nowMs),
      true,
    ),
  ),
  lookup("server_id", "The id of the server stuck to", (entry, index, nowMs) =>
    entry.read("server_id", index, nowMs),
  ),
  lookup("trackers", "The connections that track it", (entry, index, nowMs) =>
    entry.read("trackers", index, nowMs),
  ),
  timed("expire", "Milliseconds until the key's entry expires."),
  timed("idle", "Milliseconds since the key's entry was touched."),
];
