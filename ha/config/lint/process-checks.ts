// Mistakes 6 and 7, and what becomes of such checks below `tandem run`: asking for a process by name.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import { isHaproxyCheck, isHaproxyProcess } from "../haproxy-check.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { ScriptConfiguration } from "../model/tracking.ts";
import { warning, type LintFacts } from "./lint.ts";
import { sourceOf, userOf } from "./script-source.ts";
import { isFaultOnFailure, usedScripts } from "./tracked.ts";

/** Signals a process, with 0 to see whether it exists: needs the right to. */
const SIGNAL_ZERO = /\b(?:killall|pkill)\b[^\n;|&]*\s(?:-[a-z]*0|-s\s*0|--signal[= ]0)(?=\s|$)/;
/** Looks for processes in /proc. */
const LOOKS_FOR_PROCESS = /(?:^|[\s/;|&(`])(?:killall|pkill|pidof|pgrep|ps)\s/m;

/** Mistake 6: asking for processes as a user who may not see or signal them. */
export function* lintProcessRights(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  const isHiding = facts.hidesProcesses?.() ?? false;
  for (const script of runScripts(configuration)) {
    const user = userOf(script.command, configuration.global.scriptUser?.user, facts);
    if (user === undefined || user === "root" || user === "0") continue;
    const source = sourceOf(script.command, facts);
    if (SIGNAL_ZERO.test(source)) {
      yield warning(
        script.command.position,
        `script ${script.name} runs as ${user}: 'killall -0' needs the right to signal, so it fails ` +
          `for every process of another user, alive or not.`,
        "Write 'user root' in the vrrp_script (or 'script_user root' in global_defs), or use 'pidof'.",
      );
    } else if (isHiding && LOOKS_FOR_PROCESS.test(source)) {
      yield warning(
        script.command.position,
        `script ${script.name} runs as ${user}, and /proc is mounted with hidepid: it finds only ` +
          `processes of ${user}, so it fails although the process is there.`,
        "Write 'user root' in the vrrp_script, or mount /proc with 'gid=' of a group of that user.",
      );
    }
  }
}

/** Mistake 7: a process of that name says little about whether connections are taken. */
export function* lintNameOnlyCheck(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  if (facts.hasBalancer === true) return;
  for (const script of runScripts(configuration)) {
    if (!isHaproxyCheck(script.command.words)) continue;
    yield warning(
      script.command.position,
      `script ${script.name} is content with any process named haproxy: one that hangs, that ends ` +
        `after a reload, or that belongs to something else keeps the VIP here.`,
      "Ask the port instead, such as 'script \"/usr/bin/nc -z 127.0.0.1 1883\"', or let 'tandem run' " +
        "watch the balancer.",
    );
  }
}

/** Below `tandem run` no process is named haproxy: such checks fail for ever unless they are mapped. */
export function* lintReplacedChecks(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  if (facts.hasBalancer !== true) return;
  for (const script of runScripts(configuration)) {
    if (!isHaproxyCheck(script.command.words)) continue;
    yield replaced(
      `script ${script.name}`,
      script,
      isFaultOnFailure(script, configuration) ? 0 : script.weight,
    );
  }
  const tracked = new Set(
    [...configuration.instances, ...configuration.syncGroups].flatMap((tracker) =>
      tracker.trackedProcesses.map(({ name }) => name),
    ),
  );
  for (const process of configuration.processes) {
    if (process.isBalancerWatch || !tracked.has(process.name)) continue;
    if (!isHaproxyProcess(process.words)) continue;
    yield replaced(`track_process ${process.name}`, process, process.weight);
  }
}

function replaced(
  what: string,
  { position }: Pick<ScriptConfiguration, "position">,
  weight: number,
): Diagnostic {
  const outcome =
    weight === 0
      ? "the instance stays in FAULT"
      : `the instance ${weight > 0 ? "never gets" : "always loses"} its weight of ${Math.abs(weight)}`;
  return warning(
    position,
    `${what} looks for a process named haproxy, but 'tandem run' watches a balancer of its own: ` +
      `the check fails for ever, and ${outcome}.`,
    "Write '#tandem map-haproxy-checks' in global_defs, and the built-in watch answers such checks; " +
      "or remove the check, as the built-in watch gives the VIP away by itself.",
  );
}

function runScripts(configuration: AgentConfiguration): readonly ScriptConfiguration[] {
  return usedScripts(configuration).filter(({ isBalancerWatch }) => !isBalancerWatch);
}
