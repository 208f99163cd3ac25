// Counters of tracked entries (`sc_*`) and of the client's own entry (`src_*`) in stick tables
// (haproxy configuration §7.3.3). An entry that does not exist reads as 0 through `src_*` and as
// nothing through `sc_*`; a type that the table does not store reads as nothing.
import type { RuleContext, TrackedEntry } from "../context.ts";
import {
  clearCounter,
  COUNTER_READS,
  incrementCounter,
  readCounter,
  trackedIn,
} from "../counter.ts";
import type { ArgumentSpec, FetchDefinition } from "../definition.ts";
import type { Fetched, Sample } from "../sample.ts";
import { parseIp } from "../../base/ip.ts";

const TABLE: ArgumentSpec = { name: "table", type: "table", optional: true };
const COUNTER: ArgumentSpec = { name: "counter", type: "integer" };
const INDEX: ArgumentSpec = { name: "index", type: "integer" };

type Use = (entry: TrackedEntry, index: number, nowMs: number) => number | undefined;

/** One thing that can be asked of an entry, for all its `sc_`, `sc0_` and `src_` forms. */
interface Operation {
  readonly name: string;
  readonly description: string;
  readonly indexed: boolean;
  /** Makes the entry when the client has none yet (`src_inc_*`). */
  readonly creates: boolean;
  readonly use: Use;
}

function operation(name: string, description: string, use: Use, creates = false): Operation {
  return { name, description, indexed: false, creates, use };
}

function general(name: "gpc" | "gpc0" | "gpc1"): readonly Operation[] {
  const indexed = name === "gpc";
  const what = indexed ? "a general counter" : `general counter ${name.slice(3)}`;
  return [
    {
      ...operation(`get_${name}`, `The value of ${what}`, (entry, index, nowMs) =>
        readCounter(entry, name, index, nowMs),
      ),
      indexed,
    },
    {
      ...operation(
        `inc_${name}`,
        `Adds one to ${what}; its value after`,
        (entry, index, nowMs) => incrementCounter(entry, name, index, nowMs),
        true,
      ),
      indexed,
    },
    {
      ...operation(`clr_${name}`, `Clears ${what}; its value before`, (entry, index, nowMs) =>
        clearCounter(entry, name, index, nowMs),
      ),
      indexed,
    },
  ];
}

const OPERATIONS: readonly Operation[] = [
  ...COUNTER_READS.map(({ name, type, divisor, description }) =>
    operation(name, description, (entry, index, nowMs) => {
      const value = readCounter(entry, type, index, nowMs);
      return value === undefined ? undefined : Math.floor(value / divisor);
    }),
  ),
  ...general("gpc"),
  ...general("gpc0"),
  ...general("gpc1"),
  {
    ...operation("gpc_rate", "Increments of a general counter over the period", (e, i, nowMs) =>
      e.read("gpc_rate", i, nowMs),
    ),
    indexed: true,
  },
  {
    ...operation("get_gpt", "The value of a general tag", (e, i, nowMs) => e.read("gpt", i, nowMs)),
    indexed: true,
  },
  operation("get_gpt0", "The value of general tag 0", (e, i, nowMs) =>
    readCounter(e, "gpt0", i, nowMs),
  ),
];

const TRACKERS = operation("trackers", "Connections that track the entry", (e, i, nowMs) =>
  e.read("trackers", i, nowMs),
);

const UPDATE = operation(
  "updt_conn_cnt",
  "Adds one to the connections counted; the value after",
  (e, i, nowMs) => e.increment("conn_cnt", i, nowMs),
  true,
);

function int(value: number | undefined): Fetched {
  return value === undefined ? "none" : { type: "int", value };
}

function tableArgument(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function trackedFetch(
  context: RuleContext,
  use: Use,
  at: { readonly counter: number; readonly index: number; readonly table: string | undefined },
): Fetched {
  const entry = trackedIn(context, at.counter, at.table);
  return entry === undefined ? "none" : int(use(entry, at.index, context.nowMs));
}

/** `sc_<name>([index,]counter[,table])` and `sc0_<name>([index][,table])` to `sc2_<name>`. */
function trackedForms(op: Operation): readonly FetchDefinition[] {
  const shared = {
    output: "int",
    source: "table",
    description: `${op.description}, of a tracked entry.`,
  } as const;
  const index = op.indexed ? [INDEX] : [];
  const skip = index.length;
  return [
    {
      ...shared,
      names: [`sc_${op.name}`],
      args: [...index, COUNTER, TABLE],
      make: (args) => {
        const at = {
          counter: Number(args[skip]),
          index: op.indexed ? Number(args[0]) : 0,
          table: tableArgument(args[skip + 1]),
        };
        return (context) => trackedFetch(context, op.use, at);
      },
    },
    ...[0, 1, 2].map((counter): FetchDefinition => ({
      ...shared,
      names: [`sc${counter}_${op.name}`],
      args: [...index, TABLE],
      make: (args) => {
        const at = {
          counter,
          index: op.indexed ? Number(args[0]) : 0,
          table: tableArgument(args[skip]),
        };
        return (context) => trackedFetch(context, op.use, at);
      },
    })),
  ];
}

function sourceKey(context: RuleContext): Sample | undefined {
  if (context.source.kind !== "ip") return undefined;
  const bytes = parseIp(context.source.host);
  return bytes === undefined ? undefined : { type: "ip", value: bytes };
}

/** `src_<name>([index,][table])`. */
function sourceForm(op: Operation): FetchDefinition {
  const skip = op.indexed ? 1 : 0;
  return {
    names: [`src_${op.name}`],
    args: op.indexed ? [INDEX, TABLE] : [TABLE],
    output: "int",
    source: "table",
    description: `${op.description}, of the client's address.`,
    make: (args) => {
      const index = op.indexed ? Number(args[0]) : 0;
      const table = tableArgument(args[skip]);
      return (context) => {
        const key = sourceKey(context);
        if (key === undefined) return "none";
        const { tables } = context;
        let entry = tables.lookup(table, key);
        if (op.creates) entry ??= tables.lookupOrCreate?.(table, key);
        return entry === undefined ? int(0) : int(op.use(entry, index, context.nowMs));
      };
    },
  };
}

function trackedQuestion(counter: number | undefined): FetchDefinition {
  return {
    names: [counter === undefined ? "sc_tracked" : `sc${counter}_tracked`],
    args: counter === undefined ? [COUNTER, TABLE] : [TABLE],
    output: "bool",
    source: "table",
    description: "Whether the counter tracks an entry.",
    make: (args) => {
      const which = counter ?? Number(args[0]);
      const table = tableArgument(args[counter === undefined ? 1 : 0]);
      return (context) => ({
        type: "bool",
        value: trackedIn(context, which, table) !== undefined,
      });
    },
  };
}

function tableCount(
  name: string,
  description: string,
  read: (context: RuleContext, table: string | undefined) => number | undefined,
): FetchDefinition {
  return {
    names: [name],
    args: [TABLE],
    output: "int",
    source: "table",
    description,
    make: (args) => {
      const table = tableArgument(args[0]);
      return (context) => int(read(context, table));
    },
  };
}

/** Everything about stick tables. */
export const COUNTER_FETCHES: readonly FetchDefinition[] = [
  ...[...OPERATIONS, TRACKERS].flatMap(trackedForms),
  ...[...OPERATIONS, UPDATE].map(sourceForm),
  ...[undefined, 0, 1, 2].map(trackedQuestion),
  tableCount("table_cnt", "Entries in use of a table.", (c, t) => c.tables.usedCount?.(t)),
  tableCount("table_avl", "Free entries of a table.", (c, t) => c.tables.freeCount?.(t)),
];
