import { expect, test } from "vitest";
import { loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { compileProgram } from "../support/compiled.ts";
import { runToEnd } from "../support/process.ts";

// With scripts/sanitize its end is where leaks are looked for.
test.skipIf(loadMoverAddon().addon === undefined)(
  "a process whose native mover is shut down ends by itself",
  async () => {
    const program = compileProgram("test/integration/mover-many.ts");
    const ended = await runToEnd({ command: process.execPath, args: [program, "300", "10"] });
    expect(ended.stderr).toBe("");
    expect(ended.stdout).toBe("300 relays\n");
  },
);
