// `include FILE` and its strict forms (keepalived.conf(5), "DESCRIPTION" and "include_check").

/** What counts as an error; none of them for a bare `include`. */
export type IncludeCheck = "readable" | "match" | "wildcard_match" | "brace_match";

const ALL: readonly IncludeCheck[] = ["readable", "match", "wildcard_match", "brace_match"];
const FORMS: Readonly<Record<string, readonly IncludeCheck[]>> = {
  include: [],
  includer: ["readable"],
  includem: ["readable", "match"],
  includew: ["readable", "match", "wildcard_match"],
  includeb: ["readable", "match", "brace_match"],
  includea: ALL,
};

/** One include line. */
export interface Include {
  readonly pattern: string;
  readonly checks: ReadonlySet<IncludeCheck>;
}

/** Reads an include line; `undefined` for other lines. `current` is what `include_check` set. */
export function parseInclude(
  line: string,
  current: ReadonlySet<IncludeCheck>,
): Include | undefined {
  const match = /^(include[rmwba]?)\s+(\S.*?)\s*$/.exec(line);
  const added = match === null ? undefined : FORMS[match[1]!];
  if (match === null || added === undefined) return undefined;
  const pattern = match[2]!.replace(/^(["'])(.*)\1$/, "$2");
  return { pattern, checks: new Set([...current, ...added]) };
}

/** `include_check [OPTIONS]`: names set, `+name` adds, `-name` removes; none means all. */
export function applyIncludeCheck(
  words: readonly string[],
  current: ReadonlySet<IncludeCheck>,
): ReadonlySet<IncludeCheck> | undefined {
  if (words.length === 0) return new Set(ALL);
  const isChange = words.every((word) => /^[-+]/.test(word));
  const result = new Set(isChange ? current : []);
  for (const word of words) {
    const name = ALL.find((known) => known === word.replace(/^[-+]/, ""));
    if (name === undefined) return undefined;
    if (word.startsWith("-")) result.delete(name);
    else result.add(name);
  }
  return result;
}

/** Whether it is an error that `pattern` matched nothing. */
export function mustMatch(pattern: string, checks: ReadonlySet<IncludeCheck>): boolean {
  if (/\{.*\}/.test(pattern) && checks.has("brace_match")) return true;
  if (/[*?[]/.test(pattern)) return checks.has("wildcard_match");
  return checks.has("match");
}

/** A path as seen from a folder. */
export function resolvePath(folder: string, path: string): string {
  return path.startsWith("/") || folder === "" ? path : `${folder}/${path}`;
}

/** The folder of a file; empty for a bare name. */
export function folderOf(file: string): string {
  const slash = file.lastIndexOf("/");
  return slash < 0 ? "" : slash === 0 ? "/" : file.slice(0, slash);
}
