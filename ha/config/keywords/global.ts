// global_defs: identity, scripts, process settings.
import type { Statement } from "../blocks.ts";
import type { Context } from "../context.ts";
import type { CommandDraft, GlobalDraft } from "../draft.ts";
import { served, tableOf, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { parseBool, readInteger, readSeconds } from "../values.ts";
import { COMMAND_FORM, readCommand } from "./command.ts";
import { GLOBAL_FOREIGN_KEYWORDS } from "./global-foreign.ts";
import { GLOBAL_VRRP_KEYWORDS } from "./global-vrrp.ts";
import { TANDEM_KEYWORDS } from "./tandem.ts";

const CPU_MAX = 8_191;

function flag(
  name: string,
  summary: string,
  set: (draft: GlobalDraft) => void,
): Keyword<GlobalDraft> {
  return served({ name, form: "", summary, read: (_statement, draft) => set(draft) });
}

function once(
  name: string,
  summary: string,
  field: "startupScript" | "shutdownScript" | "fifoScript" | "vrrpFifoScript",
): Keyword<GlobalDraft> {
  return served({
    name,
    form: COMMAND_FORM,
    summary,
    needs: 1,
    read: (statement, draft, context) => {
      if (draft[field] !== undefined) {
        const again = `${name} already specified - ignoring ${shown(statement.words[1]!)}`;
        context.error(again, statement.position);
        return;
      }
      const command: CommandDraft | undefined = readCommand(statement, context);
      if (command !== undefined) draft[field] = command;
    },
  });
}

function fifo(name: string, field: "fifo" | "vrrpFifo", summary: string): Keyword<GlobalDraft> {
  return served({
    name,
    form: "PATH [USER [GROUP]]",
    summary,
    needs: 1,
    read: ({ words, position }, draft, context) => {
      if (draft[field] !== undefined) {
        context.error(`${name} already specified - ignoring ${shown(words[1]!)}`, position);
      } else draft[field] = words[1]!;
      if (words.length > 2) {
        const found = `the user of '${name}' has no effect: the pipe belongs to who runs the agent`;
        context.sayOnce("fifo user", found, position);
      }
    },
  });
}

function scriptTimeout(
  name: string,
  field: "startupScriptTimeoutMs" | "shutdownScriptTimeoutMs",
): Keyword<GlobalDraft> {
  return served({
    name,
    form: "SECONDS",
    summary: "How long the script may take, 1 to 1000 s.",
    default: "10",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const text = words[1]!;
      const message = `${name} '${shown(text)}' must be in [1, 1000] - ignoring`;
      const seconds = readInteger(text, 1, 1_000, message, position, context);
      if (seconds !== undefined) draft[field] = seconds * 1_000;
    },
  });
}

function readRouterId({ words, position }: Statement, draft: GlobalDraft, context: Context): void {
  if (words[1] === undefined) context.error("routerid name missing - ignoring", position);
  else draft.routerId = words[1];
}

function readScriptUser(
  { words, position }: Statement,
  draft: GlobalDraft,
  context: Context,
): void {
  const [, user, group] = words;
  if (user === undefined) context.error("No script username specified", position);
  else if (context.options.userExists?.(user) === false) {
    const hint = `There is no user '${shown(user)}'.`;
    context.error("Error setting global script uid/gid", position, hint);
  } else draft.scriptUser = { user, group };
}

function readRealtime({ words, position }: Statement, draft: GlobalDraft, context: Context): void {
  const text = words[1]!;
  const name = "vrrp process real-time priority";
  const value = readInteger(
    text,
    0,
    2 ** 31 - 1,
    `${name} '${shown(text)}' invalid`,
    position,
    context,
  );
  if (value === undefined) return;
  if (value > 99)
    context.error(`${name} ${value} greater than maximum 99 - setting to maximum`, position);
  if (value < 1)
    context.error(`${name} ${value} less than minimum 1 - setting to minimum`, position);
  draft.realtimePriority = Math.min(99, Math.max(1, value));
}

function readAffinity({ words, position }: Statement, draft: GlobalDraft, context: Context): void {
  for (const text of words.slice(1)) {
    const message = `Invalid cpu_id:${shown(text)} specified for vrrp process`;
    const cpu = readInteger(text, 0, CPU_MAX, message, position, context);
    if (cpu !== undefined && !draft.cpuAffinity.includes(cpu)) draft.cpuAffinity.push(cpu);
  }
}

function readDynamic({ words, position }: Statement, draft: GlobalDraft, context: Context): void {
  draft.hasDynamicInterfaces = true;
  const option = words[1];
  if (option !== undefined && option !== "allow_if_changes") {
    context.error(`Unknown dynamic_interfaces option '${shown(option)}'`, position);
  }
}

const OWN_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  served({
    name: "router_id",
    form: "NAME",
    summary: "The node's name.",
    default: "the host's name",
    read: readRouterId,
  }),
  served({
    name: "script_user",
    form: "USER [GROUP]",
    summary: "Who runs scripts that name nobody.",
    default: "keepalived_script if there is such a user, else root",
    read: readScriptUser,
  }),
  flag(
    "enable_script_security",
    "Scripts run as root are refused where others may write.",
    (draft) => {
      draft.isScriptSecure = true;
    },
  ),
  served({
    name: "vrrp_startup_delay",
    form: "SECONDS",
    summary: "Adverts are neither sent nor heeded before.",
    default: "0",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const message = `vrrp_startup_delay '${shown(words[1]!)}' is invalid`;
      const delayMs = readSeconds(words[1]!, 0.001, 4_294, message, position, context);
      if (delayMs !== undefined) draft.startupDelayMs = delayMs;
    },
  }),
  fifo("notify_fifo", "fifo", "A named pipe that gets a line for every change."),
  once(
    "notify_fifo_script",
    "The program that reads the pipe; its last argument is the path.",
    "fifoScript",
  ),
  fifo("vrrp_notify_fifo", "vrrpFifo", "Another named pipe for the same lines."),
  once("vrrp_notify_fifo_script", "The program that reads the other pipe.", "vrrpFifoScript"),
  flag(
    "fifo_write_vrrp_states_on_reload",
    "Writes all states to the pipes after a reload.",
    (draft) => {
      draft.writesStatesOnReload = true;
    },
  ),
  served({
    name: "vrrp_rt_priority",
    form: "1..99",
    summary: "Real-time priority of the agent.",
    default: "50",
    needs: 1,
    read: readRealtime,
  }),
  served({
    name: "vrrp_priority",
    form: "-20..19",
    summary: "Nice value of the agent.",
    default: "0",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const nice = readInteger(
        words[1]!,
        -20,
        19,
        "Invalid vrrp process priority specified",
        position,
        context,
      );
      if (nice !== undefined) draft.nice = nice;
    },
  }),
  served({
    name: "vrrp_cpu_affinity",
    form: "CPU...",
    summary: "The CPUs the agent may run on.",
    needs: 1,
    read: readAffinity,
  }),
  flag(
    "vrrp_no_swap",
    "Keeps the agent's program in memory; the heap of Node cannot be locked.",
    (draft) => {
      draft.isLockedInMemory = true;
    },
  ),
  once("startup_script", "Run once, before anything else.", "startupScript"),
  scriptTimeout("startup_script_timeout", "startupScriptTimeoutMs"),
  once("shutdown_script", "Run once, after everything else.", "shutdownScript"),
  scriptTimeout("shutdown_script_timeout", "shutdownScriptTimeoutMs"),
  served({
    name: "dynamic_interfaces",
    form: "[allow_if_changes]",
    summary: "Interfaces may be missing at the start.",
    read: readDynamic,
  }),
  flag("log_unknown_vrids", "Logs adverts of virtual routers that are not configured.", (draft) => {
    draft.logsUnknownVrids = true;
  }),
  served({
    name: "json_version",
    form: "1|2",
    summary: "Form of the JSON dump.",
    default: "1",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      if (words[1] === "1" || words[1] === "2") draft.jsonVersion = words[1] === "1" ? 1 : 2;
      else context.error(`json_version '${shown(words[1]!)}' must be 1 or 2`, position);
    },
  }),
  flag("reload_check_config", "A reload with errors is refused; Tandem always does.", (draft) => {
    draft.checksReload = true;
  }),
  served({
    name: "default_interface",
    form: "NAME",
    summary: "The interface of static addresses that name none.",
    default: "eth0",
    read: ({ words, position }, draft, context) => {
      if (words[1] === undefined)
        context.error("default_interface requires interface name", position);
      else draft.defaultInterface = words[1];
    },
  }),
  served({
    name: "include_check",
    form: "[[+|-]readable|match|wildcard_match|brace_match...]",
    summary: "What is an error in the include lines below it.",
    // It counts for the lines that follow, so the reader has applied it before blocks are read.
    read: () => undefined,
  }),
  served({
    name: "random_seed",
    form: "NUMBER",
    summary: "The start of the numbers of ${_RANDOM}.",
    default: "made of the config-id",
    needs: 1,
    read: ({ words, position }, _draft, context) => {
      const text = words[1]!;
      readInteger(text, 0, 4_294_967_295, `random_seed ${shown(text)} invalid`, position, context);
    },
  }),
  served({
    name: "smtp_alert",
    form: "[BOOL]",
    summary: "Read and without effect: Tandem sends no mail.",
    read: ({ words, position }, _draft, context) => {
      if (words[1] !== undefined && parseBool(words[1]) === undefined) {
        context.error(
          `Invalid value '${shown(words[1])}' for global smtp_alert specified`,
          position,
        );
      }
    },
  }),
];

/** Everything that may stand in `global_defs`. */
export const GLOBAL_TABLE = tableOf<GlobalDraft>(
  OWN_KEYWORDS,
  GLOBAL_VRRP_KEYWORDS,
  TANDEM_KEYWORDS,
  GLOBAL_FOREIGN_KEYWORDS,
);
