// The agent process: the child of a guard.
import { runAgentProcess, type AgentChildOptions } from "./io/agent-process.ts";

/** Runs an agent with `AgentChildOptions` as JSON (bin/agent-child.js); its exit code. */
export function runAgentChild(text: string): Promise<number> {
  return runAgentProcess(JSON.parse(text) as AgentChildOptions);
}
