// Shows diagnostics in HAProxy's shape.
import type { Diagnostic, Severity } from "../base/diagnostic.ts";
import type { Finding } from "./collector.ts";

const LABELS: Readonly<Record<Severity, string>> = {
  alert: "[ALERT]   ",
  warning: "[WARNING] ",
  notice: "[NOTICE]  ",
};

/** One `[ALERT]    (pid) : config : ...` line or block for each diagnostic, in order. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], pid: number): string {
  return diagnostics.map((diagnostic) => renderOne(diagnostic, pid)).join("");
}

function renderOne(diagnostic: Finding, pid: number): string {
  const { severity, message, position, hint, scope } = diagnostic;
  const place = position === undefined ? "" : `${position.file}:${position.line}`;
  const before = place === "" || scope === "whole" ? "" : `parsing [${place}] : `;
  const behind = place === "" || scope !== "whole" ? "" : `\n   | See ${place}.`;
  const advice = hint === undefined || hint === "" ? "" : `\n   | ${hint}`;
  return `${LABELS[severity]} (${pid}) : config : ${before}${message}${advice}${behind}\n`;
}
