// Times as lists of sessions and peers show them.
import type { Millis } from "../../base/units.ts";

const UNITS = [
  { letter: "d", seconds: 86_400 },
  { letter: "h", seconds: 3_600 },
  { letter: "m", seconds: 60 },
  { letter: "s", seconds: 1 },
] as const;

/** The two largest units that are not zero, as in `1d2h`, `3m4s` and `5s`. */
export function shortDuration(ms: Millis): string {
  let rest = Math.max(0, Math.floor(ms / 1000));
  const first = UNITS.findIndex(({ seconds }) => rest >= seconds);
  if (first < 0) return "0s";
  let text = "";
  for (const { letter, seconds } of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / seconds);
    rest %= seconds;
    if (count > 0) text += `${count}${letter}`;
  }
  return text;
}
