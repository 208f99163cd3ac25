// A short `scripts/drill --chaos`: random faults, after which everything holds, and nothing is left.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { runToEnd } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

const LASTING = process.env["TANDEM_TEST_LONG"] === "1" ? "10m" : "8s";

describe.skipIf(noNamespaces !== undefined)(
  `a chaos run ${noNamespaces ?? ""}`,
  { timeout: 1_200_000 },
  () => {
    test("ends with everything as it was", async () => {
      const out = path.join(tempDir(), "report");
      const drill = path.join(REPOSITORY_DIR, "scripts", "drill");
      const words = ["--chaos", LASTING, "--seed", "5", "--devices", "10", "--out", out];
      // The program is none of vitest's, whatever it shares with the tests.
      const ended = await runToEnd({ command: "env", args: ["-u", "VITEST", drill, ...words] });
      expect(ended.code, ended.stdout + ended.stderr).toBe(0);
      expect(ended.stdout).toMatch(/^Seed 5: /);
      const report = readFileSync(path.join(out, "report.md"), "utf8");
      expect(report).toContain("everything held");
      const steps = readFileSync(path.join(out, "records.jsonl"), "utf8").trim().split("\n");
      expect(steps.length).toBeGreaterThan(0);
    });
  },
);
