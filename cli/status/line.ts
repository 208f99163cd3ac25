// Lines of a screen: pieces of text with a meaning each, cut to a width before they are coloured.
import { styleText } from "node:util";
import { shortened } from "./words.ts";

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
  const kept: Piece[] = [];
  let left = width;
  for (const [at, { text, tone }] of line.entries()) {
    const isLast = at === line.length - 1;
    if (text.length < left || (isLast && text.length === left)) {
      kept.push(piece(text, tone));
      left -= text.length;
      continue;
    }
    kept.push(
      piece(
        text.length === left && !isLast ? `${text.slice(0, -1)}…` : shortened(text, left),
        tone,
      ),
    );
    break;
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
