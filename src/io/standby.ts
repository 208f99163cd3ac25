// A balancer that is loaded and waits to be needed: most of a start is the loading of the program.
import { REHEARSAL_ENTRIES } from "../limits.ts";
import { LessonRehearsal } from "../peers/rehearsal.ts";

/**
 * Waits for a byte on stdin, and says whether one came: at the end of the pipe its writer has ended,
 * and nobody will need this process. Signals end the process meanwhile as they do by default.
 */
export function waitUntilNeeded(): Promise<boolean> {
  const { stdin } = process;
  return new Promise((resolve) => {
    let isWaiting = true;
    rehearse(() => isWaiting);
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

/** Learns for practice, in pieces, so that a byte that comes meanwhile is not kept waiting. */
function rehearse(goesOn: () => boolean): void {
  setImmediate(() => {
    if (!goesOn()) return;
    const lesson = new LessonRehearsal(REHEARSAL_ENTRIES);
    const step = (): void => {
      if (goesOn() && lesson.step()) setImmediate(step);
    };
    step();
  });
}
