// The mistakes that the reader itself meets (3, 13 and their like): its findings have the original's
// short texts, and get here what would happen and what to write.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import { NOPREEMPT_ADVICE } from "./preemption.ts";

const ADVICE: readonly (readonly [message: RegExp, hint: string])[] = [
  [/nopreempt\b.*\bMASTER\b/i, NOPREEMPT_ADVICE],
  [
    /truncat\w+ auth_pass|auth_pass.*\b8 (?:characters|bytes)/i,
    "Only the first 8 bytes of auth_pass are sent and compared: write a password of 8 characters or " +
      "less on both nodes, so that nobody takes a longer one for stronger.",
  ],
  [
    /script_security not enabled/i,
    "Write 'enable_script_security' and 'script_user root' (or another user) in global_defs.",
  ],
  [
    /advert(?:isement)? interval.*must be an integer/i,
    "Write whole seconds, or 'vrrp_version 3' in global_defs on both nodes for shorter intervals.",
  ],
  [
    /version 3 does not support authentication/i,
    "Remove the authentication block; '#tandem heartbeat' adds an authenticated path.",
  ],
];

/** The same findings; those without a hint get one where the mistake is a usual one. */
export function explainReaderFindings(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.map((diagnostic) => {
    if (diagnostic.hint !== undefined) return diagnostic;
    const advice = ADVICE.find(([message]) => message.test(diagnostic.message));
    return advice === undefined ? diagnostic : { ...diagnostic, hint: advice[1] };
  });
}
