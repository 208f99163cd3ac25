// Starting a program in the background and learning whether it came up. The child tells over an
// IPC channel; until then what it writes to stderr is passed on.
import { spawn } from "node:child_process";
import { LIFE_BEAT_VARIABLE, LIFE_FD_VARIABLE } from "../../base/life.ts";

/** Set in the environment of a child that is to tell when it is ready. */
const READY_VARIABLE = "TANDEM_TELLS_READY";

/**
 * Runs this program again, detached, with other arguments. Resolves to 0 once it is ready, else to
 * the exit code that it ended with, 1 at least.
 */
export function startInBackground(script: string, words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, script, ...words], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: backgroundEnvironment(),
  });
  return new Promise((resolve) => {
    child.stderr?.on("data", (chunk: Buffer) => process.stderr.write(chunk));
    child.once("error", (error) => {
      process.stderr.write(`Cannot start in the background: ${error.message}\n`);
      resolve(1);
    });
    // `close` comes after the last of stderr, which `exit` does not wait for.
    child.once("close", (code) => resolve(code === null || code === 0 ? 1 : code));
    child.once("message", () => {
      child.disconnect();
      child.stderr?.destroy();
      child.unref();
      resolve(0);
    });
  });
}

/** Without what names a descriptor of this process, which the child does not have. */
function backgroundEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, [READY_VARIABLE]: "1" };
  Reflect.deleteProperty(environment, LIFE_FD_VARIABLE);
  Reflect.deleteProperty(environment, LIFE_BEAT_VARIABLE);
  return environment;
}

/** Tells the waiting parent, if there is one, that this process is ready. */
export function tellReady(): void {
  if (process.env[READY_VARIABLE] === undefined) return;
  Reflect.deleteProperty(process.env, READY_VARIABLE);
  // The parent closes its end of stderr; what is written later must not end this process.
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", () => undefined);
  process.send?.({ ready: true }, undefined, undefined, () => {
    if (process.connected) process.disconnect();
  });
}
