// All lints of one node's file, in the order in which the manual lists the mistakes.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import {
  lintMissingPrefixLength,
  lintNoAccept,
  lintNonlocalBind,
  lintStrict,
} from "./addresses.ts";
import type { Lint, LintFacts } from "./lint.ts";
import { lintNopreemptAtBoot, lintNopreemptOfMaster } from "./preemption.ts";
import { lintNameOnlyCheck, lintProcessRights, lintReplacedChecks } from "./process-checks.ts";
import { lintEqualPriorities, lintForeignVrid } from "./rivals.ts";
import { lintPrintedResult, lintReversedFault } from "./script-result.ts";
import { lintSharedTarget } from "./script-target.ts";
import { lintSlowScripts } from "./script-time.ts";
import { lintSlowNotifyMaster } from "./slow-notify.ts";
import { lintSmallWeights, lintWeightWithNopreempt } from "./weights.ts";

const LINTS: readonly Lint[] = [
  lintSmallWeights,
  lintWeightWithNopreempt,
  lintNopreemptOfMaster,
  lintNopreemptAtBoot,
  lintPrintedResult,
  lintReversedFault,
  lintProcessRights,
  lintNameOnlyCheck,
  lintSlowScripts,
  lintSharedTarget,
  lintStrict,
  lintNoAccept,
  lintMissingPrefixLength,
  lintEqualPriorities,
  lintForeignVrid,
  lintSlowNotifyMaster,
  lintReplacedChecks,
  lintNonlocalBind,
];

/**
 * The usual mistakes in a file that is grammatically right: warnings, and notices for what may be
 * meant. Sorted by place. Two nodes' files are compared by `lintPair`.
 */
export function lintConfiguration(
  configuration: AgentConfiguration,
  facts: LintFacts,
): readonly Diagnostic[] {
  return LINTS.flatMap((lint) => [...lint(configuration, facts)]).toSorted(byPlace);
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const [fileA = "", fileB = ""] = [a.position?.file, b.position?.file];
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return (a.position?.line ?? 0) - (b.position?.line ?? 0);
}
