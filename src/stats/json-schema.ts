// The schema of the JSON forms: `;json` and `show stat json`, an array with an array of cells for each
// row, and `show info json`, an array of fields (haproxy management §9.3). HAProxy's own schema takes
// rows for cells and so refuses HAProxy's own statistics; this one takes those of both programs.

const TEXT = { type: "string" };

const NATURAL = { type: "integer", minimum: 0 };

/** What the letters of `show stat typed` stand for, also those that no column has. */
const TAGS = object({
  origin: words("Config", "Key", "Metric", "Product", "Status", "Unknown"),
  nature: words(
    ...["Age", "Avg", "Counter", "Duration", "Gauge", "Limit", "Max", "Min", "Name", "Output"],
    ...["Rate", "Time", "Unknown"],
  ),
  scope: words("Cluster", "Process", "Service", "System", "Unknown"),
});

const TYPED_VALUE = {
  anyOf: [
    typed("str", TEXT),
    typed("s32", { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }),
    typed("u32", { ...NATURAL, maximum: 2 ** 32 - 1 }),
    typed("s64", { type: "integer" }),
    typed("u64", NATURAL),
    // With `float`.
    typed("flt", { type: "number" }),
  ],
};

/** What a cell of a row and a field of `show info` have in common. */
const FIELD = {
  field: object({ pos: NATURAL, name: TEXT }),
  processNum: { type: "integer", minimum: 1 },
  tags: { $ref: "#/definitions/tags" },
  value: { $ref: "#/definitions/value" },
};

const CELL = object({
  objType: words("Frontend", "Backend", "Server", "Listener", "Unknown"),
  proxyId: NATURAL,
  id: NATURAL,
  ...FIELD,
});

/** The schema as text, with a line feed. */
export const JSON_SCHEMA: string = `${JSON.stringify({
  $schema: "http://json-schema.org/draft-04/schema#",
  title: "Statistics and process information in JSON",
  anyOf: [{ $ref: "#/definitions/statistics" }, { $ref: "#/definitions/information" }],
  definitions: {
    statistics: arrayOf("A row for each proxy, listener and server", {
      ...arrayOf("The cells of a row that are not empty", CELL),
      minItems: 1,
    }),
    information: arrayOf("A field for each fact about the process", object(FIELD)),
    tags: TAGS,
    value: TYPED_VALUE,
  },
})}\n`;

function words(...names: readonly string[]): object {
  return { type: "string", enum: names };
}

function arrayOf(description: string, items: object): object {
  return { description, type: "array", items };
}

/** All properties are required; others may be there. */
function object(properties: Readonly<Record<string, object>>): object {
  return { type: "object", properties, required: Object.keys(properties) };
}

function typed(type: string, value: object): object {
  return object({ type: words(type), value });
}
