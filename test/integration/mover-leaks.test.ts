// The native mover under valgrind, in a Node that compiles nothing. What it holds is looked at while it still runs:
// at its end it would free what it had forgotten to free before.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { compileProgram } from "../support/compiled.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { readValgrindLog } from "../support/valgrind.ts";

/** `scripts/sanitize --valgrind` asks for more. A few take 15 s of CPU already, so they are left to `scripts/test --long`. */
const ASKED = process.env["TANDEM_LEAK_CONNECTIONS"];
const CONNECTIONS = Number(ASKED ?? 400);
const isWanted = ASKED !== undefined || process.env["TANDEM_TEST_LONG"] === "1";
const PARALLEL = 32;
/** The mover, its thread and lists, and relays that are freed in batches of 64, of up to three blocks each. */
const REACHABLE_BLOCKS_MAX = 250;

test.skipIf(!isWanted || !has("valgrind") || loadMoverAddon().addon === undefined)(
  `no byte is lost over ${CONNECTIONS} connections ${skipNote("valgrind")}`,
  { timeout: 300_000 + CONNECTIONS * 100 },
  async () => {
    const program = compileProgram("test/integration/mover-many.ts");
    const log = path.join(tempDir(), "valgrind.log");
    const memcheck = [
      ...["--leak-check=full", "--show-leak-kinds=all", "--num-callers=12", `--log-file=${log}`],
      // Code that is made at run time, and threads that each get their turn.
      ...["--smc-check=all-non-file", "--fair-sched=try"],
    ];
    const ended = await runToEnd({
      command: "valgrind",
      args: [
        ...[...memcheck, process.execPath, "--jitless", "--no-warnings", program],
        ...[String(CONNECTIONS), String(PARALLEL), "open"],
      ],
    });
    expect(ended.stdout).toBe(`${CONNECTIONS} relays\n`);
    const found = readValgrindLog(readFileSync(log, "utf8"), "tandem_mover.node");
    expect(found).toMatchObject({ lostBytes: 0, errors: [] });
    // Less than nothing would mean that the log could not be read.
    expect(found.reachableBlocks).toBeGreaterThan(0);
    expect(found.reachableBlocks).toBeLessThan(REACHABLE_BLOCKS_MAX);
    console.log(
      `valgrind: ${found.reachableBlocks} blocks in use after ${CONNECTIONS} connections`,
    );
  },
);
