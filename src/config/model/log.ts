// Where log lines go and how they are framed.
import type { Position } from "../../base/diagnostic.ts";

/** `log <target> [len n] [format f] [sample ranges:size] facility [max [min]]` (§3.1). */
export interface LogTarget {
  readonly target:
    | { readonly kind: "udp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string }
    | { readonly kind: "fd"; readonly fd: number };
  readonly lengthMax: number;
  readonly format: LogFormatName;
  readonly sample?: {
    readonly ranges: readonly (readonly [number, number])[];
    readonly size: number;
  };
  readonly facility: string;
  readonly levelMax: LogLevel;
  readonly levelMin: LogLevel;
  readonly position: Position;
}

/** The framing of a syslog message. */
export type LogFormatName =
  "local" | "rfc3164" | "rfc5424" | "priority" | "short" | "timed" | "iso" | "raw";

/** Syslog severities, most urgent first. */
export type LogLevel = "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug";
