// show schema json: what `show info json` and `show stat json` look like (haproxy management §9.3).
import { JSON_SCHEMA } from "../../stats/json-schema.ts";
import { output, type RuntimeCommand } from "../command.ts";

/** The command. */
export const SHOW_SCHEMA: RuntimeCommand = {
  words: ["show", "schema", "json"],
  usage: "show schema json",
  help: "report schema used for stats",
  level: "user",
  run: () => output(JSON_SCHEMA),
};
