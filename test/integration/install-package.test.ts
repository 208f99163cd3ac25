// The Debian package in a Debian that systemd runs. Minutes, hence with TANDEM_TEST_LONG=1 only.
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runToEnd } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { debianTree, Machine, noMachine } from "./install-machine.ts";

const skipped =
  process.env["TANDEM_TEST_LONG"] === "1" ? noMachine : "skipped: set TANDEM_TEST_LONG=1";

const CFG = `defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen mqtt
  bind :1883
  server s1 127.0.0.1:1884
`;

const CONF = `vrrp_instance mqtt {
  state BACKUP
  interface eth0
  virtual_router_id 201
  priority 150
  advert_int 1
  virtual_ipaddress {
    10.98.0.100/24
  }
}
`;

const SETTLED = { timeoutMs: 60_000, intervalMs: 100 };

describe.skipIf(skipped)(`the Debian package ${skipped ?? ""}`, { timeout: 300_000 }, () => {
  let machine: Machine;

  /** The guard, or 0 while there is none. */
  async function mainPid(): Promise<number> {
    return Number(await machine.must("systemctl", "show", "-P", "MainPID", "tandem"));
  }

  async function holdsVip(): Promise<boolean> {
    return (await machine.must("ip", "-br", "address", "show", "eth0")).includes("10.98.0.100");
  }

  /** Waits until another guard than `former` serves, and holds the address. */
  async function servesAgain(former: number): Promise<void> {
    await waitFor(
      async () => {
        const { stdout } = await machine.run("systemctl", "is-active", "tandem");
        return stdout.trim() === "active" && (await mainPid()) !== former && (await holdsVip());
      },
      { ...SETTLED, what: "another guard, and the VIP" },
    );
  }

  async function installPackage(): Promise<string> {
    return machine.must("dpkg", "--install", "/tandem.deb");
  }

  beforeAll(async () => {
    const tree = await debianTree();
    const built = await runToEnd({
      command: path.join(REPOSITORY_DIR, "scripts", "package"),
      args: ["--no-build", "--bundle-node", "--output", tempDir()],
    });
    expect(built.code, built.stderr).toBe(0);
    copyFileSync(built.stdout.trim(), path.join(tree, "tandem.deb"));
    machine = await Machine.boot(tree);
  }, 900_000);

  test("installs, and starts nothing", async () => {
    await installPackage();
    expect(await machine.must("tandem", "version")).toMatch(/^tandem \d/);
    expect((await machine.run("systemctl", "is-enabled", "tandem")).stdout).toBe("disabled\n");
    expect((await machine.run("systemctl", "is-active", "tandem")).stdout).toBe("inactive\n");
    expect(await machine.must("stat", "-c", "%U %a", "/var/lib/tandem")).toBe("tandem 750\n");
  });

  test("a start without files says what is missing", async () => {
    expect((await machine.run("systemctl", "start", "tandem")).code).not.toBe(0);
    const log = await machine.must("journalctl", "-u", "tandem", "-o", "cat");
    expect(log).toContain("/etc/tandem/haproxy.cfg is missing: copy");
    await machine.must("systemctl", "stop", "tandem");
  });

  test("a node starts as an ordinary user, in real time, and takes the address", async () => {
    machine.write("etc/tandem/haproxy.cfg", CFG);
    machine.write("etc/tandem/keepalived.conf", CONF);
    await machine.must("systemctl", "start", "tandem");
    await servesAgain(0);
    const pid = String(await mainPid());
    expect(await machine.must("chrt", "--pid", pid)).toMatch(/SCHED_RR[\s\S]*priority: 51/);
    expect(await machine.must("stat", "-c", "%U", `/proc/${pid}`)).toBe("tandem\n");
    expect((await machine.run("tandem", "status")).code).toBe(0);
  });

  test("a reload keeps the process; a bad file changes nothing", async () => {
    const pid = await mainPid();
    await machine.must("systemctl", "reload", "tandem");
    machine.write("etc/tandem/haproxy.cfg", `${CFG}  nonsense\n`);
    expect((await machine.run("systemctl", "reload", "tandem")).code).not.toBe(0);
    machine.write("etc/tandem/haproxy.cfg", CFG);
    expect([await mainPid(), await holdsVip()]).toEqual([pid, true]);
    const log = await machine.must("journalctl", "-u", "tandem", "-o", "cat");
    expect(log).toMatch(/"msg":"reloaded"[\s\S]*The reload is refused/);
  });

  test.each(["KILL", "STOP"])(
    "SIG%s for the guard: the agent resigns, all is restarted",
    async (name) => {
      const pid = await mainPid();
      expect(pid).toBeGreaterThan(1);
      const before = await resigned();
      await machine.must("sh", "-c", `kill -${name} ${pid}`);
      await servesAgain(pid);
      expect(await resigned()).toBeGreaterThan(before);
      // All were told, and had their time: with KillMode=mixed the agent may be killed before it resigns.
      const log = await machine.must("journalctl", "-u", "tandem", "-o", "cat");
      expect(log).not.toContain("with signal SIGKILL");
    },
  );

  async function resigned(): Promise<number> {
    const log = await machine.must("journalctl", "-u", "tandem", "-o", "cat");
    return log.split("sent 0 priority").length;
  }

  test("an upgrade leaves the node running, and says what to do", async () => {
    const pid = await mainPid();
    expect(await installPackage()).toContain("/usr/lib/tandem/libexec/restart-node");
    expect([await mainPid(), await holdsVip()]).toEqual([pid, true]);
    const refused = await machine.run("/usr/lib/tandem/libexec/restart-node");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("no other node")]);
    await machine.must("/usr/lib/tandem/libexec/restart-node", "--force");
    await servesAgain(pid);
  });

  test("purging ends the node in order, and leaves the administrator's files alone", async () => {
    await machine.must("dpkg", "--purge", "tandem-ha");
    expect(await holdsVip()).toBe(false);
    const gone = ["usr/lib/tandem", "usr/bin/tandem", "etc/default/tandem", "var/lib/tandem"];
    expect(gone.filter((place) => existsSync(machine.file(place)))).toEqual([]);
    expect(readFileSync(machine.file("etc/tandem/haproxy.cfg"), "utf8")).toBe(CFG);
  });
});
