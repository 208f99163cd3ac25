// The kinds of values: numbers, times, booleans, addresses (keepalived.conf(5), "PARAMETER SYNTAX").
import type { Position } from "../../src/base/diagnostic.ts";
import type { Millis } from "../../src/base/units.ts";
import type { Statement } from "./blocks.ts";
import type { Context } from "./context.ts";
import { shown } from "./report.ts";

const TRUE: ReadonlySet<string> = new Set(["on", "true", "yes"]);
const FALSE: ReadonlySet<string> = new Set(["off", "false", "no"]);

/** A BOOL, lower case only; `undefined` for other words. */
export function parseBool(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/** An optional BOOL behind a keyword: true without one. Another word is reported by `message`. */
export function readFlag(
  statement: Statement,
  context: Context,
  message: string,
): boolean | undefined {
  const text = statement.words[1];
  if (text === undefined) return true;
  const value = parseBool(text);
  if (value === undefined) {
    const hint = "Expected on, off, true, false, yes or no, in lower case.";
    context.error(message, statement.position, hint);
  }
  return value;
}

/** A whole number of [least, most]; otherwise two findings as Keepalived's and `undefined`. */
export function readInteger(
  text: string,
  least: number,
  most: number,
  message: string,
  position: Position,
  context: Context,
): number | undefined {
  const fault = numberFault(text, /^[-+]?\d{1,15}$/, least, most, String);
  if (fault === undefined) return Number(text);
  context.error(fault, position);
  context.error(message, position);
  return undefined;
}

/** Decimal seconds of [least, most], with the resolution of 1 µs, in ms. */
export function readSeconds(
  text: string,
  least: number,
  most: number,
  message: string,
  position: Position,
  context: Context,
): Millis | undefined {
  const form = /^[-+]?(?:\d{1,12}\.?\d{0,12}|\.\d{1,12})$/;
  const fault = numberFault(text, form, least, most, (value) => value.toFixed(6));
  if (fault === undefined) return secondsToMillis(Number(text));
  context.error(fault, position);
  context.error(message, position);
  return undefined;
}

/** Seconds as ms, exact to the µs. */
export function secondsToMillis(seconds: number): Millis {
  return Math.round(seconds * 1_000_000) / 1_000;
}

function numberFault(
  text: string,
  form: RegExp,
  least: number,
  most: number,
  print: (value: number) => string,
): string | undefined {
  if (!form.test(text)) return `invalid number '${shown(text)}'`;
  const value = Number(text);
  if (value < 0 && least >= 0) return `negative number '${shown(text)}'`;
  if (value >= least && value <= most) return undefined;
  return `number '${shown(text)}' outside range [${print(least)}, ${print(most)}]`;
}

/** A duration in a directive of Tandem: `300ms`, `2s`, `1.5s`, a bare number of ms. */
export function parseDuration(text: string): Millis | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(us|ms|s|m|h)?$/.exec(text);
  if (match === null) return undefined;
  const scale = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  return Number(match[1]) * scale[(match[2] ?? "ms") as keyof typeof scale];
}
