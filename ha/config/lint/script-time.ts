// Mistake 8: a script that may run longer than its interval.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { ScriptConfiguration } from "../model/tracking.ts";
import { warning, type LintFacts } from "./lint.ts";
import { sourceOf } from "./script-source.ts";
import { usedScripts } from "./tracked.ts";

/** Waits that commands declare, in seconds. */
const WAITS: readonly RegExp[] = [
  /(?:^|[\s;|&(])sleep\s+(\d+(?:\.\d+)?)s?\b/g,
  /\bcurl\b[^\n;|&]*\s(?:-m|--max-time)[\s=]*(\d+(?:\.\d+)?)/g,
  /\bwget\b[^\n;|&]*\s(?:-T|--timeout)[\s=]*(\d+(?:\.\d+)?)/g,
  /\b(?:nc|ncat|netcat)\b[^\n;|&]*\s-[a-zA-Z]*w\s*(\d+(?:\.\d+)?)/g,
  /\bping\b[^\n;|&]*\s-[wW]\s*(\d+(?:\.\d+)?)/g,
  /(?:^|[\s;|&(/])timeout\s+(?:-\S+\s+)*(\d+(?:\.\d+)?)s?\s/g,
];

/** Mistake 8: results come late, or a run that takes its time counts as failed. */
export function* lintSlowScripts(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  for (const script of usedScripts(configuration)) {
    if (script.isBalancerWatch) continue;
    yield* findSlow(script, longestWaitMs(sourceOf(script.command, facts)));
  }
}

function* findSlow(script: ScriptConfiguration, waitMs: number): Iterable<Diagnostic> {
  const { name, timeoutMs, intervalMs } = script;
  if (waitMs >= timeoutMs) {
    yield warning(
      script.command.position,
      `script ${name} may wait ${seconds(waitMs)} but has ${seconds(timeoutMs)}: it is ended and ` +
        `counts as failed whenever it does, and the VIP moves back and forth.`,
      `Make it answer sooner, or write 'interval ${Math.ceil(waitMs / 1_000) + 1}' and 'fall 2'.`,
    );
  } else if (timeoutMs > intervalMs) {
    yield warning(
      script.position,
      `script ${name} may run for ${seconds(timeoutMs)} but is due every ${seconds(intervalMs)}: ` +
        `runs that fall due meanwhile are left out, and a failure is noticed late.`,
      `Write 'timeout ${secondsNumber(intervalMs)}' or less, or a longer 'interval'.`,
    );
  }
}

function longestWaitMs(source: string): number {
  const waits = WAITS.flatMap((pattern) =>
    Array.from(source.matchAll(pattern), (match) => Number(match[1]) * 1_000),
  );
  return Math.max(0, ...waits);
}

function seconds(millis: number): string {
  return `${secondsNumber(millis)} s`;
}

function secondsNumber(millis: number): string {
  return String(millis / 1_000);
}
