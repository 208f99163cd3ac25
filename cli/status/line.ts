// Lines of a screen: pieces of text with a meaning each, cut to a width before they are coloured.
import { styleText } from "node:util";

/** What a piece of text means. */
export type Tone = "good" | "bad" | "warn" | "dim" | "title";

/** A piece of a line. */
export interface Piece {
  readonly text: string;
  readonly tone?: Tone;
}

/** One line, without its end. */
export type Line = readonly Piece[];

/** A piece; without a tone it is plain. */
export function piece(text: string, tone?: Tone): Piece {
  return tone === undefined ? { text } : { text, tone };
}

/** The pieces that fit, the last one cut. Texts are one column a character: see `printable`. */
export function fitted(line: Line, width: number): Line {
  const length = line.reduce((sum, { text }) => sum + text.length, 0);
  if (length <= width) return line;
  const kept: Piece[] = [];
  let left = width;
  for (const { text, tone } of line) {
    // One column is kept for the sign that something is missing.
    if (text.length >= left) {
      kept.push(piece(`${text.slice(0, Math.max(0, left - 1))}…`, tone));
      break;
    }
    kept.push(piece(text, tone));
    left -= text.length;
  }
  return kept;
}

const FORMATS = {
  good: "green",
  bad: ["red", "bold"],
  warn: "yellow",
  dim: "gray",
  title: "bold",
} as const;

/** The lines as a terminal takes them, each with its end. */
export function paint(lines: readonly Line[], width: number, hasColours: boolean): string {
  return lines
    .map((line) => {
      const text = fitted(line, width)
        .map(({ text, tone }) => (hasColours && tone !== undefined ? coloured(text, tone) : text))
        .join("");
      return `${hasColours ? text : text.trimEnd()}\n`;
    })
    .join("");
}

function coloured(text: string, tone: Tone): string {
  const format = FORMATS[tone];
  return styleText(typeof format === "string" ? format : [...format], text, {
    // Whether there are colours has been decided: not every Node would look at the same things.
    validateStream: false,
  });
}
