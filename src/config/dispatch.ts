// Gives a line to the parser of its keyword, after the checks that all keywords share: negation,
// the section's side, and what `defaults` may hold.
import type { ProxyDraft } from "./draft.ts";
import type { Keyword, SectionKind } from "./keyword.ts";
import type { Line } from "./line.ts";
import { findKeyword, firstWords } from "./tables.ts";
import type { KeywordTable } from "./tables.ts";

const NOT_NEGATABLE =
  "negation/default currently supported only for options, log, busy-polling, set-dumpable, " +
  "strict-limits, insecure-fork-wanted and numa-cpu-mapping.";

/** Reads one line of a section that is no proxy; `label` is its name in messages. */
export function dispatchLine<Draft>(
  line: Line,
  draft: Draft,
  keywords: KeywordTable<Draft>,
  label: string,
): void {
  const found = resolveKeyword(line, keywords, label);
  found?.keyword.parse(line, draft, found.negated);
}

/** Reads one line of a proxy section. */
export function dispatchProxyLine(
  line: Line,
  draft: ProxyDraft,
  keywords: KeywordTable<ProxyDraft>,
): void {
  const found = resolveKeyword(line, keywords, draft.kind);
  if (found === undefined) return;
  const { keyword, negated } = found;
  if (keyword.family === undefined && !isAllowed(line, draft, keyword)) {
    line.takeRest();
    return;
  }
  keyword.parse(line, draft, negated);
}

/** Finds the keyword and leaves the cursor behind it. */
function resolveKeyword<Draft>(
  line: Line,
  keywords: KeywordTable<Draft>,
  label: string,
): { readonly keyword: Keyword<Draft>; readonly negated: boolean } | undefined {
  const prefixed = line.words[0] === "no" || line.words[0] === "default";
  const negated = line.words[0] === "no";
  const offset = prefixed ? 1 : 0;
  const words = line.words.slice(offset);
  const keyword = findKeyword(keywords, words);
  const first = words[0] ?? "";
  if (keyword === undefined) {
    if (prefixed) line.alert(NOT_NEGATABLE, { word: 0 });
    if (first.startsWith("tune.")) return undefined;
    const near = line.didYouMean(first, firstWords(keywords));
    line.alert(`unknown keyword '${first}' in '${label}' section${near}`, { word: offset });
    return undefined;
  }
  if (prefixed && keyword.negatable === undefined) {
    line.alert(
      first === "option"
        ? `negation/default is not supported for option '${words[1] ?? ""}'.`
        : NOT_NEGATABLE,
      { word: 0 },
    );
    return undefined;
  }
  // `default option x` says what holds anyway.
  if (prefixed && !negated) return undefined;
  line.seek(offset + keyword.name.split(" ").length);
  return { keyword, negated };
}

/** Whether a keyword may stand in this section; says what HAProxy says if not. */
function isAllowed(line: Line, draft: ProxyDraft, keyword: Keyword<ProxyDraft>): boolean {
  const options = { word: 0 };
  const label = keyword.name.replace(/^option /, "");
  if (draft.kind === "defaults") {
    if (!keyword.sections.includes("defaults")) {
      line.alert(`'${label}' not allowed in 'defaults' section.`, options);
      return false;
    }
    if (keyword.namedDefaults === true && draft.name === "") {
      line.alert(`'${label}' not allowed in anonymous 'defaults' section.`, options);
      return false;
    }
    return true;
  }
  if (keyword.sections.includes(draft.kind)) return true;
  const side: SectionKind = draft.kind === "frontend" ? "backend" : "frontend";
  const because = `because ${draft.kind} '${draft.name}' has no ${side} capability.`;
  const ending = keyword.elsewhere === undefined ? "" : ` ${keyword.elsewhere}`;
  if (keyword.strict === true) line.alert(`'${label}' not allowed ${because}`, options);
  else if (keyword.name.startsWith("timeout ")) {
    line.warn(`'${label}' will be ignored ${because.slice(0, -1)}`, options);
  } else line.warn(`'${label}' ignored ${because}${ending}`, options);
  return false;
}
