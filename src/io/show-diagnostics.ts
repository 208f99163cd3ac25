import type { Diagnostic } from "../base/diagnostic.ts";
import { renderDiagnostics } from "../config/render.ts";

/** Writes findings to stderr; `quiet`: alerts only. */
export function showDiagnostics(diagnostics: readonly Diagnostic[], quiet: boolean): void {
  const shown = quiet ? diagnostics.filter((d) => d.severity === "alert") : diagnostics;
  if (shown.length > 0) process.stderr.write(renderDiagnostics(shown, process.pid));
}
