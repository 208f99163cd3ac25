// What a keyword is: an entry of a table that the reader, the reference page and "did you mean"
// all use.
import type { Line } from "./line.ts";

/** The sections that hold keywords. */
export type SectionKind =
  "global" | "defaults" | "frontend" | "backend" | "listen" | "peers" | "userlist" | "resolvers";

/** How a keyword counts: served, accepted without effect, or known and refused. */
export type KeywordStatus = "served" | "ignored" | "refused";

/** One keyword of a section, or a family such as `timeout` that catches unknown second words. */
export interface Keyword<Draft> {
  /** One to three words, separated by blanks. */
  readonly name: string;
  readonly sections: readonly SectionKind[];
  /** In the manual's notation, after the name. */
  readonly grammar: string;
  /** One sentence. */
  readonly summary: string;
  readonly default?: string;
  /** Whether this is a directive of Tandem, to stand behind `#tandem` in a shared file. */
  readonly ours?: true;
  readonly status: KeywordStatus;
  /** Catches second words that no two-word keyword has; not in the reference by itself. */
  readonly family?: true;
  /** `no <keyword>` is allowed; the parser is told by its third argument. */
  readonly negatable?: true;
  /** On the wrong side of a proxy: refused instead of ignored with a warning. */
  readonly strict?: true;
  /** In `defaults` only where these have a name. */
  readonly namedDefaults?: true;
  /** Ends the warning about the wrong side: "Maybe you want 'fullconn' instead ?". */
  readonly elsewhere?: string;
  /** Reads the words after the keyword. */
  readonly parse: (line: Line, draft: Draft, negated: boolean) => void;
}

/** Everything a table entry says beside its status. */
export type KeywordSpec<Draft> = Omit<Keyword<Draft>, "status">;

/** A keyword that takes effect. */
export function served<Draft>(spec: KeywordSpec<Draft>): Keyword<Draft> {
  return { ...spec, status: "served" };
}

/** Words that a section may hold and that change nothing here; `reason` is their summary. */
export function ignored<Draft>(
  sections: readonly SectionKind[],
  reason: string,
  names: readonly string[],
): readonly Keyword<Draft>[] {
  return names.map((name) => ({
    name,
    sections,
    grammar: "...",
    summary: reason,
    status: "ignored",
    negatable: true,
    parse: (line): void => {
      line.takeRest();
    },
  }));
}

/** Words that HAProxy knows and Tandem does not serve; each use is an alert with `hint`. */
export function refused<Draft>(
  sections: readonly SectionKind[],
  hint: string,
  names: readonly string[],
): readonly Keyword<Draft>[] {
  return names.map((name) => ({
    name,
    sections,
    grammar: "...",
    summary: hint,
    status: "refused",
    negatable: true,
    parse: (line): void => {
      line.alert(`'${name}' is not served by Tandem.`, { hint, word: 0 });
    },
  }));
}

/** The sections a proxy keyword may stand in, by side. */
export const ANY_PROXY: readonly SectionKind[] = ["defaults", "frontend", "backend", "listen"];
export const FRONTEND_SIDE: readonly SectionKind[] = ["defaults", "frontend", "listen"];
export const BACKEND_SIDE: readonly SectionKind[] = ["defaults", "backend", "listen"];
export const PROXY_NO_DEFAULTS: readonly SectionKind[] = ["frontend", "backend", "listen"];
export const FRONTEND_NO_DEFAULTS: readonly SectionKind[] = ["frontend", "listen"];
export const BACKEND_NO_DEFAULTS: readonly SectionKind[] = ["backend", "listen"];
