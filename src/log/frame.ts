// Puts one message into the shape that a log target asks for (haproxy configuration §4.2 `log`).
//
//   local    <134>Nov 21 01:57:53 haproxy[7926]: message
//   rfc3164  <134>Nov 21 01:57:54 host haproxy[7931]: message
//   rfc5424  <134>1 2026-11-21T01:57:54.753396+00:00 host haproxy 7936 - - message
//   priority <134>message        short <6>message         timed <6>2026-...+00:00 message
//   iso      2026-...+00:00 message                       raw   message
import { Buffer } from "node:buffer";
import { assertNever } from "../base/assert.ts";
import type { LogLevel, LogTarget } from "../config/model/log.ts";
import { formatIsoDate, formatSyslogDate, type UtcOffset } from "./date.ts";
import { facilityNumber, levelNumber } from "./level.ts";

/** One message on its way to a target. */
export interface LogMessage {
  /** Without a line feed. */
  readonly text: string;
  /** The severity to write, the target's bounds already applied. */
  readonly level: LogLevel;
  /** When it happened, ms since the epoch. */
  readonly wallMs: number;
  /** `log-tag`. */
  readonly tag: string;
  readonly pid: number;
  /** `log-send-hostname`; absent when it is not configured. */
  readonly hostName?: string;
  /** RFC 5424 structured data from `log-format-sd`. */
  readonly structuredData?: string;
}

/** What framing needs of a target. */
export type Framing = Pick<LogTarget, "format" | "lengthMax" | "facility">;

const LINE_FEED = 0x0a;

/**
 * The bytes of a message, line feed included. Header and text together are cut to `lengthMax`
 * bytes; QUIRK: with `raw` the line feed counts too, as in HAProxy. Bytes beyond Latin-1 are UTF-8.
 */
export function frameMessage(framing: Framing, message: LogMessage, offset: UtcOffset): Buffer {
  const header = headerOf(framing, message, offset);
  const bytesMax = framing.format === "raw" ? framing.lengthMax - 1 : framing.lengthMax;
  const whole = Buffer.from(`${header}${singleLine(message.text)}\n`, "utf8");
  if (whole.length <= bytesMax + 1) return whole;
  const cut = Buffer.from(whole.subarray(0, bytesMax + 1));
  cut[bytesMax] = LINE_FEED;
  return cut;
}

/** One message is one line: a line feed inside would let a peer forge a line of its own. */
function singleLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/\r/g, "\\r").replace(/\n/g, "\\n") : text;
}

function headerOf(framing: Framing, message: LogMessage, offset: UtcOffset): string {
  const { tag, pid, hostName, wallMs } = message;
  const level = levelNumber(message.level);
  const priority = facilityNumber(framing.facility) * 8 + level;
  switch (framing.format) {
    case "local":
      return `<${priority}>${formatSyslogDate(wallMs, offset)} ${tag}[${pid}]: `;
    case "rfc3164": {
      const host = hostName ?? "localhost";
      return `<${priority}>${formatSyslogDate(wallMs, offset)} ${host} ${tag}[${pid}]: `;
    }
    case "rfc5424": {
      const data = message.structuredData === undefined ? "-" : message.structuredData || "-";
      const date = formatIsoDate(wallMs, offset);
      return `<${priority}>1 ${date} ${hostName ?? "-"} ${tag} ${pid} - ${singleLine(data)} `;
    }
    case "priority":
      return `<${priority}>`;
    case "short":
      return `<${level}>`;
    case "timed":
      return `<${level}>${formatIsoDate(wallMs, offset)} `;
    case "iso":
      return `${formatIsoDate(wallMs, offset)} `;
    case "raw":
      return "";
    default:
      return assertNever(framing.format);
  }
}
