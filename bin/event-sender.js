// Starts the process that sends a node's events away, for its guard (ha/io/event-sender.ts).
import module from "node:module";

// Node 22 and newer keep compiled code between starts, in a folder that only this user may use.
module.enableCompileCache?.();
const { runEventSender } = await import(
  new URL("../dist/ha/io/event-sender.js", import.meta.url).href
);
process.exit(await runEventSender());
