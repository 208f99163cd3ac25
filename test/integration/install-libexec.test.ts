// What the units call: checks before a start and a reload, stops, restarts after an upgrade.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { runToEnd, startProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

const GOOD_CFG = `defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen l
  bind 127.0.0.1:1883
  server s1 127.0.0.1:1884
`;

/** Of an interface that no machine has, which is permitted to come when it likes. */
const GOOD_CONF = `global_defs {
  dynamic_interfaces
}
vrrp_instance mqtt {
  state BACKUP
  interface nosuch0
  virtual_router_id 201
  priority 150
  virtual_ipaddress {
    10.98.0.100/24
  }
}
`;

/** The tree's bin/tandem, or a script in its place that knows its words by $1, $2 ... */
function tree(tandem?: string): string {
  const folder = tempDir();
  cpSync(path.join(REPOSITORY_DIR, "packaging/libexec"), path.join(folder, "libexec"), {
    recursive: true,
  });
  mkdirSync(path.join(folder, "bin"));
  const real = path.join(REPOSITORY_DIR, "bin/tandem");
  writeProgram(path.join(folder, "bin/tandem"), tandem ?? `exec ${real} "$@"`);
  return folder;
}

function writeProgram(file: string, text: string): void {
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

interface Files {
  readonly cfg?: string;
  readonly conf?: string;
  readonly options?: string;
}

async function check(when: string, what: string, { cfg, conf, options }: Files, tandem?: string) {
  const folder = tree(tandem);
  const haproxyCfg = path.join(folder, "haproxy.cfg");
  const keepalivedConf = path.join(folder, "keepalived.conf");
  if (cfg !== undefined) writeFileSync(haproxyCfg, cfg);
  if (conf !== undefined) writeFileSync(keepalivedConf, conf);
  const { code, stderr } = await runToEnd({
    command: path.join(folder, "libexec/check-configuration"),
    args: [when, what],
    env: {
      TANDEM_HAPROXY_CFG: haproxyCfg,
      TANDEM_KEEPALIVED_CONF: keepalivedConf,
      TANDEM_OPTIONS: options ?? "",
    },
  });
  return { code, stderr };
}

describe("check-configuration", { timeout: 60_000 }, () => {
  test.each(["start", "reload"])("good files pass in silence before a %s", async (when) => {
    const files = { cfg: GOOD_CFG, conf: GOOD_CONF };
    expect(await check(when, "node", files)).toEqual({ code: 0, stderr: "" });
  });

  test("the parts need their own file alone", async () => {
    expect((await check("start", "balancer", { cfg: GOOD_CFG })).code).toBe(0);
    expect((await check("start", "agent", { conf: GOOD_CONF })).code).toBe(0);
  });

  test("a missing file is named, with what to do", async () => {
    const { code, stderr } = await check("start", "node", { cfg: GOOD_CFG });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/keepalived\.conf is missing: copy \S+keepalived\.conf\.example/),
    ]);
  });

  test.each(["start", "reload"])("a balancer's error refuses a %s", async (when) => {
    const files = { cfg: `${GOOD_CFG}  nonsense\n`, conf: GOOD_CONF };
    const { code, stderr } = await check(when, "node", files);
    expect([code, stderr]).toEqual([1, expect.stringContaining("nonsense")]);
    expect(stderr.includes("running configuration stays")).toBe(when === "reload");
  });

  test("an interface that is not there yet refuses a reload, and no start", async () => {
    const files = { cfg: GOOD_CFG, conf: GOOD_CONF.replace("dynamic_interfaces", "") };
    const start = await check("start", "node", files);
    expect([start.code, start.stderr]).toEqual([0, expect.stringContaining("nosuch0")]);
    expect((await check("reload", "node", files)).code).toBe(5);
  });

  test.each(["start", "reload"])(
    "scripts without security are told of before a %s",
    async (when) => {
      const conf = `vrrp_script chk {\n  script "/bin/true"\n}\n${GOOD_CONF.replace(
        "state",
        "track_script {\n    chk\n  }\n  state",
      )}`;
      const { code, stderr } = await check(when, "node", { cfg: GOOD_CFG, conf });
      expect([code, stderr]).toEqual([0, expect.stringContaining("SECURITY VIOLATION")]);
    },
  );

  test("this node's names are passed on", async () => {
    const options = "--log-detail -L lb1 --config-id=two";
    const files = { cfg: "", conf: "", options };
    const { stderr } = await check("start", "node", files, 'echo "$*" >&2; exit 1');
    expect(stderr).toMatch(/^check -f \S+ --local-peer lb1 -k \S+ --config-id two\n/);
  });
});

describe("after-stop", () => {
  test.each([
    ["killed", "release -k /k.conf\n"],
    ["dumped", "release -k /k.conf\n"],
    ["exited", ""],
  ])("a guard that was %s", async (how, words) => {
    const { code, stdout } = await runToEnd({
      command: path.join(tree('echo "$*"'), "libexec/after-stop"),
      env: { EXIT_CODE: how, TANDEM_KEEPALIVED_CONF: "/k.conf" },
    });
    expect([code, stdout]).toEqual([0, words]);
  });
});

test("stop-guard signals once, and waits for the end", async () => {
  const guard = await startProcess({
    command: "sh",
    args: ["-c", 'trap "echo told; exit 0" TERM; echo ready; while :; do sleep 0.1; done'],
    ready: /ready/,
  });
  const { code } = await runToEnd({
    command: path.join(tree(), "libexec/stop-guard"),
    env: { MAINPID: String(guard.pid) },
  });
  expect([code, existsSync(`/proc/${guard.pid}`)]).toEqual([0, false]);
  expect((await guard.exited).code).toBe(0);
  expect(guard.stdout()).toBe("ready\ntold\n");
});

interface Standing {
  readonly state: string;
  readonly role?: string;
  /** What `tandem status` ends with after the restart. */
  readonly code?: number;
}

/** Runs restart-node beside a systemd that runs tandem.service, and says what was restarted. */
async function restart({ state, role, code = 0 }: Standing, ...args: readonly string[]) {
  const report = {
    agent: { instances: [{ name: "mqtt", state }] },
    otherNodes: role === undefined ? [] : [{ instance: "mqtt", role }],
  };
  const folder = tree(`[ "$2" != --json ] || echo '${JSON.stringify(report)}'; exit ${code}`);
  const calls = path.join(folder, "calls");
  mkdirSync(path.join(folder, "fake"));
  writeProgram(
    path.join(folder, "fake/systemctl"),
    `case $1 in is-active) [ "$3" = tandem.service ] ;; *) echo "$*" >>${calls} ;; esac`,
  );
  const { code: exit, stderr } = await runToEnd({
    command: path.join(folder, "libexec/restart-node"),
    args,
    env: {
      PATH: `${path.join(folder, "fake")}:${process.env["PATH"] ?? ""}`,
      TANDEM_RESTART_TRIES: "1",
    },
  });
  return { exit, stderr, calls: existsSync(calls) ? readFileSync(calls, "utf8") : "" };
}

describe("restart-node", () => {
  const RESTARTED = "restart tandem.service\n";

  test.each([
    ["a backup", { state: "BACKUP" }],
    ["a master that hears its pair", { state: "MASTER", role: "BACKUP" }],
    ["a node that serves in a degraded state", { state: "BACKUP", code: 1 }],
  ])("restarts %s", async (_name, standing) => {
    expect(await restart(standing)).toEqual({ exit: 0, stderr: "", calls: RESTARTED });
  });

  test.each([
    ["nobody", { state: "MASTER" }],
    ["nothing certain", { state: "MASTER", role: "unknown" }],
  ])("does not restart a master that hears %s, unless told to", async (_name, standing) => {
    const refused = await restart(standing);
    expect([refused.exit, refused.calls]).toEqual([1, ""]);
    expect(refused.stderr).toContain("hears no other node");
    expect((await restart(standing, "--force")).calls).toBe(RESTARTED);
  });

  test("says when the node does not serve after it", async () => {
    const { exit, stderr } = await restart({ state: "BACKUP", code: 2 });
    expect([exit, stderr]).toEqual([1, expect.stringContaining("does not serve")]);
  });
});
