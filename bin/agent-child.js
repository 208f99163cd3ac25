// Starts an agent for its guard. Its one argument is a JSON object, `AgentChildOptions` of
// ha/io/agent-process.ts.
const { keepCompiledCode } = await import(
  new URL("../dist/src/base/io/compiled-code.js", import.meta.url).href
);
keepCompiledCode();
const { runAgentChild } = await import(new URL("../dist/ha/agent-child.js", import.meta.url).href);
process.exitCode = await runAgentChild(process.argv[2] ?? "{}");
