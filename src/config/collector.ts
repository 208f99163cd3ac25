// Collects findings, so that no problem hides another.
import type { Diagnostic, DiagnosticSink } from "../base/diagnostic.ts";
import { CONFIG_DIAGNOSTICS_MAX } from "../limits.ts";

/**
 * A finding of the configuration reader. HAProxy's texts about a single line start with that line's
 * place; those about the configuration as a whole name what they mean themselves, and their place
 * is shown behind.
 */
export interface Finding extends Diagnostic {
  readonly scope?: "line" | "whole";
}

/** A bounded list of findings. */
export class Collector implements DiagnosticSink {
  readonly #findings: Finding[] = [];

  /** Findings in the order in which they were reported. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  get full(): boolean {
    return this.#findings.length > CONFIG_DIAGNOSTICS_MAX;
  }

  report(finding: Finding): void {
    if (this.full) return;
    this.#findings.push(
      this.#findings.length < CONFIG_DIAGNOSTICS_MAX
        ? finding
        : {
            severity: "alert",
            message: `too many fatal errors (${CONFIG_DIAGNOSTICS_MAX}), stopping now.`,
            ...(finding.position === undefined ? {} : { position: finding.position }),
          },
    );
  }
}
