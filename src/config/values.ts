// Numbers, times and sizes as configuration words (haproxy configuration §2.5).
import { MILLIS_MAX } from "../base/units.ts";
import type { Millis } from "../base/units.ts";

/** A value, or why the word is none. */
export type Value<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly kind: "character"; readonly character: string }
  | { readonly ok: false; readonly kind: "overflow" | "underflow" };

const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time such as `10`, `10s` or `3h`, in ms; a number alone counts in `unit`. */
export function parseTime(word: string, unit: "ms" | "s" = "ms"): Value<Millis> {
  const match = /^(\d+)(.*)$/s.exec(word);
  if (match === null) return { ok: false, kind: "character", character: word[0] ?? "" };
  const suffix = match[2]!;
  const factor = suffix === "" ? UNIT_MS[unit] : UNIT_MS[suffix];
  if (factor === undefined) return { ok: false, kind: "character", character: badUnit(suffix) };
  const count = Number(match[1]);
  const valueMs = factor < 1 ? Math.ceil(count * factor) : count * factor;
  if (factor < 1 && count > 0 && count * factor < 1) return { ok: false, kind: "underflow" };
  if (valueMs > MILLIS_MAX) return { ok: false, kind: "overflow" };
  return { ok: true, value: valueMs };
}

/** The first character of a suffix that cannot belong to a unit. */
function badUnit(suffix: string): string {
  const known = Object.keys(UNIT_MS).find((unit) => suffix.startsWith(unit));
  return suffix[known?.length ?? 0] ?? suffix[0]!;
}

/** A size such as `100`, `64k`, `1m` or `2g`; the units are powers of 1024. */
export function parseSize(word: string): Value<number> {
  const match = /^(\d+)(.*)$/s.exec(word);
  if (match === null) return { ok: false, kind: "character", character: word[0] ?? "" };
  const suffix = match[2]!;
  const shift = "kmg".indexOf((suffix[0] ?? "k").toLowerCase());
  if (shift < 0) return { ok: false, kind: "character", character: suffix[0]! };
  if (suffix.length > 1) return { ok: false, kind: "character", character: suffix[1]! };
  const value = Number(match[1]) * (suffix === "" ? 1 : 1024 ** (shift + 1));
  return value > 0xffffffff ? { ok: false, kind: "overflow" } : { ok: true, value };
}

/** A whole number without sign, below 2^31; `undefined` for anything else. */
export function parseNatural(word: string | undefined): number | undefined {
  if (word === undefined || !/^\d{1,10}$/.test(word)) return undefined;
  const value = Number(word);
  return value <= 0x7fffffff ? value : undefined;
}

/** Says what is wrong with a time or size that was the argument `word` of `subject`. */
export function valueProblem(
  problem: Exclude<Value<number>, { ok: true }>,
  word: string,
  subject: string,
): string {
  switch (problem.kind) {
    case "character":
      return `unexpected character '${problem.character}' in ${subject}`;
    case "overflow":
      return (
        `timer overflow in argument '${word}' to ${subject} ` +
        `(maximum value is ${MILLIS_MAX} ms or ~24.8 days)`
      );
    case "underflow":
      return `timer underflow in argument '${word}' to ${subject} (minimum non-null value is 1 ms)`;
  }
}
