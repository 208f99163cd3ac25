// Mistake 5: a script whose exit code is not what its author means.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import { warning, type LintFacts } from "./lint.ts";
import { scriptSource } from "./script-source.ts";
import { trackedBy, usedScripts } from "./tracked.ts";

/** `echo 1`, `echo $?`, `print(0)`, `printf 1`: a code that is printed. */
const PRINTED_CODE =
  /(?:^|\|\||&&|;|\b(?:then|else|do)\b)\s*(?:echo|printf|print)\s*\(?\s*["']?(?:[01]|\$\?|\$\{?(?:rc|ret|status|result|code)\}?)(?:\\n)?["']?\s*\)?\s*(?:;|$)/i;
/** What may follow the last command of a script. */
const CLOSING = /^\s*(?:fi|esac|done|\}|;;)+\s*$/;
/** Any way of ending with a code of one's own. */
const SETS_EXIT_CODE =
  /(?:^|[\s;|&({])(?:exit|return|exec|false)\b(?!\s*["']?\s*0\b)|\bset\s+-[a-z]*e|sys\.exit|os\._exit/m;

/** Mistake 5a: the script prints a code and exits with another, mostly 0. */
export function* lintPrintedResult(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  for (const script of usedScripts(configuration)) {
    if (script.isBalancerWatch) continue;
    const source = scriptSource(script.command, facts);
    if (source === undefined || SETS_EXIT_CODE.test(source)) continue;
    if (!PRINTED_CODE.test(lastCommand(source))) continue;
    yield warning(
      script.command.position,
      `script ${script.name} prints its result instead of exiting with it: only the exit code ` +
        `counts, and that of 'echo' is 0, so the check never fails.`,
      "Write 'exit 1' where the script prints 1, and 'exit 0' where it prints 0.",
    );
  }
}

function lastCommand(source: string): string {
  const lines = source.split("\n");
  return lines.findLast((line) => !CLOSING.test(line)) ?? "";
}

/** Mistake 5b: `weight 0 reverse` is FAULT while the script succeeds. */
export function* lintReversedFault(configuration: AgentConfiguration): Iterable<Diagnostic> {
  const seen = new Set<string>();
  for (const instance of configuration.instances) {
    for (const { kind, name, weight, isReversed, reference } of trackedBy(
      instance,
      configuration,
    )) {
      const key = `${kind} ${name}`;
      if (kind === "file" || weight !== 0 || !isReversed || seen.has(key)) continue;
      seen.add(key);
      yield warning(
        reference.position,
        `(${instance.name}) 'weight 0 reverse' of ${key} is inverted: the node is in FAULT while ` +
          `the check succeeds.`,
        "Leave out 'reverse', unless the check asks for something that must not be there.",
      );
    }
  }
}
