// Starts a balancer for the guard, without the command line's parser, which costs a fifth of the
// time of a start. Its one argument is a JSON object, `ChildOptions` of src/balancer-options.ts.
const { keepCompiledCode } = await import(
  new URL("../dist/src/base/io/compiled-code.js", import.meta.url).href
);
keepCompiledCode();
const { runBalancerChild } = await import(new URL("../dist/src/balancer.js", import.meta.url).href);
process.exitCode = await runBalancerChild(process.argv[2] ?? "");
