// `%[...]` in log formats: the rules language, evaluated when the line is written.
import { Buffer } from "node:buffer";
import { compileSample } from "../rules/compile.ts";
import type { RuleContext } from "../rules/context.ts";
import { sampleText } from "../rules/convert.ts";
import { parseSampleExpression } from "../rules/parse-sample.ts";
import type { LogSample } from "./format.ts";

/**
 * Compiles a sample for `compileLogFormat`; the context that its `render` gets must be a
 * `RuleContext`. Bytes that a client sent appear as the UTF-8 text that they are.
 */
export function compileLogSample(expression: string): LogSample | { readonly error: string } {
  const parsed = parseSampleExpression([expression], 0);
  if (!parsed.ok) return { error: parsed.message };
  const evaluate = compileSample(parsed.value);
  return (context) => {
    const fetched = evaluate(context as RuleContext);
    if (fetched === "none" || fetched === "wait") return undefined;
    return Buffer.from(sampleText(fetched), "latin1").toString("utf8");
  };
}
