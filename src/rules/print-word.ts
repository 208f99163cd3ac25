// Words of a configuration line as they have to be written, so that they are read back the same.
/* eslint-disable no-control-regex -- control characters are what must be escaped */

/** A word with the quotes and escapes that a line needs. */
export function printWord(word: string): string {
  if (word !== "" && !/[\s'"\\#$\x00-\x1f]/.test(word)) return word;
  if (!/['\x00-\x1f]/.test(word)) return `'${word}'`;
  return word.replace(/[\s'"\\#\x00-\x1f]/g, escapeCharacter);
}

function escapeCharacter(char: string): string {
  if (char === "\n") return "\\n";
  if (char === "\r") return "\\r";
  if (char === "\t") return "\\t";
  if (char < " ") return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return `\\${char}`;
}
