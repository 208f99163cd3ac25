// show schema json: the shape of `show info json` and `show stat json` (haproxy management §9.3).
// Programs compare it with HAProxy's, so it is the same, its oddities included.
import { output, type RuntimeCommand } from "../command.ts";

/** The command. */
export const SHOW_SCHEMA: RuntimeCommand = {
  words: ["show", "schema", "json"],
  usage: "show schema json",
  help: "report schema used for stats",
  level: "user",
  run: () => output(`${JSON.stringify(SCHEMA)}\n`),
};

const INTEGER = { type: "integer", minimum: 0 };

const TEXT = { type: "string" };

function reference(name: string): unknown {
  return { $ref: `#/definitions/${name}` };
}

function words(...names: string[]): unknown {
  return { type: "string", enum: [...names, "Unknown"] };
}

function item(title: string, properties: object, required: readonly string[]): unknown {
  return {
    title,
    type: "array",
    items: { title: "InfoItem", type: "object", properties, required },
  };
}

function typedValue(type: string, value: object): unknown {
  const properties = { type: { type: "string", enum: [type] }, value };
  return { properties, required: ["type", "value"] };
}

function integers(type: string, minimum: number, maximum: number): unknown {
  return typedValue(type, { type: "integer", minimum, maximum });
}

const VALUE_TYPES = ["s32Value", "s64Value", "u32Value", "u64Value", "strValue"];

const ITEM_PARTS = {
  field: reference("field"),
  processNum: reference("processNum"),
  tags: reference("tags"),
};

const SCHEMA = {
  $schema: "http://json-schema.org/draft-04/schema#",
  oneOf: [
    item("Info", { ...ITEM_PARTS, value: reference("typedValue") }, [
      "field",
      "processNum",
      "tags",
      "value",
    ]),
    item(
      "Stat",
      {
        objType: { enum: ["Frontend", "Backend", "Listener", "Server", "Unknown"] },
        proxyId: INTEGER,
        id: INTEGER,
        ...ITEM_PARTS,
        typedValue: reference("typedValue"),
      },
      ["objType", "proxyId", "id", "field", "processNum", "tags", "value"],
    ),
    { title: "Error", type: "object", properties: { errorStr: TEXT }, required: ["errorStr"] },
  ],
  definitions: {
    field: { type: "object", pos: INTEGER, name: TEXT, required: ["pos", "name"] },
    processNum: { type: "integer", minimum: 1 },
    tags: {
      type: "object",
      origin: words("Metric", "Status", "Key", "Config", "Product"),
      nature: words(
        ...["Gauge", "Limit", "Min", "Max", "Rate", "Counter", "Duration", "Age", "Time"],
        ...["Name", "Output", "Avg"],
      ),
      scope: words("Cluster", "Process", "Service", "System"),
      required: ["origin", "nature", "scope"],
    },
    typedValue: {
      type: "object",
      oneOf: VALUE_TYPES.map((name) => reference(`typedValue/definitions/${name}`)),
      definitions: {
        s32Value: integers("s32", -2_147_483_648, 2_147_483_647),
        s64Value: integers("s64", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
        u32Value: integers("u32", 0, 4_294_967_295),
        u64Value: integers("u64", 0, Number.MAX_SAFE_INTEGER),
        strValue: typedValue("str", TEXT),
        unknownValue: {
          properties: { type: INTEGER, value: { type: "string", enum: ["unknown"] } },
          required: ["type", "value"],
        },
      },
    },
  },
};
