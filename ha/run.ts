// Where the parts of guard and agent are put together for the command line.
import type { AgentOptions, RunAgent, RunNode } from "./agent-options.ts";
import { isInNamespace, runInNamespace } from "./io/in-namespace.ts";
import { launchAgent, launchNode } from "./io/launch.ts";

/** `tandem agent`. */
export const runAgent: RunAgent = (options) => inNamespace(options, () => launchAgent(options));

/** `tandem run`. */
export const runNode: RunNode = (options) => inNamespace(options, () => launchNode(options));

function inNamespace(options: AgentOptions, run: () => Promise<number>): Promise<number> {
  const { namespace, onReady } = options;
  if (namespace === undefined || isInNamespace(namespace)) return run();
  return runInNamespace(namespace, onReady);
}
