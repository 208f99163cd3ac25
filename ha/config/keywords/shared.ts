// Keywords that stand in global_defs as `vrrp_NAME` and in an instance as `NAME`.
import type { SharedDraft } from "../draft.ts";
import { served, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { readFlag } from "../values.ts";

type FlagField = Exclude<
  {
    [K in keyof SharedDraft]-?: SharedDraft[K] extends boolean | undefined ? K : never;
  }[keyof SharedDraft],
  undefined
>;

/** A keyword with an optional BOOL. */
export function flagKeyword<Draft extends SharedDraft>(
  name: string,
  field: FlagField,
  summary: string,
  fallback: string,
  message: (draft: Draft, text: string) => string,
): Keyword<Draft> {
  return served({
    name,
    form: "[BOOL]",
    summary,
    default: fallback,
    read: (statement, draft, context) => {
      const value = readFlag(statement, context, message(draft, shown(statement.words[1] ?? "")));
      if (value !== undefined) (draft as SharedDraft)[field] = value;
    },
  });
}
