// Texts that strangers chose, as client identifiers, so that each character is seen for what it is:
// what has no shape, moves the line or turns the direction of reading is shown by its number.

/** Controls, separators of lines, marks of direction and of zero width, lone surrogates, private use. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** Blanks that are no blank: a name of one that looks like another's. */
const ODD_BLANKS = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800\u3164]/gu;

/** The text with what cannot be seen as `\u{202e}`; the backslash itself stays. */
export function shownText(text: string): string {
  return text.replace(UNSEEN, numbered).replace(ODD_BLANKS, numbered);
}

function numbered(char: string): string {
  return `\\u{${char.codePointAt(0)!.toString(16)}}`;
}
