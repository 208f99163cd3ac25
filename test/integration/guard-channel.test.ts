// The agent's end of the pipe to its guard, in a process of its own.
import { expect, test } from "vitest";
import { compileProgram } from "../support/compiled.ts";
import { waitFor } from "../support/wait-for.ts";
import { Supervised } from "./life-harness.ts";

test("an agent beats as often as the guard says, from then on", async () => {
  const agent = new Supervised([
    process.execPath,
    compileProgram("test/support/fake-child.ts"),
    "agent",
  ]);
  const beatCount = (): number => agent.beats().length;
  await waitFor(() => beatCount() >= 5);
  agent.send('{"kind":"beat","everyMs":10000}\n');
  // The first one of the new period comes at once; those under way may come before it.
  let heard = -1;
  let silentSinceMs = 0;
  await waitFor(() => {
    if (beatCount() !== heard) silentSinceMs = performance.now();
    heard = beatCount();
    return performance.now() - silentSinceMs > 1_000;
  });
  agent.send('{"kind":"beat","everyMs":20}\n{"kind":"beat"}\n');
  await waitFor(() => beatCount() >= heard + 20);
  agent.send('{"kind":"stop"}\n');
  expect(await agent.exited).toEqual({ code: 0, signal: null });
});
