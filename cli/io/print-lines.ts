// Prints lines as wide as the terminal, and coloured where a person reads them.
import type { Output } from "../output.ts";
import { type Line, paint } from "../status/line.ts";
import { isTerminal, screenSize } from "./watch-screen.ts";

/** Makes lines for the terminal's width and prints them. */
export function printLines(output: Output, make: (width: number) => readonly Line[]): void {
  const { columns } = screenSize();
  output.out(paint(make(columns), columns, mayColour(process.env, isTerminal())));
}

/** Colours are for a person's terminal, unless the environment says otherwise (no-color.org). */
export function mayColour(
  environment: Readonly<Record<string, string | undefined>>,
  isForPerson: boolean,
): boolean {
  return isForPerson && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
}
