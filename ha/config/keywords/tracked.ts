// vrrp_script, vrrp_track_process, track_file: what instances track.
import type { Statement } from "../blocks.ts";
import type { Context } from "../context.ts";
import type { FileDraft, ProcessDraft, ScriptDraft } from "../draft.ts";
import { ours, recognised, served, tableOf, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { readInteger, readSeconds } from "../values.ts";
import { readCommand } from "./command.ts";

/** Longest time in whole seconds whose µs fit into 32 bits. */
const SECONDS_MAX = 4_294;
const INT_MAX = 2_147_483_647;

interface Weighted {
  weight: number;
  isReversed: boolean;
}

/** `weight N [reverse|noreverse]`. */
function setWeight(
  draft: Weighted,
  { words, position }: Statement,
  weightMax: number,
  range: string,
  unknownOption: string,
  context: Context,
): void {
  const value = readInteger(words[1]!, -weightMax, weightMax, range, position, context);
  if (value !== undefined) draft.weight = value;
  const option = words[2];
  if (option === "reverse" || option === "noreverse") draft.isReversed = option === "reverse";
  else if (option !== undefined) context.error(`${unknownOption} ${shown(option)}`, position);
}

/** Whole seconds as Keepalived 2.2.7 has them, or a fraction as 2.3.2 and newer take. */
function readInterval({ words, position }: Statement, draft: ScriptDraft, context: Context): void {
  const text = words[1]!;
  const message = `(${draft.name}): vrrp script interval '${shown(text)}' must be between 1 and ${SECONDS_MAX} - ignoring`;
  const valueMs = readSeconds(text, 0, SECONDS_MAX, message, position, context);
  if (valueMs === undefined) return;
  if (valueMs === 0) {
    const found = `(${draft.name}): vrrp script interval must be greater than 0, setting to 1`;
    context.error(found, position);
  } else if (!Number.isInteger(valueMs / 1_000)) {
    const older = `(${draft.name}): a fraction of an interval needs Keepalived 2.3.2; older ones take 1 s`;
    context.note(older, position);
  }
  draft.intervalMs = valueMs === 0 ? 1_000 : valueMs;
}

function readTimeout({ words, position }: Statement, draft: ScriptDraft, context: Context): void {
  const text = words[1]!;
  const message = `(${draft.name}): vrrp script timeout '${shown(text)}' invalid - ignoring`;
  const valueMs = readSeconds(text, 0, SECONDS_MAX, message, position, context);
  if (valueMs === 0) {
    const found = `(${draft.name}): vrrp script timeout must be greater than 0, setting to 1`;
    context.error(found, position);
  }
  if (valueMs !== undefined) draft.timeoutMs = valueMs === 0 ? 1_000 : valueMs;
}

function results(name: "fall" | "rise", summary: string): Keyword<ScriptDraft> {
  return served({
    name,
    form: "COUNT",
    summary,
    default: "1",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const text = words[1]!;
      const message = `(${draft.name}): vrrp script ${name} value '${shown(text)}' invalid, defaulting to 1`;
      const value = readInteger(text, 1, INT_MAX, message, position, context);
      draft[name] = value ?? 1;
    },
  });
}

function readUser({ words, position }: Statement, draft: ScriptDraft, context: Context): void {
  const [, user, group] = words;
  if (context.options.userExists?.(user!) === false) {
    const script = shown(draft.command?.words.join(" ") ?? "");
    context.error(`Unable to set uid/gid for script '${script}'`, position);
    draft.isUserUnknown = true;
    return;
  }
  draft.user = user!;
  if (group !== undefined) draft.group = group;
}

/** Everything that may stand in a `vrrp_script`. */
export const SCRIPT_TABLE = tableOf<ScriptDraft>([
  served({
    name: "script",
    form: `PROGRAM | "PROGRAM ARGUMENTS"`,
    summary: "What is run; exit code 0 is success. Arguments need the quotes.",
    read: (statement, draft, context) => {
      if (statement.words[1] === undefined) return;
      // Keepalived takes the user from a line of its own here.
      const command = readCommand(statement, context, Number.POSITIVE_INFINITY);
      if (statement.words.length > 2) {
        const hint = "Put the whole command into quotes.";
        context.note(
          `words behind the program are not arguments: '${shown(statement.words.slice(2).join(" "))}'`,
          statement.position,
          hint,
        );
      }
      if (command !== undefined) draft.command = command;
    },
  }),
  served({
    name: "interval",
    form: "SECONDS",
    summary: "From one run to the next; fractions are taken.",
    default: "1",
    needs: 1,
    read: readInterval,
  }),
  served({
    name: "timeout",
    form: "SECONDS",
    summary: "A run that takes longer has failed.",
    default: "interval",
    needs: 1,
    read: readTimeout,
  }),
  served({
    name: "weight",
    form: "-253..253 [reverse]",
    summary:
      "Added to the priority while it succeeds (positive) or fails (negative); 0: fault while it fails.",
    default: "0",
    needs: 1,
    read: (statement, draft, context) => {
      const of = `vrrp_script ${draft.name}`;
      const range = `${of} weight ${shown(statement.words[1]!)} must be in [-253, 253]`;
      setWeight(draft, statement, 253, range, `${of} unknown weight option`, context);
    },
  }),
  results("fall", "Failures in a row until it counts as failed."),
  results("rise", "Successes in a row until it counts as well."),
  served({
    name: "user",
    form: "USER [GROUP]",
    summary: "Who runs it.",
    default: "script_user",
    needs: 1,
    read: readUser,
  }),
  served({
    name: "init_fail",
    form: "",
    summary: "Counts as failed until it first succeeds.",
    read: (_statement, draft) => {
      draft.startsFailed = true;
    },
  }),
  ours({
    name: "balancer-watch",
    form: "",
    summary: "With tandem run: the guard's watch of the balancer answers instead of the script.",
    read: (_statement, draft) => {
      draft.isBalancerWatch = true;
    },
  }),
]);

function delay(
  name: string,
  summary: string,
  set: (draft: ProcessDraft, valueMs: number) => void,
): Keyword<ProcessDraft> {
  return served({
    name,
    form: "SECONDS",
    summary,
    default: "0",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const text = words[1]!;
      const message = `${name} (${shown(text)}) for vrrp_track_process ${draft.name} must be between [0.000001..3600] inclusive. Ignoring...`;
      const value = readSeconds(text, 0.000001, 3_600, message, position, context);
      if (value !== undefined) set(draft, value);
    },
  });
}

function quorum(
  name: "quorum" | "quorum_max",
  least: number,
  summary: string,
): Keyword<ProcessDraft> {
  return served({
    name,
    form: `${least}..65535`,
    summary,
    default: name === "quorum" ? "1" : "any number",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const text = words[1]!;
      const label = name === "quorum" ? "Quorum" : name;
      const message = `${label} (${shown(text)}) for vrrp_track_process ${draft.name} must be between [${least}..65535] inclusive. Ignoring...`;
      const value = readInteger(text, least, 65_535, message, position, context);
      if (value === undefined) return;
      if (name === "quorum") {
        if (draft.quorumMax !== undefined && value > draft.quorumMax) {
          context.error("Quorum is greater than quorum_max - ignoring", position);
        } else draft.quorum = value;
      } else if (value < draft.quorum) {
        context.error("quorum_max is less than quorum - ignoring", position);
      } else draft.quorumMax = value;
    },
  });
}

function readParamMatch(
  { words, position }: Statement,
  draft: ProcessDraft,
  context: Context,
): void {
  const word = words[1]!;
  if (word === "exact" || word === "partial" || word === "initial") draft.paramMatch = word;
  else context.error(`Invalid param_match type ${shown(word)} - ignoring`, position);
}

/** Everything that may stand in a `vrrp_track_process`. */
export const PROCESS_TABLE = tableOf<ProcessDraft>([
  served({
    name: "process",
    form: "NAME [PARAMETER...]",
    summary: "The program's name or path.",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      if (draft.words.length > 0) {
        const found = `Process already set for track process ${draft.name} - ignoring ${shown(words[1]!)}`;
        context.error(found, position);
      } else draft.words = words.slice(1);
    },
  }),
  served({
    name: "param_match",
    form: "exact|partial|initial",
    summary: "How the parameters are compared.",
    needs: 1,
    read: readParamMatch,
  }),
  served({
    name: "weight",
    form: "-254..254 [reverse]",
    summary:
      "Added to the priority while it runs (positive) or not (negative); 0: fault while it does not.",
    default: "0",
    needs: 1,
    read: (statement, draft, context) => {
      const range = `Weight (${shown(statement.words[1]!)}) for vrrp_track_process ${draft.name} must be between [-254..254] inclusive. Ignoring...`;
      setWeight(
        draft,
        statement,
        254,
        range,
        `vrrp_track_process ${draft.name} unknown weight option`,
        context,
      );
    },
  }),
  quorum("quorum", 1, "At least so many processes."),
  quorum("quorum_max", 0, "At most so many processes."),
  delay("delay", "fork_delay and terminate_delay at once.", (draft, value) => {
    draft.forkDelayMs = value;
    draft.terminateDelayMs = value;
  }),
  delay("fork_delay", "A new process counts only after this.", (draft, value) => {
    draft.forkDelayMs = value;
  }),
  delay("terminate_delay", "A lost process counts as lost only after this.", (draft, value) => {
    draft.terminateDelayMs = value;
  }),
  served({
    name: "full_command",
    form: "",
    summary: "Compares the path of the command line rather than the kernel's short name.",
    read: (_statement, draft) => {
      draft.isFullCommand = true;
    },
  }),
  ours({
    name: "balancer-watch",
    form: "",
    summary: "With tandem run: the supervised balancer stands for the process.",
    read: (_statement, draft) => {
      draft.isBalancerWatch = true;
    },
  }),
]);

/** `init_file [VALUE] [overwrite]`. */
function readInitial({ words, position }: Statement, draft: FileDraft, context: Context): void {
  const initial = { value: 0, overwrites: false };
  for (const word of words.slice(1)) {
    if (word === "overwrite") initial.overwrites = true;
    else {
      const message = `Track file ${draft.name} init value '${shown(word)}' is invalid`;
      initial.value = readInteger(word, -INT_MAX, INT_MAX, message, position, context) ?? 0;
    }
  }
  draft.initial = initial;
}

/** Everything that may stand in a `track_file`. */
export const FILE_TABLE = tableOf<FileDraft>(
  [
    served({
      name: "file",
      form: "PATH",
      summary: "The file that holds a number.",
      needs: 1,
      read: ({ words, position }, draft, context) => {
        if (draft.file === undefined) draft.file = words[1]!;
        else
          context.error(
            `File already set for track file ${draft.name} - ignoring ${shown(words[1]!)}`,
            position,
          );
      },
    }),
    served({
      name: "weight",
      form: "-254..254 [reverse]",
      summary:
        "Times the number in the file: added to the priority. 0: fault unless the number is 0.",
      default: "1",
      needs: 1,
      read: (statement, draft, context) => {
        const range = `Weight (${shown(statement.words[1]!)}) for track_file ${draft.name} must be between [-254..254] inclusive. Ignoring...`;
        setWeight(
          draft,
          statement,
          254,
          range,
          `track_file ${draft.name} unknown weight option`,
          context,
        );
      },
    }),
    served({
      name: "init_file",
      form: "[VALUE] [overwrite]",
      summary: "Written at the start when the file is missing, or always with overwrite.",
      read: readInitial,
    }),
  ],
  recognised<FileDraft>("it is not served.", ["inherit"]),
);
