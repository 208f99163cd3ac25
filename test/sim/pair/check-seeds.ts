// Many lives of a pair, and how to see one of them again.
import { expect } from "vitest";
import { runPair } from "./run-pair.ts";

const TRACE_LINES = 60;

/** How many seeds all files together run. */
export const SEED_COUNT = process.env["TANDEM_TEST_LONG"] === "1" ? 100_000 : 500;

/** Runs `first`, `first + step`... up to `SEED_COUNT`, or the one of TANDEM_TEST_SEED; fails at the first that is wrong. */
export function checkSeeds(first: number, step: number): void {
  const only = process.env["TANDEM_TEST_SEED"];
  if (only !== undefined) {
    checkSeed(Number(only));
    return;
  }
  for (let seed = first; seed <= SEED_COUNT; seed += step) checkSeed(seed);
}

function checkSeed(seed: number): void {
  let wrong: string | undefined;
  try {
    wrong = runPair({ seed }).wrong;
  } catch (error) {
    wrong = (error as Error).stack;
  }
  if (wrong === undefined) return;
  const trace = traceOf(seed).slice(-TRACE_LINES).join("\n");
  const again = `TANDEM_TEST_SEED=${seed} npx vitest run test/sim/pair/first-half.test.ts`;
  expect.unreachable(`seed ${seed}: ${wrong}\n${trace}\nagain: ${again}`);
}

function traceOf(seed: number): readonly string[] {
  try {
    return runPair({ seed, isTraced: true }).trace;
  } catch {
    return [];
  }
}
