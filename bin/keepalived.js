// Starts the built program; bin/keepalived runs this file.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const built = new URL("../dist/cli/keepalived.js", import.meta.url);
if (!existsSync(built)) {
  console.error(
    `keepalived: the program is not built: run "npm ci" in ${fileURLToPath(new URL("..", import.meta.url))}`,
  );
  process.exit(1);
}
const { runKeepalivedCommand } = await import(built.href);
process.exitCode = await runKeepalivedCommand({
  words: process.argv.slice(2),
  script: fileURLToPath(import.meta.url),
  runAgent: async (options) => {
    const { runAgent } = await import(new URL("../dist/ha/run.js", import.meta.url).href);
    return runAgent(options);
  },
});
