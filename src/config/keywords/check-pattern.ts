// Regular expressions of checks.

/** What is wrong with a regular expression; `undefined` for one that compiles. */
export function parseSafeRegex(pattern: string): string | undefined {
  try {
    new RegExp(pattern, "s");
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `regex '${pattern}' is invalid (${reason})`;
  }
}
