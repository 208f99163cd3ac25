// Runs a program to its end, with a time limit.
import { spawn } from "node:child_process";
import type { Millis } from "../../src/base/units.ts";
import { PROGRAM_STDERR_CHARS_MAX } from "../limits.ts";

/**
 * Resolves to what went wrong, with what it wrote to stderr; `undefined` on status 0. Never rejects.
 * `environment` is added to that of this process.
 */
export function runProgram(
  program: string,
  words: readonly string[],
  timeoutMs: Millis,
  environment: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const what = `"${[program, ...words].join(" ")}"`;
    const child = spawn(program, words, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...environment },
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(0, PROGRAM_STDERR_CHARS_MAX);
    });
    child.once("error", (error) => resolve(`${what} cannot be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      // A program that it started may hold stderr open: its end is not waited for.
      if (code === 0) resolve(undefined);
      else if (signal === "SIGKILL") resolve(`${what} took longer than ${timeoutMs} ms`);
      else {
        const end = signal ?? `status ${String(code)}`;
        setImmediate(() => resolve(`${what} failed (${end}): ${stderr.trim()}`));
      }
    });
  });
}
