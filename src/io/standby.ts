// A balancer that is loaded and waits to be needed: most of a start is the loading of the program.

/**
 * Waits for a byte on stdin, and says whether one came: at the end of the pipe its writer has ended,
 * and nobody will need this process. Signals end the process meanwhile as they do by default.
 */
export function waitUntilNeeded(): Promise<boolean> {
  const { stdin } = process;
  return new Promise((resolve) => {
    const settle = (isNeeded: boolean): void => {
      // An open stdin would keep the process alive at its end.
      stdin.destroy();
      resolve(isNeeded);
    };
    stdin.once("data", () => settle(true));
    stdin.once("end", () => settle(false));
    stdin.once("error", () => settle(false));
  });
}
