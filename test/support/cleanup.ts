// One place that sees to it that whatever a test started is ended, also when the test fails.
// Inside vitest that happens by itself; a plain program (the bench) calls `endAll()`.

/** Ends one thing: a process, a server, a folder. Must be safe to call when it is gone already. */
export type End = () => Promise<void> | void;

interface Hooks {
  /** Registers with the running test; false when no test is running (`beforeAll`). */
  endWithTest(end: End): boolean;
}

const pending: End[] = [];
const hooks = await vitestHooks();

/**
 * Runs `end` exactly once: after the running test, after the file when called from `beforeAll`,
 * or when the returned function is called earlier. What was registered last ends first.
 */
export function endLater(end: End): () => Promise<void> {
  let ending: Promise<void> | undefined;
  const endOnce = (): Promise<void> => {
    ending ??= Promise.resolve(end());
    return ending;
  };
  if (hooks?.endWithTest(endOnce) !== true) pending.push(endOnce);
  return endOnce;
}

/** Ends all that no test owns, last first; only then rejects with the first failure. */
export async function endAll(): Promise<void> {
  const failures: unknown[] = [];
  for (let end = pending.pop(); end !== undefined; end = pending.pop()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** vitest refuses to be imported by a plain program, hence the dynamic import. */
async function vitestHooks(): Promise<Hooks | undefined> {
  if (process.env["VITEST"] === undefined) return undefined;
  const { afterAll, onTestFinished, TestRunner } = await import("vitest");
  afterAll(endAll);
  return {
    endWithTest(end) {
      if (TestRunner.getCurrentTest() === undefined) return false;
      onTestFinished(async () => {
        await end();
      });
      return true;
    },
  };
}
