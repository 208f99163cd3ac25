// A check of values by a JSON schema of draft 4.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";

/** Reads a schema; the function it gives says what is wrong with a value, or nothing. */
export function schemaCheck(schema: string): (value: unknown) => string {
  const ajv = new Ajv({ schemaId: "auto", meta: false });
  const draft4 = createRequire(import.meta.url).resolve("ajv/lib/refs/json-schema-draft-04.json");
  ajv.addMetaSchema(JSON.parse(readFileSync(draft4, "utf8")) as object);
  const validate = ajv.compile(JSON.parse(schema) as object);
  return (value) => (validate(value) === true ? "" : ajv.errorsText(validate.errors));
}
