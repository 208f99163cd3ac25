import { describe, expect, test } from "vitest";
import { freePort } from "../../support/ports.ts";
import { has, skipNote } from "../../support/programs.ts";
import { compileLoad } from "../load.ts";
import { printPeersTable, readPeersOptions } from "./bench.ts";
import { PEERS_MEASURES } from "./measures.ts";

const isMissing = !has("haproxy") || !has("cc");

test("readPeersOptions() takes sizes and refuses what is none, and measures that do not exist", () => {
  expect(readPeersOptions(["--entries", "1000000", "--only", "teach"])).toMatchObject({
    runs: 3,
    entryCount: 1_000_000,
    only: "teach",
  });
  expect(readPeersOptions(["--entries", "many"])).toBeUndefined();
  expect(readPeersOptions(["--only", "nothing"])).toBeUndefined();
  expect(readPeersOptions(["--help"])).toBeUndefined();
});

test("printPeersTable() gives the ratio of pairs of one program", () => {
  const of = (median: number): { min: number; median: number; max: number } => ({
    min: median,
    median,
    max: median,
  });
  const byPair = { "haproxy to haproxy": of(2), "tandem to tandem": of(3) };
  expect(
    printPeersTable([{ figure: "time, s", byPair }])
      .split("\n")
      .at(-1),
  ).toBe("| time, s | 2.00 (2.00 to 2.00) | 3.00 (3.00 to 3.00) |  |  | 1.50 |");
});

describe.skipIf(isMissing)(
  `the measures${has("haproxy") ? skipNote("cc") : skipNote("haproxy")}`,
  () => {
    test("give figures at a small size, with both programs", { timeout: 120_000 }, async () => {
      const load = await compileLoad();
      const brokerPort = await freePort();
      await load.serve("broker", brokerPort);
      const sizes = { entryCount: 3_000, liveCount: 300, resyncCount: 3_000 };
      const run = async (name: string, ...kinds: ["haproxy" | "tandem", "haproxy" | "tandem"]) => {
        const measure = PEERS_MEASURES.find((candidate) => candidate.name === name)!;
        const figures = await measure.run({ load, brokerPort }, ...kinds, sizes);
        expect(Object.values(figures).every(Number.isFinite)).toBe(true);
        return figures;
      };
      const taught = await run("teach", "haproxy", "tandem");
      expect(taught["entries taught, 1/s"]).toBeGreaterThan(0);
      await run("teach", "tandem", "haproxy");
      await run("live", "tandem", "tandem");
      await run("restart", "haproxy", "haproxy");
    });
  },
);
