// The usual forms of an instance's keywords.
import type { Statement } from "../blocks.ts";
import type { InstanceDraft } from "../draft.ts";
import { served, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { readInteger } from "../values.ts";

/** A keyword without arguments. */
export function flagWord(
  name: string,
  summary: string,
  set: (draft: InstanceDraft) => void,
): Keyword<InstanceDraft> {
  return served({ name, form: "", summary, read: (_statement, draft) => set(draft) });
}

/** A keyword with one whole number. */
export function integerWord(
  name: string,
  form: string,
  bounds: readonly [least: number, most: number],
  summary: string,
  fallback: string,
  message: (draft: InstanceDraft, text: string) => string,
  set: (draft: InstanceDraft, value: number, statement: Statement) => void,
): Keyword<InstanceDraft> {
  return served({
    name,
    form,
    summary,
    default: fallback,
    needs: 1,
    read: (statement, draft, context) => {
      const text = statement.words[1]!;
      const fault = message(draft, shown(text));
      const value = readInteger(text, ...bounds, fault, statement.position, context);
      if (value !== undefined) set(draft, value, statement);
    },
  });
}
