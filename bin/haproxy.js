// Starts the built program; bin/haproxy runs this file.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const built = new URL("../dist/cli/haproxy.js", import.meta.url);
if (!existsSync(built)) {
  console.error(
    `haproxy: the program is not built: run "npm ci" in ${fileURLToPath(new URL("..", import.meta.url))}`,
  );
  process.exit(1);
}
const { runHaproxyCommand } = await import(built.href);
process.exitCode = await runHaproxyCommand({
  words: process.argv.slice(2),
  script: fileURLToPath(import.meta.url),
  run: async (options) => {
    const { runBalancer } = await import(new URL("../dist/src/balancer.js", import.meta.url).href);
    return runBalancer(options);
  },
});
