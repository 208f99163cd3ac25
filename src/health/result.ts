// What one check found. Codes are those of the `check_status` column of the statistics
// (haproxy management guide §9.1).
import type { Millis } from "../base/units.ts";

/** A check's verdict by layer; HANA is a verdict drawn from client traffic (`observe`). */
export type CheckCode =
  | "UNK"
  | "INI"
  | "CHECKED"
  | "HANA"
  | "SOCKERR"
  | "L4OK"
  | "L4TOUT"
  | "L4CON"
  | "L6OK"
  | "L6TOUT"
  | "L6RSP"
  | "L7TOUT"
  | "L7RSP"
  | "L7OK"
  | "L7OKC"
  | "L7STS";

/** The outcome of one check. */
export interface CheckReport {
  /** True also for a conditional pass (`L7OKC`), which stops new sessions but keeps the server. */
  readonly ok: boolean;
  readonly code: CheckCode;
  /** The HTTP status or the agent's code, where the code says one was read. */
  readonly status?: number;
  /** What HAProxy shows as `last_chk` and as `info` in its logs; may be empty. */
  readonly info: string;
  /** From the start of the check to its verdict; -1 when nothing was measured. */
  readonly durationMs: Millis;
  /** Of an MQTT check that has passed: what the broker took for the answer that it was judged by. */
  readonly answerMs?: Millis;
}

/** The long text of each code, as logs and the statistics page word it. */
const DESCRIPTIONS: Readonly<Record<CheckCode, string>> = {
  UNK: "Unknown",
  INI: "Initializing",
  CHECKED: "No status change",
  HANA: "Health analyze",
  SOCKERR: "Socket error",
  L4OK: "Layer4 check passed",
  L4TOUT: "Layer4 timeout",
  L4CON: "Layer4 connection problem",
  L6OK: "Layer6 check passed",
  L6TOUT: "Layer6 timeout",
  L6RSP: "Layer6 invalid response",
  L7TOUT: "Layer7 timeout",
  L7RSP: "Layer7 invalid response",
  L7OK: "Layer7 check passed",
  L7OKC: "Layer7 check conditionally passed",
  L7STS: "Layer7 wrong status",
};

/** Describes a code in words, for example "Layer4 timeout". */
export function describeCode(code: CheckCode): string {
  return DESCRIPTIONS[code];
}

/** Whether a code stands for an answer that was read and understood, which has a number with it. */
export function isDataCode(code: CheckCode): boolean {
  return code === "L7OK" || code === "L7OKC" || code === "L7STS";
}

/** Whether a code lets the server pass. `CHECKED` and the initial codes decide nothing. */
export function isPassingCode(code: CheckCode): boolean {
  return code === "L4OK" || code === "L6OK" || code === "L7OK" || code === "L7OKC";
}

/** Recognises a code as `ok-status` and its kin spell it. */
export function parseCheckCode(text: string): CheckCode | undefined {
  return text in DESCRIPTIONS ? (text as CheckCode) : undefined;
}
