// `-s NAME`: the whole program in another network namespace (ip-netns(8)). A process cannot move there
// with all its threads, so it is started once more, and this one waits for it.
import { spawn } from "node:child_process";
import { onSignalNumber } from "./signals.ts";

const VARIABLE = "TANDEM_NAMESPACE";
const SIGNALS: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"];
/** SIGRTMIN+2: the request for a JSON dump. */
const SIGNAL_JSON = 36;

/** Whether this process is in that namespace already, by `runInNamespace`. */
export function isInNamespace(name: string): boolean {
  return process.env[VARIABLE] === name;
}

/**
 * Runs this program with the same words in a namespace, passes signals on; resolves to its exit code.
 * `onReady` is called when it says over its channel that it is ready, as programs in the background do.
 */
export function runInNamespace(name: string, onReady?: () => void): Promise<number> {
  const words = ["netns", "exec", name, process.execPath, ...process.execArgv];
  const child = spawn("ip", [...words, ...process.argv.slice(1)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, [VARIABLE]: name },
  });
  child.once("message", () => onReady?.());
  const undo = SIGNALS.map((signal) => {
    const pass = (): boolean => child.kill(signal);
    process.on(signal, pass);
    return () => process.off(signal, pass);
  });
  const off = onSignalNumber(SIGNAL_JSON, () => {
    if (child.pid !== undefined) process.kill(child.pid, SIGNAL_JSON);
  });
  return new Promise((resolve) => {
    const finish = (code: number): void => {
      for (const one of undo) one();
      off?.();
      resolve(code);
    };
    child.once("error", (error) => {
      process.stderr.write(`network namespace "${name}": ip cannot be started: ${error.message}\n`);
      finish(1);
    });
    child.once("exit", (code) => finish(code ?? 1));
  });
}
