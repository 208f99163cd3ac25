// Which scripts may run, and what watches the balancer instead of them.
import type { Context } from "../context.ts";
import type { AgentDraft, CommandDraft, NotifyDraft, ProcessDraft, ScriptDraft } from "../draft.ts";
import { isHaproxyCheck, isHaproxyProcess } from "../haproxy-check.ts";
import type {
  FileConfiguration,
  ProcessConfiguration,
  ScriptConfiguration,
} from "../model/tracking.ts";
import { shown } from "../report.ts";

/** Drops scripts that cannot run from the draft, and says whether security is off with scripts. */
export function settleScripts(context: Context): void {
  const { draft } = context;
  for (const script of [...draft.scripts.values()]) {
    if (isWatch(script, context) || isRunnable(script, context)) continue;
    draft.scripts.delete(script.name);
    for (const user of [...draft.instances.values(), ...draft.groups.values()]) {
      user.trackedScripts = user.trackedScripts.filter((one) => one.name !== script.name);
    }
  }
  const others = otherCommands(draft).filter((command) => isThere(command, context));
  const checks = [...draft.scripts.values()].filter((script) => !isWatch(script, context));
  if (draft.global.isScriptSecure || others.length + checks.length === 0) return;
  const found = "SECURITY VIOLATION - scripts are being executed but script_security not enabled.";
  const hint = "Add `enable_script_security` and `script_user USER` to global_defs.";
  context.report.add("security", found, undefined, hint);
}

function isRunnable(script: ScriptDraft, context: Context): boolean {
  const program = script.command?.words[0];
  const access = program === undefined ? "missing" : context.options.scriptAccess?.(program);
  const name = shown(script.name);
  if (access === "missing") {
    const hint = `There is no program '${shown(program ?? "")}': nothing checks the service then.`;
    context.error(
      `Disabling track script ${name} since not found/accessible`,
      script.position,
      hint,
    );
    return false;
  }
  if (access === "insecure" && context.draft.global.isScriptSecure && runsAsRoot(script, context)) {
    const hint = "Its file or a folder above it may be written by others than root.";
    context.error(`Disabling track script ${name} due to insecure`, script.position, hint);
    return false;
  }
  if (access === "not-executable") {
    context.note(`track script ${name}: '${shown(program!)}' is not executable`, script.position);
  }
  return true;
}

function runsAsRoot(script: ScriptDraft, { draft }: Context): boolean {
  return (script.user ?? draft.global.scriptUser?.user ?? "root") === "root";
}

/** A program of a notify line that is not there is only logged by Keepalived. */
function isThere(command: CommandDraft, context: Context): boolean {
  const program = command.words[0]!;
  if (context.options.scriptAccess?.(program) !== "missing") return true;
  context.note(`There is no program '${shown(program)}'`, command.position);
  return false;
}

function otherCommands({ global, tandem, instances, groups }: AgentDraft): readonly CommandDraft[] {
  const notifies = [...instances.values(), ...groups.values()].map(({ notify }) => notify);
  const listed = notifies.flatMap((notify: NotifyDraft) => Object.values(notify) as CommandDraft[]);
  const single = [
    global.startupScript,
    global.shutdownScript,
    global.fifoScript,
    global.vrrpFifoScript,
    tandem.events.script,
  ];
  return [...listed, ...single.filter((command) => command !== undefined)];
}

/** Whether the guard's watch of the balancer answers; only `tandem run` has one. */
function isWatch(script: ScriptDraft, { options, draft }: Context): boolean {
  if (!options.hasBalancer) return false;
  const isRecipe = script.command !== undefined && isHaproxyCheck(script.command.words);
  return script.isBalancerWatch || (draft.tandem.mapsHaproxyChecks && isRecipe);
}

/** A `vrrp_script` as the model has it. */
export function resolveScript(draft: ScriptDraft, context: Context): ScriptConfiguration {
  const command = draft.command!;
  return {
    name: draft.name,
    position: draft.position,
    command: { ...command, user: draft.user ?? command.user, group: draft.group ?? command.group },
    intervalMs: draft.intervalMs,
    timeoutMs: draft.timeoutMs ?? draft.intervalMs,
    weight: draft.weight,
    isReversed: draft.isReversed,
    fall: draft.fall,
    rise: draft.rise,
    startsFailed: draft.startsFailed,
    isBalancerWatch: isWatch(draft, context),
  };
}

/** A `vrrp_track_process` as the model has it. */
export function resolveProcess(draft: ProcessDraft, context: Context): ProcessConfiguration {
  const { mapsHaproxyChecks } = context.draft.tandem;
  const isMeant = draft.isBalancerWatch || (mapsHaproxyChecks && isHaproxyProcess(draft.words));
  return {
    name: draft.name,
    position: draft.position,
    words: draft.words,
    // Parameters without param_match are compared exactly (keepalived.conf(5), track processes).
    paramMatch: draft.paramMatch ?? (draft.words.length > 1 ? "exact" : undefined),
    isFullCommand: draft.isFullCommand || draft.words.length > 1,
    weight: draft.weight,
    isReversed: draft.isReversed,
    quorum: draft.quorum,
    quorumMax: draft.quorumMax,
    forkDelayMs: draft.forkDelayMs,
    terminateDelayMs: draft.terminateDelayMs,
    isBalancerWatch: context.options.hasBalancer && isMeant,
  };
}

/** The `track_file` blocks as the model has them. */
export function resolveFiles({ files }: AgentDraft): readonly FileConfiguration[] {
  return [...files.values()].map((draft) => ({
    name: draft.name,
    position: draft.position,
    file: draft.file ?? "",
    weight: draft.weight,
    isReversed: draft.isReversed,
    initial: draft.initial,
  }));
}
