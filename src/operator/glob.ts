// Patterns of names as a shell knows them: `*` is any text, `?` one character, all else itself.

/** Whether a pattern has characters that stand for others. */
export function isGlob(pattern: string): boolean {
  return pattern.includes("*") || pattern.includes("?");
}

/**
 * A test of texts. Each `*` is tried from the left and never again once a later one has begun, so that
 * the time is bounded by the product of both lengths, whatever a stranger calls itself.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  if (!isGlob(pattern)) return (text) => text === pattern;
  return (text) => matches(pattern, text);
}

function matches(pattern: string, text: string): boolean {
  let at = 0;
  let patternAt = 0;
  let starAt = -1;
  let starTextAt = 0;
  while (at < text.length) {
    const wanted = pattern[patternAt];
    if (wanted === "*") {
      starAt = patternAt;
      starTextAt = at;
      patternAt += 1;
    } else if (wanted === "?" || (wanted !== undefined && wanted === text[at])) {
      patternAt += 1;
      at += 1;
    } else if (starAt >= 0) {
      starTextAt += 1;
      at = starTextAt;
      patternAt = starAt + 1;
    } else return false;
  }
  while (pattern[patternAt] === "*") patternAt += 1;
  return patternAt === pattern.length;
}
