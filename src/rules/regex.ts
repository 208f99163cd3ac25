// Regular expressions of configurations, written for PCRE, as JavaScript's on byte strings.

/** A compiled expression, or what is wrong with it. */
export type RegexResult =
  { readonly ok: true; readonly regex: RegExp } | { readonly ok: false; readonly message: string };

/** Compiles a pattern; a leading `(?i)`, `(?s)` or `(?m)` is understood, POSIX classes as well. */
export function compileRegex(pattern: string, flags: string): RegexResult {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const body = (inline === null ? pattern : pattern.slice(inline[0].length)).replace(
    /\[:(alnum|alpha|digit|lower|upper|space|xdigit):\]/g,
    (_, name: string) => POSIX_CLASSES[name]!,
  );
  const all = [...new Set(flags + (inline?.[1] ?? ""))].join("");
  try {
    return { ok: true, regex: new RegExp(body, all) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, "") : String(error);
    return { ok: false, message: `regex '${pattern}' is invalid (error=${reason})` };
  }
}

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "A-Za-z0-9",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  upper: "A-Z",
  space: "\\s",
  xdigit: "0-9A-Fa-f",
};
