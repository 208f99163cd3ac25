// show info [desc|json|typed|float]* (haproxy management §9.3)
import { describeTags, PROCESS_NUMBER } from "../../stats/json.ts";
import {
  type Answer,
  type CommandCall,
  output,
  type RuntimeCommand,
  type RuntimeContext,
} from "../command.ts";
import { FLOAT_TAGS, INFO_FIELDS, type InfoField } from "./info-fields.ts";

/** The command. */
export const SHOW_INFO: RuntimeCommand = {
  words: ["show", "info"],
  usage: "show info [desc|json|typed|float]*",
  help: "report information about the running process",
  level: "user",
  run: showInfo,
};

interface Filled {
  readonly field: InfoField;
  readonly value: string | number;
  readonly tags: string;
  readonly type: string;
}

function showInfo({ args, nowMs }: CommandCall, context: RuntimeContext): Answer {
  const isFloat = args.includes("float");
  const isDescribed = args.includes("desc");
  const filled = INFO_FIELDS.flatMap((field): Filled[] => {
    const value = field.value(context, nowMs, isFloat);
    if (value === undefined) return [];
    const tags = isFloat ? FLOAT_TAGS.get(field.name) : undefined;
    if (tags === undefined) return [{ field, value, tags: field.tags, type: field.type }];
    return [{ field, value, tags, type: "flt" }];
  });
  if (args.includes("json")) return output(`${JSON.stringify(filled.map(jsonItem))}\n`);
  const line = args.includes("typed") ? typedLine : plainLine;
  const lines = filled.map((each) => {
    const end = isDescribed ? `:"${each.field.description}"` : "";
    return `${line(each)}${end}\n`;
  });
  return output(lines.join(""));
}

function plainLine({ field, value }: Filled): string {
  return `${field.name}: ${value}`;
}

function typedLine({ field, value, tags, type }: Filled): string {
  const { position, name } = field;
  return `${position}.${name}.${PROCESS_NUMBER}:${tags}:${type}:${value}`;
}

function jsonItem({ field, value, tags, type }: Filled): unknown {
  return {
    field: { pos: field.position, name: field.name },
    processNum: PROCESS_NUMBER,
    tags: describeTags(tags),
    value: { type, value },
  };
}
