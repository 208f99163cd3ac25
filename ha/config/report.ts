// Findings about a keepalived.conf, and what `keepalived -t` would end with because of them.
import type { Diagnostic, Position, Severity } from "../../src/base/diagnostic.ts";
import { CONFIG_FINDINGS_MAX, CONFIG_QUOTED_CHARS_MAX } from "../limits.ts";

/** What `keepalived -t` exits with; 2 is a line that Keepalived cannot go on after. */
export type CheckExitCode = 0 | 2 | 4 | 5 | 6;

/**
 * How much a finding counts. Keepalived runs on after an `error` and only its check fails;
 * `refused` is an error with which its daemon does not start. A `fatal` one ends the reading
 * there, `missing` is a file that a strict include wants. `security`: scripts without
 * `enable_script_security`. `ours` is a mistake in a directive of Tandem. `note` and `hint` change
 * nothing in Keepalived.
 */
export type Weight =
  "fatal" | "missing" | "refused" | "ours" | "security" | "error" | "note" | "hint";

const SEVERITIES: Readonly<Record<Weight, Severity>> = {
  fatal: "alert",
  missing: "alert",
  refused: "alert",
  ours: "alert",
  security: "warning",
  error: "warning",
  note: "warning",
  hint: "notice",
};

/** A bounded list of findings; the same one at the same place is kept once. */
export class Report {
  readonly #findings: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  readonly #weights = new Set<Weight>();

  /** In the order in which they were found. */
  get findings(): readonly Diagnostic[] {
    return this.#findings;
  }

  /** Whether a daemon may start. */
  get isUsable(): boolean {
    return !(["fatal", "missing", "refused", "ours"] as const).some((one) =>
      this.#weights.has(one),
    );
  }

  /** Whether the rest of the file is not to be read. */
  get isFatal(): boolean {
    return this.#weights.has("fatal") || this.#weights.has("missing");
  }

  /** Measured with Keepalived 2.2.7: the worst finding wins. */
  get exitCode(): CheckExitCode {
    const has = (weight: Weight): boolean => this.#weights.has(weight);
    if (has("fatal")) return 2;
    if (has("missing")) return 6;
    if (has("refused")) return 5;
    if (has("security")) return 6;
    return has("error") || has("ours") ? 5 : 0;
  }

  /** Notes one finding; beyond the bound only its weight. */
  add(weight: Weight, message: string, position?: Position, hint?: string): void {
    this.#weights.add(weight);
    const place = position === undefined ? "" : `${position.file}:${position.line}`;
    const key = `${place} ${message}`;
    if (this.#findings.length >= CONFIG_FINDINGS_MAX || this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#findings.push({
      severity: SEVERITIES[weight],
      message,
      ...(position === undefined ? {} : { position }),
      ...(hint === undefined ? {} : { hint }),
    });
    if (this.#findings.length === CONFIG_FINDINGS_MAX - 1) {
      this.add("error", `more than ${CONFIG_FINDINGS_MAX - 2} findings, the rest is not shown`);
    }
  }
}

/** A user's word for a message: control characters shown as `?`, cut when long. */
export function shown(text: string): string {
  const clean = text.replace(/[\p{Cc}\u2028\u2029]/gu, "?");
  return clean.length <= CONFIG_QUOTED_CHARS_MAX
    ? clean
    : `${clean.slice(0, CONFIG_QUOTED_CHARS_MAX)}...`;
}

const SECRET = /\b(?:auth_p|heart|event-(?!script|kinds))/;

/** Whether a line may hold a secret, which no finding may repeat. */
export function hasSecret(line: string): boolean {
  return SECRET.test(line);
}

/** A part of a line for a message; not one of a line that may hold a secret. */
export function shownPart(part: string, line: string): string {
  return hasSecret(line) ? "..." : shown(part);
}
