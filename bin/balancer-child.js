// Starts a balancer for the guard, without the command line's parser, which costs a fifth of the
// time of a start. Its one argument is a JSON object, `ChildOptions` of src/balancer-options.ts.
import module from "node:module";

// Node 22 and newer keep compiled code between starts, in a folder that only this user may use.
module.enableCompileCache?.();
const { runBalancerChild } = await import(new URL("../dist/src/balancer.js", import.meta.url).href);
process.exitCode = await runBalancerChild(process.argv[2] ?? "");
