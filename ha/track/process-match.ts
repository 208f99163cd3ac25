// Which processes a vrrp_track_process means (keepalived.conf(5), "VRRP track processes").
import type { ProcessConfiguration } from "../config/model/tracking.ts";

/** What /proc/PID/stat says, as far as it is needed. */
export interface ProcessStat {
  /** At most 15 bytes: the kernel cuts longer names. */
  readonly name: string;
  /** One letter: R, S, D, Z... */
  readonly state: string;
  /** In clock ticks since boot; tells a reused id from the process that had it before. */
  readonly startedTicks: string;
}

/** TASK_COMM_LEN without its end. */
const NAME_BYTES_MAX = 15;

/** Reads /proc/PID/stat (proc(5)); `undefined` when it is none. A name may hold spaces and brackets. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(" ");
  const [state] = fields;
  const startedTicks = fields[19];
  if (state === undefined || startedTicks === undefined) return undefined;
  return { name: text.slice(open + 1, close), state, startedTicks };
}

/** Whether it is dead already but for its parent's notice. */
export function isZombie({ state }: ProcessStat): boolean {
  return state === "Z" || state === "X" || state === "x";
}

/** Whether the command line decides rather than the name. */
export function needsCommandLine(configuration: ProcessConfiguration): boolean {
  const { words, paramMatch, isFullCommand } = configuration;
  return isFullCommand || paramMatch !== undefined || words.length > 1;
}

/** Whether the process's name is the wanted one. */
export function matchesName({ words }: ProcessConfiguration, name: string): boolean {
  const wanted = Buffer.from(words[0] ?? "").subarray(0, NAME_BYTES_MAX);
  return wanted.length > 0 && wanted.equals(Buffer.from(name));
}

/**
 * Whether the words of a command line (argv) are the wanted ones. Without `param_match` parameters
 * are compared when there are any; `partial`: further ones may follow; `initial`: so, and the last
 * one may be longer.
 */
export function matchesCommandLine(
  { words, paramMatch, isFullCommand }: ProcessConfiguration,
  argv: readonly string[],
): boolean {
  const [program, ...wanted] = words;
  const [command, ...given] = argv;
  if (program === undefined || command !== program) return false;
  if (isFullCommand && wanted.length === 0 && paramMatch === undefined) return true;
  const last = wanted.length - 1;
  if (paramMatch === "initial" || paramMatch === "partial") {
    return wanted.every((word, index) => {
      const isPrefix = paramMatch === "initial" && index === last;
      return isPrefix ? given[index]?.startsWith(word) === true : given[index] === word;
    });
  }
  return given.length === wanted.length && wanted.every((word, index) => given[index] === word);
}

/** Splits /proc/PID/cmdline. */
export function parseCommandLine(text: string): readonly string[] {
  return text.replace(/\0+$/, "").split("\0");
}
