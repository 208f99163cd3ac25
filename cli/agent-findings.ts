// Findings about a keepalived.conf in the original's shape.
import type { Diagnostic } from "../src/base/diagnostic.ts";
import type { LoadedConfiguration } from "../ha/io/load-configuration.ts";

/** What the reader found, then the usual mistakes; each hint on a line of its own. */
export function renderFindings({ diagnostics, lints }: LoadedConfiguration): string {
  return renderReaderFindings(diagnostics) + renderLints(lints);
}

/** `(keepalived.conf: Line 7) Unknown keyword 'raise'`, as `keepalived -t` prints it. */
export function renderReaderFindings(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((found) => render(found, "")).join("");
}

/** The same with `warning:` or `note:`, which the original's findings do not have. */
export function renderLints(lints: readonly Diagnostic[]): string {
  return lints
    .map((found) => render(found, found.severity === "notice" ? "note: " : "warning: "))
    .join("");
}

function render({ message, position, hint }: Diagnostic, label: string): string {
  const place = position === undefined ? "" : `(${position.file}: Line ${position.line}) `;
  const advice = hint === undefined || hint === "" ? "" : `    ${hint}\n`;
  return `${place}${label}${message}\n${advice}`;
}
