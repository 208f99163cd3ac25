import type { Diagnostic } from "../base/diagnostic.ts";

/** How an attempt to take a configuration ended. */
export type TakeOutcome =
  | { readonly ok: true; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** A configuration that serves nobody: also what a file holds that an editor has just emptied. */
export const NO_LISTENER: Diagnostic = {
  severity: "alert",
  message: "[haproxy.main()] No enabled listener found (check for 'bind' directives) ! Exiting.",
};
