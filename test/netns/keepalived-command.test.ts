// The built `keepalived` in the background, killed, and `tandem release` after it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { endLater } from "../support/cleanup.ts";
import { createLan, noNamespaces, type Host } from "../support/netns.ts";
import { runToEnd } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const VIP = "10.98.0.100";
const CONFIG = `vrrp_instance V {
  interface eth0
  virtual_router_id 77
  version 3
  advert_int 0.1
  priority 101
  virtual_ipaddress {
    ${VIP}/24
  }
}
`;

function program(name: string): string {
  return path.join(REPOSITORY_DIR, "bin", name);
}

/** A process and its children, children first. */
async function family(host: Host, pid: number): Promise<readonly number[]> {
  const { stdout } = await host.run("pgrep", "-P", String(pid));
  return [
    ...stdout
      .split("\n")
      .filter((line) => line !== "")
      .map(Number),
    pid,
  ];
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function isRunning(pid: number, file: string): boolean {
  const path = `/proc/${pid}/cmdline`;
  return existsSync(path) && readFileSync(path, "utf8").includes(file);
}

/** Starts `keepalived` without -n; the process ids of its guard and children. */
async function startInBackground(
  host: Host,
  dir: string,
  file: string,
): Promise<readonly number[]> {
  const pidfile = path.join(dir, "pid");
  const words = ["-x", "-G", "-f", file, "-p", pidfile];
  const started = await host.run("env", `TMPDIR=${dir}`, program("keepalived"), ...words);
  expect(started.stderr).toBe("--snmp has no effect: there is no SNMP\n");
  expect(started.code).toBe(0);
  const pids = await family(host, Number(readFileSync(pidfile, "utf8")));
  // They are nobody's children any more. An id counts only while its command line names our file.
  endLater(() => signal(pids.filter((pid) => isRunning(pid, file)).reverse(), "SIGKILL"));
  return pids;
}

describe.skipIf(noNamespaces !== undefined)(`bin/keepalived ${noNamespaces ?? ""}`, () => {
  test("goes to the background, holds the VIP, and gives it up when it is stopped", async () => {
    const host = (await createLan(["a"])).host("a");
    const dir = tempDir();
    const file = path.join(dir, "k.conf");
    writeFileSync(file, CONFIG);
    const pids = await startInBackground(host, dir, file);
    await waitFor(() => host.hasAddress(VIP), { what: "the VIP" });
    signal(pids.slice(-1), "SIGTERM");
    await waitFor(async () => !(await host.hasAddress(VIP)), { what: "the release" });
  });

  test("release cleans up after everything was killed, from outside the namespace, too", async () => {
    const host = (await createLan(["a"])).host("a");
    const dir = tempDir();
    const file = path.join(dir, "k.conf");
    writeFileSync(file, CONFIG);
    const pids = await startInBackground(host, dir, file);
    await waitFor(() => host.hasAddress(VIP), { what: "the VIP" });
    signal([...pids].reverse(), "SIGSTOP");
    signal(pids, "SIGKILL");
    expect(await host.hasAddress(VIP)).toBe(true);
    const first = await host.run(program("tandem"), "release", "-k", file);
    expect(first).toMatchObject({ code: 0, stdout: `Removed ${VIP}/24 dev eth0\n`, stderr: "" });
    expect(await host.hasAddress(VIP)).toBe(false);
    const again = await host.run(program("tandem"), "release", "-k", file);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toContain("Nothing to remove");
    await host.mustRun("ip", "address", "add", `${VIP}/24`, "dev", "eth0");
    const outside = await runToEnd({
      command: program("tandem"),
      args: ["release", "-k", file, "-s", host.namespace],
    });
    expect(outside).toMatchObject({ code: 0, stdout: `Removed ${VIP}/24 dev eth0\n`, stderr: "" });
    expect(await host.hasAddress(VIP)).toBe(false);
  });

  test("a file that is not there is a problem for release", async () => {
    const host = (await createLan(["a"])).host("a");
    const ended = await host.run(program("tandem"), "release", "-k", "/nonexistent/k.conf");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("/nonexistent/k.conf cannot be used");
  });
});
