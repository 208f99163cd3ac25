/** How bad a finding is: an `alert` prevents the start, a `warning` does not, a `notice` only informs. */
export type Severity = "alert" | "warning" | "notice";

/** Where something stands in a configuration file. */
export interface Position {
  /** The path as the user gave it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based column of the word meant, when one is. */
  readonly column?: number;
}

/** One finding about a configuration. Findings are collected, then rendered in one place. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly message: string;
  readonly position?: Position;
  /** What the user can write or do instead. */
  readonly hint?: string;
}

/** Receives findings; parsers take one so that no problem hides another. */
export interface DiagnosticSink {
  report(diagnostic: Diagnostic): void;
}

/** The message that says best why a configuration was refused. */
export function firstAlert(diagnostics: readonly Diagnostic[]): string {
  const alert = diagnostics.find(({ severity }) => severity === "alert") ?? diagnostics[0];
  return alert?.message ?? "the configuration was refused";
}
