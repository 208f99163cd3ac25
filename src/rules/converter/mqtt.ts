// MQTT (haproxy configuration §7.3.1). Both converters settle: once the first packet is whole, or
// broken, more bytes do not change their answer.
import { inspectOnce } from "../../mqtt/cached-inspection.ts";
import { findField } from "../../mqtt/field.ts";
import type { Inspection } from "../../mqtt/inspect.ts";
import type { RuleContext } from "../context.ts";
import type { ConverterDefinition } from "../definition.ts";
import type { Fetched, Sample } from "../sample.ts";

const NO_BYTES = new Uint8Array(0);

function inspect(sample: Sample, context: RuleContext): Inspection {
  return inspectOnce(sample.type === "bin" ? sample.value : NO_BYTES, context.request.bytesMax);
}

/** `mqtt_is_valid` and `mqtt_field_value`. */
export const MQTT_CONVERTERS: readonly ConverterDefinition[] = [
  {
    names: ["mqtt_is_valid"],
    args: [],
    input: "bin",
    output: "bool",
    description: "Whether the bytes begin with a valid CONNECT or CONNACK.",
    settles: true,
    make: () => (sample, context) => {
      const inspection = inspect(sample, context);
      if (inspection.kind === "need-more") return "wait";
      return { type: "bool", value: inspection.kind !== "malformed" };
    },
  },
  {
    names: ["mqtt_field_value"],
    args: [
      { name: "packet type", type: "string" },
      { name: "field name or property id", type: "string" },
    ],
    input: "bin",
    output: "str",
    description: "A field of the CONNECT or CONNACK that the bytes begin with.",
    settles: true,
    check: ([type, field]) => {
      const lookup = findField(type!, field!);
      return lookup.ok ? undefined : lookup.message;
    },
    make: ([type, field]) => {
      const lookup = findField(type!, field!);
      return (sample, context): Fetched => {
        const inspection = inspect(sample, context);
        if (inspection.kind === "need-more") return "wait";
        const value = lookup.ok ? lookup.read(inspection) : undefined;
        return value === undefined ? "none" : { type: "str", value };
      };
    },
  },
];
