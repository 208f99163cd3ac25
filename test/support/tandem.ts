import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runToEnd, startProcess, type RunningProcess } from "./process.ts";
import { REPOSITORY_DIR } from "./repository.ts";
import { tempDir } from "./temp.ts";

const TANDEM = path.join(REPOSITORY_DIR, "bin", "tandem");

/** A running balancer. */
export interface Tandem {
  readonly process: RunningProcess;
  readonly pid: number;
  /** The file that holds its configuration; rewrite it, then `reload()`. */
  readonly configFile: string;
  readonly controlPath: string;
  /** Replaces the configuration's text. */
  rewrite(config: string): void;
  /** Runs `tandem reload` and returns how that ended. */
  reload(): ReturnType<typeof runTandem>;
  stop(): Promise<void>;
}

/** How to start it. */
export interface TandemOptions {
  /** The configuration's text. */
  readonly config: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly readyTimeoutMs?: number;
}

/** Starts `tandem balancer`; ready once it says that its listeners are up. */
export async function startTandem(options: TandemOptions): Promise<Tandem> {
  const dir = tempDir();
  const configFile = path.join(dir, "haproxy.cfg");
  const controlPath = path.join(dir, "control.sock");
  const rewrite = (config: string): void => writeFileSync(configFile, config);
  rewrite(options.config);
  const running = await startProcess({
    command: tandemProgram(),
    args: ["balancer", "-f", configFile, "--control", controlPath, ...(options.args ?? [])],
    ...(options.env === undefined ? {} : { env: options.env }),
    readyTimeoutMs: options.readyTimeoutMs ?? 10_000,
    ready: (child) => child.stderr().includes('"msg":"ready"'),
  });
  return {
    process: running,
    pid: running.pid,
    configFile,
    controlPath,
    rewrite,
    reload: () => runTandem(["reload", "--control", controlPath]),
    async stop() {
      await running.stop();
    },
  };
}

/** Runs `bin/tandem` with these arguments to its end. */
export async function runTandem(args: readonly string[]): ReturnType<typeof runToEnd> {
  return runToEnd({ command: tandemProgram(), args });
}

/** The program as users have it, built; throws when it is not. */
export function tandemProgram(): string {
  if (existsSync(path.join(REPOSITORY_DIR, "dist", "src", "balancer.js"))) return TANDEM;
  throw new Error(
    "The balancer is not built: run `npm run build`, or run the tests by scripts/test",
  );
}
