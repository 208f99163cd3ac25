/**
 * What a parser of the rules language yields: a value and the index of the first word it did not
 * take, or a message in HAProxy's wording. `word` is the index of the word at fault, `hint` what
 * the user can write instead.
 */
export type Parsed<T> =
  { readonly ok: true; readonly value: T; readonly next: number } | ParseFailure;

/** A parser's refusal. */
export interface ParseFailure {
  readonly ok: false;
  readonly message: string;
  readonly hint?: string;
  readonly word?: number;
}

/** Builds a `Parsed` success. */
export function parsed<T>(value: T, next: number): Parsed<T> {
  return { ok: true, value, next };
}

/** Builds a `Parsed` refusal; an absent hint is left out. */
export function refused(message: string, word?: number, hint?: string): ParseFailure {
  return {
    ok: false,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(word === undefined ? {} : { word }),
  };
}
