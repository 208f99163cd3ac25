// A balancer that is loaded and waits to be needed: most of a start is the loading of the program, and
// what a program does for the first time it does slowly.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ChildOptions } from "../balancer-options.ts";
import { REHEARSAL_ENTRIES } from "../limits.ts";
import { LessonRehearsal } from "../peers/rehearsal.ts";
import { hasAlerts, readConfigurationFiles } from "./load-configuration.ts";
import { rehearseSessions } from "./rehearse-sessions.ts";

/**
 * Practises and waits for a byte on stdin, and says whether one came: at the end of the pipe its writer has
 * ended, and nobody will need this process. Signals end the process meanwhile as they do by default.
 */
export function waitUntilNeeded(options: ChildOptions): Promise<boolean> {
  const { stdin } = process;
  return new Promise((resolve) => {
    let isWaiting = true;
    void rehearse(options, () => isWaiting);
    const settle = (isNeeded: boolean): void => {
      isWaiting = false;
      // An open stdin would keep the process alive at its end.
      stdin.destroy();
      resolve(isNeeded);
    };
    stdin.once("data", () => settle(true));
    stdin.once("end", () => settle(false));
    stdin.once("error", () => settle(false));
  });
}

/** A lesson, then sessions; in pieces, so that a byte that comes meanwhile is not kept waiting. */
async function rehearse(options: ChildOptions, goesOn: () => boolean): Promise<void> {
  await nextTurn();
  if (!goesOn()) return;
  const lesson = new LessonRehearsal(REHEARSAL_ENTRIES);
  while (goesOn() && lesson.step()) await nextTurn();
  if (!goesOn()) return;
  const { configuration, diagnostics } = await readConfigurationFiles(options.files, options);
  // What is wrong with it is told by the process that is to run it.
  if (!hasAlerts(diagnostics)) await rehearseSessions(configuration, goesOn);
}
