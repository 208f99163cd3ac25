// Starts the built program; bin/tandem runs this file.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const built = new URL("../dist/cli/tandem.js", import.meta.url);
if (!existsSync(built)) {
  console.error(
    `tandem: the program is not built: run "npm ci" in ${fileURLToPath(new URL("..", import.meta.url))}`,
  );
  process.exit(1);
}
const { runTandemCommand } = await import(built.href);
process.exitCode = await runTandemCommand({
  words: process.argv.slice(2),
  script: fileURLToPath(import.meta.url),
  run: async (options) => {
    const { runBalancer } = await import(new URL("../dist/src/balancer.js", import.meta.url).href);
    return runBalancer(options);
  },
  runAgent: async (options) => {
    const { runAgent } = await import(new URL("../dist/ha/run.js", import.meta.url).href);
    return runAgent(options);
  },
  runNode: async (options) => {
    const { runNode } = await import(new URL("../dist/ha/run.js", import.meta.url).href);
    return runNode(options);
  },
  releaseVips: async (options) => {
    const { releaseVips } = await import(new URL("../dist/ha/release.js", import.meta.url).href);
    return releaseVips(options);
  },
});
