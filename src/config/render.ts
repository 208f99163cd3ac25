// Shows diagnostics in HAProxy's shape.
import type { Diagnostic } from "../base/diagnostic.ts";

/** One `[ALERT]    (pid) : config : ...` line or block for each diagnostic, in order. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], pid: number): string {
  return diagnostics.map((d) => `${d.severity} (${pid}) ${d.message}\n`).join("");
}
