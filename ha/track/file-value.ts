// The number in a tracked file.

const NUMBER = /^\s*([+-]?\d{1,10})\s*$/;
const VALUE_MAX = 2_147_483_647;

/** Reads it; `undefined` when the text is no number of 32 bits (keepalived.conf(5), "track_file"). */
export function parseFileValue(text: string): number | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]);
  return Math.abs(value) > VALUE_MAX ? undefined : value;
}
