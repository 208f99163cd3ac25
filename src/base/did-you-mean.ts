// "Did you mean", in the words of HAProxy's messages.
import { suggest } from "./suggest.ts";

/** HAProxy's ending of a message about an unknown word: empty, or the nearest known one. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const best = word.length < 3 || word.length > 64 ? undefined : suggest(word, candidates);
  return best === undefined ? "" : `; did you mean '${best}' maybe ?`;
}
