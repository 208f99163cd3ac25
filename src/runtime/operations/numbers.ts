// Numbers in the arguments of commands, as C's `strtol` and `strtoll` read them, except that what
// does not fit is refused or cut instead of wrapping around.

/** The largest number that commands take where HAProxy keeps an `int`. */
const INT_MAX = 2 ** 31 - 1;

/** A number at the start of a word, and what follows it; cut to 32 bits. */
export function readLeadingInteger(
  word: string,
): { readonly value: number; readonly rest: string } | undefined {
  const found = /^\s*([+-]?\d+)/.exec(word);
  if (found === null) return undefined;
  const value = Math.max(-INT_MAX - 1, Math.min(INT_MAX, Number(found[1])));
  return { value, rest: word.slice(found[0].length) };
}

/** A whole word that is a number of 32 bits; `undefined` for anything else. */
export function readInteger(word: string): number | undefined {
  if (!/^[+-]?\d{1,10}$/.test(word)) return undefined;
  const value = Number(word);
  return Math.abs(value) <= INT_MAX ? value : undefined;
}

const INT64_MAX = 2n ** 63n - 1n;

/** A whole word that is a number of 64 bits. */
export function readInteger64(word: string): bigint | undefined {
  if (!/^[+-]?\d{1,20}$/.test(word)) return undefined;
  const value = BigInt(word.replace(/^\+/, ""));
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? value : undefined;
}
