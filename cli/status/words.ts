// Figures and foreign texts as people read them.

/** `1,204`. */
export function countWords(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 session`, `1,204 sessions`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}

/** `a, b, c and 4 more`. */
export function listWords(names: readonly string[], max: number): string {
  if (names.length <= max) return names.join(", ");
  return `${names.slice(0, max).join(", ")} and ${names.length - max} more`;
}

/**
 * A text that a terminal takes as text: Latin letters stay, whatever else could move the cursor, be
 * wide, or turn the direction becomes its number, as `\u{1b}`.
 */
export function printable(text: string): string {
  return text.replace(
    /[^\x20-\x7e\u00a1-\u00ac\u00ae-\u024f]/gu,
    (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );
}

/** Cut to a width; its end stays when `keepsEnd`, as two names often differ there. */
export function shortened(text: string, width: number, keepsEnd = false): string {
  if (text.length <= width) return text;
  if (width <= 1) return "…".slice(0, Math.max(0, width));
  if (!keepsEnd) return `${text.slice(0, width - 1)}…`;
  const tail = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** A text in lines of a width, broken at spaces; the last of `linesMax` is cut. */
export function wrapped(text: string, width: number, linesMax: number): string[] {
  const lines: string[] = [];
  let rest = text.trim();
  while (rest.length > width && lines.length < linesMax - 1) {
    const space = rest.lastIndexOf(" ", width);
    const at = space > width / 2 ? space : width;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  if (rest !== "") lines.push(shortened(rest, width));
  return lines;
}
