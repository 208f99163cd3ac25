// From the command line's words on logging to a form of the log.
import type { AgentOptions } from "../agent-options.ts";
import type { LogForm } from "./log/log.ts";

/** Syslog facility "daemon" (RFC 5424 §6.2.1). */
const FACILITY_DAEMON = 3;

/** The log that the options ask for. `ident` is the name in syslog lines. */
export function logForm(
  options: Pick<AgentOptions, "logs" | "logFile" | "syslogFacility">,
  ident: string,
): LogForm {
  if (options.logFile !== undefined) return { kind: "file", path: options.logFile };
  if (options.logs !== "syslog") return { kind: options.logs };
  return { kind: "syslog", ident, facility: options.syslogFacility ?? FACILITY_DAEMON };
}
