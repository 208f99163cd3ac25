// What is said about clients that the system refuses. A crowd that is turned away must not fill the
// log as well: one line a while tells how many they were.
import type { Millis } from "../base/units.ts";
import { ACCEPT_FAILURE_NOTICE_MS } from "../limits.ts";

/** One line about refused clients. */
export interface AcceptFailureNotice {
  /** Clients refused since the last line, this one included. */
  readonly refusedCount: number;
  readonly text: string;
}

interface Told {
  untoldCount: number;
  nextMs: Millis;
}

/** Counts refusals and says when they are worth a line. */
export class AcceptFailures {
  readonly #told = new Map<string, Told>();

  /** A client of this frontend was refused; the line that is due, if any. */
  note(frontend: string, code: string, nowMs: Millis): AcceptFailureNotice | undefined {
    const told = this.#told.get(frontend) ?? { untoldCount: 0, nextMs: -Infinity };
    this.#told.set(frontend, told);
    told.untoldCount++;
    if (nowMs < told.nextMs) return undefined;
    const refusedCount = told.untoldCount;
    told.untoldCount = 0;
    told.nextMs = nowMs + ACCEPT_FAILURE_NOTICE_MS;
    return { refusedCount, text: `Proxy ${frontend} ${describe(code)}` };
  }
}

/** HAProxy's words for each cause, as its users search for them. */
function describe(code: string): string {
  switch (code) {
    case "EMFILE":
      return "reached process FD limit. Please raise it (LimitNOFILE, 'ulimit -n') or lower 'maxconn'.";
    case "ENFILE":
      return "reached system FD limit. Please check system tunables (fs.file-max).";
    case "ENOBUFS":
    case "ENOMEM":
      return "reached system memory limit. Please check system tunables.";
    default:
      return `cannot accept connections (${code}).`;
  }
}
