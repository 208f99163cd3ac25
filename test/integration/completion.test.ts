// Completion as the shells do it, each with its script from packaging/completion.
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/ports.ts";
import { findProgram, has, skipNote } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { startTandem, tandemProgram } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";

const SCRIPTS = path.join(REPOSITORY_DIR, "packaging", "completion");

/** Of one run of a shell, which asks the program a few times; the machine may be busy. */
const SHELL_MS_MAX = 60_000;

const config = (port: number): string => `
defaults
  timeout connect 1s
  timeout client 1s
  timeout server 1s
listen be
  mode tcp
  bind 127.0.0.1:${port}
  server broker1 127.0.0.1:1
  server broker2 127.0.0.1:1
`;

let home: string;
let control: string;

/** Each line to complete, and what is offered. */
let cases: readonly (readonly [line: string, offered: readonly string[]])[];

beforeAll(async () => {
  home = tempDir();
  mkdirSync(path.join(home, "bin"));
  symlinkSync(tandemProgram(), path.join(home, "bin", "tandem"));
  writeFileSync(path.join(home, "lb.cfg"), "");
  control = (await startTandem({ config: config(await freePort()) })).controlPath;
  cases = [
    ["tandem s", ["sessions", "status", "switchover"]],
    ["tandem sessions --sort ", ["age", "bytes", "idle", "packets"]],
    ["tandem sessions --so", ["--sort"]],
    ["tandem check -f l", ["lb.cfg"]],
    [`tandem drain --control ${control} be/`, ["be/broker1", "be/broker2"]],
  ];
});

/** What a shell prints that runs this script. */
function run(shell: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(findProgram(shell)!, args, {
    cwd: home,
    encoding: "utf8",
    timeout: SHELL_MS_MAX,
    env: {
      ...process.env,
      HOME: home,
      ZDOTDIR: home,
      TERM: "dumb",
      PATH: `${path.join(home, "bin")}:${process.env["PATH"] ?? ""}`,
    },
  });
  if (error !== undefined) throw error;
  expect(stderr).toBe("");
  return stdout;
}

describe("completion", () => {
  test("bash", () => {
    const script = `
      source ${SCRIPTS}/tandem.bash
      [[ $(complete -p tandem) == 'complete -o default -F _tandem tandem' ]] || exit 1
      COMP_WORDS=($1) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      [[ $1 == *' ' ]] && COMP_WORDS+=('') && COMP_CWORD=$((COMP_CWORD + 1))
      _tandem
      [ "\${#COMPREPLY[@]}" -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
    for (const [line, offered] of cases) {
      // Readline puts files where nothing is offered.
      const expected = line.includes(" -f ") ? [] : offered;
      const found = run("bash", ["--norc", "-c", script, "bash", line]).split("\n").slice(0, -1);
      expect(found.sort(), line).toEqual(expected);
    }
  }, 120_000);

  test.skipIf(!has("fish"))(
    `fish${skipNote("fish")}`,
    () => {
      for (const [line, offered] of cases) {
        const script = `source ${SCRIPTS}/tandem.fish; complete -C '${line}'`;
        const found = run("fish", ["--no-config", "-c", script]).trimEnd().split("\n");
        expect(found.map((each) => each.split("\t")[0]).sort(), line).toEqual(offered);
      }
    },
    120_000,
  );

  // A shell with a terminal of its own; what it offers is what it then writes there.
  test.skipIf(!has("zsh"))(
    `zsh${skipNote("zsh")}`,
    () => {
      for (const [line, offered] of cases) {
        // One candidate is written behind the line, several are listed below it.
        const pattern = offered.length === 1 ? `*${offered[0]!}*` : `*${offered.join("*")}*`;
        const script = `
          zmodload zsh/zpty
          zpty shell zsh -f -i
          zpty -w shell 'fpath=(${SCRIPTS} $fpath); autoload -Uz compinit; compinit -u -D'
          zpty -w shell 'bindkey "^I" complete-word; setopt noautomenu nolistambiguous'
          zpty -w shell "PS1='rea''dy> '"
          zpty -r shell seen '*ready> *' || exit 1
          zpty -w -n shell $'${line}\\t'
          zpty -r shell seen '${pattern}' || exit 1
          print -r -- $seen
          zpty -d shell`;
        expect(run("zsh", ["-f", "-c", script]), line).toContain(offered.at(-1));
      }
    },
    300_000,
  );
});
