// Real-time scheduling (sched(7)) through `chrt`: the guard must judge a child that has taken its
// CPU for itself, so it stands one step above the agent.
import { spawnSync } from "node:child_process";
import { runProgram } from "./run-program.ts";

/**
 * Flags for a real-time Node process. Threads that help with the garbage are of ordinary priority and
 * would be waited for, and a small young generation is collected in a moment. Measured with 4 busy
 * loops on each CPU: a 10 ms timer that allocates was late by 18 to 93 ms at worst without them, in
 * most runs by less than 1 ms with them.
 */
export const REALTIME_NODE_FLAGS: readonly string[] = [
  "--single-threaded-gc",
  "--max-semi-space-size=1",
];

/** How the processes of a node are scheduled. */
export interface Realtime {
  /** Put before a command, makes it real-time; empty when that is not possible or not wanted. */
  readonly agentPrefix: readonly string[];
  /** Why there is no real-time scheduling though it was wanted. */
  readonly problem: string | undefined;
}

/** SCHED_RR takes 1..99; the guard is one above the agent. */
const AGENT_PRIORITY_MAX = 98;

/**
 * Makes this process real-time, one above `agentPriority` (1..99), and says how to start the agent.
 * Children of both are ordinary again (SCHED_RESET_ON_FORK), as are threads that start later.
 */
export function becomeRealtime(agentPriority: number): Realtime {
  const priority = Math.max(1, Math.min(agentPriority, AGENT_PRIORITY_MAX));
  const own = ["--all-tasks", "--rr", "--reset-on-fork", "--pid"];
  const result = spawnSync("chrt", [...own, String(priority + 1), String(process.pid)], {
    encoding: "utf8",
    timeout: CHRT_MS_MAX,
  });
  if (result.error !== undefined) {
    return { agentPrefix: [], problem: `chrt cannot be started: ${result.error.message}` };
  }
  if (result.status !== 0) return { agentPrefix: [], problem: result.stderr.trim() };
  const agentPrefix = ["chrt", "--rr", "--reset-on-fork", String(priority)];
  return { agentPrefix, problem: undefined };
}

/**
 * Makes a process real-time that runs already: its main thread, as `agentPrefix` does at a start. Resolves to
 * what went wrong; `undefined` when nothing did. An empty prefix does nothing.
 */
export function makeRealtime(
  pid: number,
  agentPrefix: readonly string[],
): Promise<string | undefined> {
  const [chrt, ...words] = agentPrefix;
  if (chrt === undefined) return Promise.resolve(undefined);
  return runProgram(
    chrt,
    [...words.slice(0, -1), "--pid", words.at(-1)!, String(pid)],
    CHRT_MS_MAX,
  );
}

const CHRT_MS_MAX = 2_000;
