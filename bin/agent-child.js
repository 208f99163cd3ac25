// Starts an agent for its guard. Its one argument is a JSON object, `AgentChildOptions` of
// ha/io/agent-process.ts.
import module from "node:module";

// Node 22 and newer keep compiled code between starts, in a folder that only this user may use.
module.enableCompileCache?.();
const { runAgentChild } = await import(new URL("../dist/ha/agent-child.js", import.meta.url).href);
process.exitCode = await runAgentChild(process.argv[2] ?? "{}");
