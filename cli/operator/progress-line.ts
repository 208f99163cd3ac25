// The text of a progress bar.
import { countWords } from "../status/words.ts";

/** How far something has come. */
export interface ProgressFacts {
  readonly title: string;
  readonly done: number;
  readonly total: number;
  /** Empty: nothing else to say. */
  readonly note: string;
}

/** `drain [######......] 120/240 the rest`. A total of 0 is reached. */
export function progressLine({ title, done, total, note }: ProgressFacts, columns: number): string {
  const share = total === 0 ? 1 : Math.max(0, Math.min(1, done / total));
  const full = Math.floor(share * columns);
  const bar = `[${"#".repeat(full)}${".".repeat(columns - full)}]`;
  const text = `${title} ${bar} ${countWords(done)}/${countWords(total)}`;
  return note === "" ? text : `${text} ${note}`;
}
