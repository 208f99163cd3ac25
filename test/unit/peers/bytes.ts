/** Bytes from hexadecimal digits with spaces and `|` between them, and quoted texts: `0a 82 | "be"`. */
export function bytes(text: string): Buffer {
  const parts = text.match(/"[^"]*"|[0-9a-f]{2}/g) ?? [];
  return Buffer.concat(
    parts.map((part) =>
      part.startsWith('"') ? Buffer.from(part.slice(1, -1), "latin1") : Buffer.from(part, "hex"),
    ),
  );
}
