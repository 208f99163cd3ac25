// Starts the process that sends a node's events away, for its guard (ha/io/event-sender.ts).
const { keepCompiledCode } = await import(
  new URL("../dist/src/base/io/compiled-code.js", import.meta.url).href
);
keepCompiledCode();
const { runEventSender } = await import(
  new URL("../dist/ha/io/event-sender.js", import.meta.url).href
);
process.exit(await runEventSender());
