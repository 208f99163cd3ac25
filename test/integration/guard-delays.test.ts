// How long a dead or stopped agent's will waits. The figures are printed; the bounds are generous.
import { beforeAll, describe, expect, test } from "vitest";
import { compilePrograms, startNode, wallMs } from "./guard-harness.ts";

const RUNS = 7;

beforeAll(compilePrograms);

describe("guard: delays", () => {
  test.each([
    ["kill -9", "SIGKILL", 100],
    ["SIGSTOP", "SIGSTOP", 600],
    ["busy loop", "SIGWINCH", 1_200],
  ] as const)(
    "from %s of the agent to its will",
    { timeout: 120_000 },
    async (how, signal, maxMs) => {
      const node = await startNode({
        settings: { restartBudget: { count: 1_000, periodMs: 60_000 } },
      });
      const delays: number[] = [];
      for (let run = 1; run <= RUNS; run++) {
        const pid = await node.run("agent", run);
        await node.childNote("agent", "bequeathed", run);
        await node.childNote("agent", "report serving", run);
        const hurtMs = wallMs();
        process.kill(pid, signal);
        delays.push((await node.guardNote(/^ip addr del/, run)) - hurtMs);
      }
      const sorted = delays.toSorted((one, other) => one - other);
      const median = sorted[RUNS >> 1]!;
      console.log(
        `${how} → will: median ${median.toFixed(1)} ms, most ${sorted.at(-1)!.toFixed(1)} ms`,
      );
      expect(median).toBeLessThan(maxMs);
    },
  );
});
