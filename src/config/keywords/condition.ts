// Conditions and expressions on a line: calls the rules language and says what HAProxy says about
// names that do not exist. An ACL has to stand before the line that uses it.
import type { Condition, SampleExpression } from "../../rules/ast.ts";
import { unknownAcls } from "../../rules/needs.ts";
import { parseCondition } from "../../rules/parse-condition.ts";
import { parseSampleExpression } from "../../rules/parse-sample.ts";
import type { Parsed } from "../../rules/parsed.ts";
import type { ProxyDraft } from "../draft.ts";
import type { Line } from "../line.ts";

/** Takes what a parser of the rules language read, or alerts with `prefix` before its message. */
export function takeParsed<T>(line: Line, result: Parsed<T>, prefix: string): T | undefined {
  if (result.ok) {
    line.seek(result.next);
    return result.value;
  }
  line.alert(`${prefix}${result.message}${/[.\n]$/.test(result.message) ? "" : "."}`, {
    ...(result.hint === undefined ? {} : { hint: result.hint }),
    ...(result.word === undefined ? {} : { word: result.word }),
  });
  line.takeRest();
  return undefined;
}

/** Takes a sample expression at the cursor. */
export function takeExpression(line: Line, prefix: string): SampleExpression | undefined {
  return takeParsed(line, parseSampleExpression(line.words, line.index), prefix);
}

/**
 * Takes `if ...` or `unless ...` to the end of the line. `"absent"` when the line is over, and
 * `undefined` after an alert.
 */
export function takeCondition(
  line: Line,
  draft: ProxyDraft,
  prefix: string,
): Condition | "absent" | undefined {
  const start = line.index;
  if (line.atEnd) return "absent";
  const condition = takeParsed(
    line,
    parseCondition(line.words, start, line.position(start)),
    prefix,
  );
  if (condition === undefined) return undefined;
  return checkAclNames(line, draft, condition, prefix) ? condition : undefined;
}

/** Alerts about the first ACL name of a condition that the section does not define. */
export function checkAclNames(
  line: Line,
  draft: ProxyDraft,
  condition: Condition | undefined,
  prefix: string,
): boolean {
  if (condition === undefined) return true;
  const acls = new Map(draft.acls.map((acl) => [acl.name ?? "", [acl]]));
  const name = unknownAcls(condition, acls).find((unknown) => !draft.brokenAcls.has(unknown));
  if (name === undefined) return true;
  const word = line.words.findIndex((text) => text.replace(/^!+/, "") === name);
  const hint = line.didYouMean(name, acls.keys());
  line.alert(`${prefix}no such ACL : '${name}'${hint === "" ? "." : hint}`, {
    ...(word < 0 ? {} : { word }),
  });
  return false;
}
