// Every script of a shell, as shellcheck reads it.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { has, skipNote } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";

/** Files that git knows, or would take, and that a shell runs. */
function shellScripts(): string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const files = execFileSync("git", args, { cwd: REPOSITORY_DIR }).toString().split("\0");
  return [...new Set(files)].filter((file) => {
    if (!/^(?:bin|scripts|packaging|vagrant|\.ci)\//.test(file)) return false;
    return file.endsWith(".sh") || /^#!.*\b(?:ba|da)?sh\b/.test(firstLine(file));
  });
}

function firstLine(file: string): string {
  try {
    return readFileSync(path.join(REPOSITORY_DIR, file), "latin1").split("\n", 1)[0]!;
  } catch {
    // Removed, and not committed.
    return "";
  }
}

function findings(args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(
    "shellcheck",
    ["--external-sources", "--format=gcc", ...args],
    { cwd: REPOSITORY_DIR, encoding: "utf8" },
  );
  return stdout + stderr;
}

describe.skipIf(!has("shellcheck"))(`shell scripts${skipNote("shellcheck")}`, () => {
  test("shellcheck has nothing to say", () => {
    const scripts = shellScripts();
    expect(scripts).toContain("scripts/install");
    // What is read by `source` has no first line that names its shell.
    const libraries = scripts.filter((file) => !firstLine(file).startsWith("#!"));
    const programs = scripts.filter((file) => !libraries.includes(file));
    expect(findings(["--shell=bash", ...libraries]) + findings(programs)).toBe("");
  }, 60_000);
});
