// Where the parts of guard and agent are put together for the command line.
import type { RunAgent, RunNode } from "./agent-options.ts";
import { launchAgent, launchNode } from "./io/launch.ts";

/** `tandem agent`. */
export const runAgent: RunAgent = (options) => launchAgent(options);

/** `tandem run`. */
export const runNode: RunNode = (options) => launchNode(options);
