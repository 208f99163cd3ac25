// Columns of a screen: as wide as their widest cell, and where that is too much, as narrow as they may be.
import { type Line, type Piece, piece } from "./line.ts";
import { shortened } from "./words.ts";

/** A column. */
export interface Column {
  readonly title: string;
  readonly isRight?: boolean;
  /** The width to which it may be cut; without it, it is not. */
  readonly widthMin?: number;
  /** When cut, the end of a text stays. */
  readonly keepsEnd?: boolean;
}

/** Lines of a table with its titles; every row has a piece for each column. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Piece[])[],
  indent: string,
  width: number,
): Line[] {
  const widths = columnWidths(columns, rows, width - indent.length);
  const line = (cells: readonly Piece[]): Line => [
    piece(indent),
    ...columns.flatMap((column, at) => {
      const { text, tone } = cells[at] ?? { text: "" };
      const cut = shortened(text, widths[at]!, column.keepsEnd);
      const isLast = at === columns.length - 1;
      const padded =
        column.isRight === true
          ? cut.padStart(widths[at]!)
          : isLast
            ? cut
            : cut.padEnd(widths[at]!);
      return isLast ? [piece(padded, tone)] : [piece(padded, tone), piece("  ")];
    }),
  ];
  return [line(columns.map(({ title }) => piece(title, "dim"))), ...rows.map(line)];
}

function columnWidths(
  columns: readonly Column[],
  rows: readonly (readonly Piece[])[],
  width: number,
): number[] {
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...rows.map((cells) => cells[at]?.text.length ?? 0)),
  );
  let excess = widths.reduce((sum, one) => sum + one + 2, -2) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [at, { widthMin }] of columns.entries()) {
      if (widthMin === undefined || widths[at]! <= widthMin) continue;
      if (widest < 0 || widths[at]! > widths[widest]!) widest = at;
    }
    if (widest < 0) break;
    widths[widest]!--;
    excess--;
  }
  return widths;
}
