// `startup_script` and `shutdown_script`: run once, waited for.
import type { Millis } from "../../src/base/units.ts";
import type { NotifyCommand } from "../config/model/instance.ts";
import type { Log } from "./log/log.ts";
import { NotifyRunner } from "./notify-runner.ts";
import type { ScriptLauncher } from "./script-launcher.ts";

/** Runs a command, if there is one, for at most `timeoutMs` (0: without limit). */
export async function runOnce(
  command: NotifyCommand | undefined,
  timeoutMs: Millis,
  launcher: ScriptLauncher,
  log: Log,
): Promise<void> {
  if (command === undefined) return;
  const limitMs = timeoutMs > 0 ? timeoutMs : 2 ** 31 - 1;
  const problem = await new NotifyRunner(launcher).run(command, [], limitMs);
  if (problem !== undefined) log.write("error", problem);
}
