// The verdict of the installed `keepalived -t` on each file of the corpus beside ours.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readKeepalivedConfiguration, type ReadOutcome } from "../../ha/config/read.ts";
import { fileSources, userExists } from "../../ha/io/configuration-files.ts";
import { checkScript } from "../../ha/io/script-security.ts";
import { has, skipNote } from "../support/programs.ts";
import { tempDir } from "../support/temp.ts";
import { keepalivedCorpus } from "./keepalived-corpus.ts";

/** Where the verdict differs on purpose. */
const DIFFERENT: Readonly<Record<string, string>> = {
  "script interval fraction": "taken, as Keepalived 2.3.2 and newer do",
  "tandem lines": "a comment for Keepalived, a misspelt directive here",
};

const CORPUS = keepalivedCorpus();
const INTERFACES: ReadonlySet<string> = new Set(["lo", "eth0", "eth1"]);
const canRun = has("keepalived") && process.getuid?.() === 0;
const note = canRun ? "" : skipNote("keepalived") || " (skipped: needs root)";

/** Interfaces of its own, then `keepalived -t` for every file of a folder; prints the exit codes. */
const SCRIPT = `
ip link add eth0 type veth peer name p0 && ip link add eth1 type veth peer name p1 || exit 1
ip addr add 10.9.9.1/24 dev eth0
for i in lo p0 p1 eth0 eth1; do ip link set $i up; done
for f in "$1"/*.conf; do
  timeout -s KILL 10 keepalived -t -i lb1 -f "$f" >"$f.out" 2>&1
  echo "$?"
done
`;

function ours(file: string): ReadOutcome {
  return readKeepalivedConfiguration({
    file,
    sources: fileSources(),
    hostName: "lb1",
    environment: {},
    interfaceExists: (name) => INTERFACES.has(name),
    scriptAccess: checkScript,
    userExists,
    hasBalancer: false,
  });
}

describe.skipIf(!canRun)(`the check of keepalived.conf, beside keepalived -t${note}`, () => {
  let dir = "";
  let codes: readonly number[] = [];

  beforeAll(() => {
    dir = tempDir();
    CORPUS.forEach(({ text }, i) => writeFileSync(fileOf(i), text));
    const printed = execFileSync("unshare", ["-n", "sh", "-c", SCRIPT, "sh", dir], {
      encoding: "utf8",
      timeout: 120_000,
    });
    codes = printed.trim().split("\n").map(Number);
  }, 130_000);

  function fileOf(index: number): string {
    return path.join(dir, `${String(index).padStart(3, "0")}.conf`);
  }

  test("the corpus is large enough, and every difference names a file of it", () => {
    expect(codes.length).toBe(CORPUS.length);
    expect(CORPUS.length).toBeGreaterThanOrEqual(80);
    const names = new Set(CORPUS.map(({ name }) => name));
    expect(Object.keys(DIFFERENT).filter((name) => !names.has(name))).toEqual([]);
  });

  test("the exit codes are the same", () => {
    const differing = CORPUS.flatMap(({ name }, i) => {
      const { exitCode, diagnostics } = ours(fileOf(i));
      if (exitCode === codes[i]) return [];
      const theirs = readFileSync(`${fileOf(i)}.out`, "utf8");
      const said = diagnostics.map((one) => `${one.position?.line ?? "-"} ${one.message}`);
      return [{ name, theirs: codes[i], text: theirs, ours: exitCode, said }];
    });
    const unexpected = differing.filter(({ name }) => DIFFERENT[name] === undefined);
    expect(unexpected).toEqual([]);
    expect(differing.map(({ name }) => name).sort()).toEqual(Object.keys(DIFFERENT).sort());
  });
});
