// The units, as systemd reads them.
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runToEnd } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { installedTree } from "./install-harness.ts";

const SYSTEM_UNITS = "/usr/lib/systemd/system";
/** How systemd 252 rates each, in tenths: 0 is best, 100 worst (systemd-analyze(1)). */
const RATINGS: Readonly<Record<string, number>> = {
  "tandem.service": 24,
  "tandem-agent.service": 24,
  "tandem-balancer.service": 17,
};
/** Other versions look at other things. */
const SLACK = 10;
const UNITS = Object.keys(RATINGS);

describe.skipIf(!has("systemd-analyze"))(`systemd units${skipNote("systemd-analyze")}`, () => {
  let root: string;

  beforeAll(async () => {
    root = await installedTree();
    // Units refer to targets and sockets of systemd, and to the shell.
    mkdirSync(path.join(root, SYSTEM_UNITS), { recursive: true });
    for (const unit of readdirSync(SYSTEM_UNITS)) {
      if (!/\.(?:target|slice|socket|mount)$/.test(unit)) continue;
      copyFileSync(path.join(SYSTEM_UNITS, unit), path.join(root, SYSTEM_UNITS, unit));
    }
    mkdirSync(path.join(root, "bin"), { recursive: true });
    copyFileSync("/bin/sh", path.join(root, "bin", "sh"));
  });

  test("systemd finds nothing to complain of", async () => {
    const { code, stdout, stderr } = await runToEnd({
      command: "systemd-analyze",
      args: ["verify", "--man=no", `--root=${root}`, ...UNITS],
    });
    expect([code, stdout + stderr]).toEqual([0, ""]);
  });

  test.each(UNITS)("%s is shut in as well as it was", async (unit) => {
    const { stdout: version } = await runToEnd({
      command: "systemd-analyze",
      args: ["--version"],
    });
    const threshold = RATINGS[unit]! + (version.startsWith("systemd 252 ") ? 0 : SLACK);
    const args = ["security", "--offline=true", "--no-pager", `--root=${root}`];
    const { code, stdout } = await runToEnd({
      command: "systemd-analyze",
      args: [...args, `--threshold=${threshold}`, unit],
    });
    expect(code, stdout).toBe(0);
  });

  test.skipIf(!has("systemd-sysusers"))("user and folders are made", async () => {
    const users = await runToEnd({
      command: "systemd-sysusers",
      args: ["--dry-run", path.join(root, "usr/lib/sysusers.d/tandem.conf")],
    });
    expect([users.code, users.stderr]).toEqual([0, expect.stringContaining("user 'tandem'")]);
  });
});
