// Manual pages and completion say what the table of commands says.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../cli/command-table.ts";
import { declaredOf } from "../../../cli/declared-options.ts";
import { complete } from "../../../cli/manual/complete.ts";
import { commandPage, overviewPage } from "../../../cli/manual/page.ts";
import { findProgram } from "../../support/programs.ts";
import { REPOSITORY_DIR } from "../../support/repository.ts";

const FOLDER = path.join(REPOSITORY_DIR, "docs", "man");

const PAGES = new Map([
  ["tandem.1", overviewPage(COMMANDS)],
  ...COMMANDS.map((entry): [string, string] => [`tandem-${entry.name}.1`, commandPage(entry)]),
]);

if (process.env["UPDATE_DOCS"] === "1") {
  for (const name of readdirSync(FOLDER)) rmSync(path.join(FOLDER, name));
  for (const [name, page] of PAGES) writeFileSync(path.join(FOLDER, name), page);
}

describe("manual pages", () => {
  test("docs/man has those of all commands and no others: run scripts/docs", () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...PAGES.keys()].sort());
    for (const [name, page] of PAGES) {
      expect(readFileSync(path.join(FOLDER, name), "utf8"), name).toBe(page);
    }
  });

  test("every command has an example, exit codes and a word on each option", () => {
    for (const entry of COMMANDS) {
      const { examples, options, positionals } = declaredOf(entry);
      expect(entry.exitCodes.length, entry.name).toBeGreaterThan(1);
      if (entry.name !== "version") expect(examples.length, entry.name).toBeGreaterThan(0);
      for (const { name, describe: text } of [...options, ...positionals]) {
        expect(text, `${entry.name} ${name}`).not.toBe("");
      }
    }
  });

  const groff = findProgram("groff");
  test.skipIf(groff === undefined)("groff warns of nothing", () => {
    for (const [name, page] of PAGES) {
      const args = ["-man", "-Tutf8", "-ww", "-z"];
      const { stderr, status } = spawnSync(groff!, args, { input: page, encoding: "utf8" });
      expect({ name, stderr, status }).toEqual({ name, stderr: "", status: 0 });
    }
  });
});

describe("completion", () => {
  test.each([
    [["s"], ["status", "sessions", "switchover"]],
    [["sessions", "--so"], ["--sort"]],
    [["sessions", "--sort", "b"], ["bytes"]],
    [["nosuch", ""], undefined],
    [["check", "-f", ""], undefined],
    [["table", "t", ""], undefined],
  ])("%j", (words, expected) => {
    const found = complete(words, COMMANDS);
    if (expected === undefined) expect(found).toEqual({ kind: "shell" });
    else expect(found).toEqual({ kind: "words", words: expected });
  });

  test("servers and tables are asked for, also behind options", () => {
    expect(complete(["drain", "br"], COMMANDS)).toEqual({ kind: "ask", what: "servers" });
    expect(complete(["drain", "a/b", ""], COMMANDS)).toEqual({ kind: "ask", what: "servers" });
    const behind = ["table", "--control-dir", "/x", ""];
    expect(complete(behind, COMMANDS)).toEqual({ kind: "ask", what: "tables" });
  });
});
