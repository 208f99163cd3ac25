// `scripts/drill --on`: the same faults over ssh, here against two namespaces that each run an sshd.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { Cluster } from "../lab/cluster.ts";
import { agentText, balancerText, NODE_NAMES, VIP } from "../lab/configuration.ts";
import { noNamespaces, type Lan } from "../support/netns.ts";
import { has, skipReason } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const TANDEM = path.join(REPOSITORY_DIR, "bin", "tandem");
const SSHD = "/usr/sbin/sshd";
const missing = ["ssh", "sshd", "ssh-keygen", "sudo", "pgrep"].find((program) => !has(program));
const reason = noNamespaces ?? (missing === undefined ? undefined : skipReason(missing));
const WAIT = "until [ -S $dir/guard.sock ]; do sleep 0.1; done";

const ALL =
  "stop,kill-balancer,hang-balancer,kill-agent,hang-agent,kill-guard,freeze,link-down,vrrp-lost,reload,upgrade";
const IS_LONG = process.env["TANDEM_TEST_LONG"] === "1";
/** Each row, where there is time. */
const ROWS = {
  root: IS_LONG ? "stop,link-down" : "stop",
  admin: process.env["TANDEM_TEST_ROWS"] ?? (IS_LONG ? ALL : "link-down"),
} as const;

/** What a node is told by `systemctl` elsewhere; finds out by its address which node it is. */
function nodeCommand(folder: string): string {
  return `#!/bin/sh
case "$(ip -o -4 address show dev eth1)" in *" 10.99.0.1/"*) name=lb1 ;; *) name=lb2 ;; esac
dir=${folder}/$name
case $1 in
  status)
    [ -S $dir/guard.sock ] || date >>$dir/asked-in-vain
    exec ${TANDEM} "$@" --control-dir $dir ;;
  start)
    rm -f $dir/*.sock
    TMPDIR=$dir setsid ${TANDEM} run -f $dir/haproxy.cfg -k $dir/keepalived.conf --control-dir $dir \\
      </dev/null >>$dir/log 2>&1 &
    echo $! >$dir/pid
    ${WAIT} ;;
  stop) kill -TERM "$(cat $dir/pid)" ;;
  reload) kill -HUP "$(cat $dir/pid)" ;;
esac
`;
}

/** Who comes in: root, or a user of these namespaces alone who may sudo. */
const LOGINS = ["root", "admin"] as const;
type Login = (typeof LOGINS)[number];

/** What makes `admin` a user, written over files of /etc in a namespace of mounts. */
const ADMIN_FILES: Readonly<Record<string, string>> = {
  passwd: [
    "root:x:0:0:root:/root:/bin/sh",
    "sshd:x:106:65534::/run/sshd:/bin/false",
    "admin:*:4242:4242::/:/bin/sh\n",
  ].join("\n"),
  group: "root:x:0:\nadmin:x:4242:\n",
  sudoers: "Defaults env_reset\nadmin ALL=(ALL) NOPASSWD: ALL\n",
};

/** Starts an sshd on each node; gives what ssh has to be told. */
async function startSshd(lan: Lan, folder: string): Promise<string> {
  // Privilege separation wants it.
  mkdirSync("/run/sshd", { recursive: true });
  const hostKey = path.join(folder, "host-key");
  const key = path.join(folder, "key");
  for (const file of [hostKey, key]) {
    await lan.host("client").mustRun("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file);
  }
  const config = path.join(folder, "sshd_config");
  writeFileSync(
    config,
    [
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${key}.pub`,
      ...["PermitRootLogin yes", "StrictModes no", "UsePAM no", "PidFile none", "UseDNS no"],
    ].join("\n"),
  );
  for (const [name, text] of Object.entries(ADMIN_FILES)) {
    writeFileSync(path.join(folder, name), text);
    // sudo wants no other mode.
    chmodSync(path.join(folder, name), name === "sudoers" ? 0o440 : 0o644);
  }
  const mounts = Object.keys(ADMIN_FILES).map(
    (name) => `mount --bind ${folder}/${name} /etc/${name}`,
  );
  for (const name of NODE_NAMES) {
    await lan.host(name).start({
      command: "unshare",
      args: ["--mount", "sh", "-ec", [...mounts, `exec ${SSHD} -D -e -f ${config}`].join("\n")],
      ready: /Server listening on 0\.0\.0\.0/,
    });
  }
  return `-i ${key} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
}

/** Two nodes that run, an sshd on each, and the drill's words for them. */
class Machines {
  readonly lan: Lan;
  readonly command: string;
  readonly #folder: string;
  readonly #sshOption: string;

  private constructor(lan: Lan, folder: string, command: string, sshOption: string) {
    this.lan = lan;
    this.command = command;
    this.#folder = folder;
    this.#sshOption = sshOption;
  }

  static async start(): Promise<Machines> {
    const { lan } = await Cluster.create({ kinds: { lb1: "tandem", lb2: "tandem" } });
    const folder = tempDir();
    chmodSync(folder, 0o755);
    const command = path.join(folder, "node");
    writeFileSync(command, nodeCommand(folder));
    chmodSync(command, 0o755);
    const sshOption = await startSshd(lan, folder);
    for (const name of NODE_NAMES) {
      const dir = path.join(folder, name);
      mkdirSync(dir);
      writeFileSync(path.join(dir, "haproxy.cfg"), balancerText(lan, name));
      writeFileSync(path.join(dir, "keepalived.conf"), agentText(lan, name));
      await lan.host(name).mustRun(command, "start");
    }
    await waitFor(() => lan.host("lb1").hasAddress(VIP), { timeoutMs: 30_000 });
    return new Machines(lan, folder, command, sshOption);
  }

  /** Whether a node was asked how it is when it did not run. */
  wasAskedInVain(): boolean {
    return NODE_NAMES.some((name) => existsSync(path.join(this.#folder, name, "asked-in-vain")));
  }

  /** Runs rows, once each; gives their records. */
  async drill(
    login: Login,
    network: string,
    rows: string,
    ...words: readonly string[]
  ): Promise<Record<string, unknown>[]> {
    const out = path.join(this.#folder, `report-${login}`);
    const { command } = this;
    const drill = await this.lan
      .host("client")
      .run(
        "env",
        ...["-u", "VITEST", path.join(REPOSITORY_DIR, "scripts", "drill")],
        ...["--on", `${login}@${network}.1,${login}@${network}.2`, "--vip", VIP],
        ...(login === "root" ? ["--no-sudo"] : []),
        `--ssh-option=${this.#sshOption}`,
        ...["--tandem", command, "--start", `${command} start`, "--stop", `${command} stop`],
        ...["--reload", `${command} reload`, "--runs", "1", "--devices", "10", "--out", out],
        ...["--only", rows, ...words],
      );
    // A busy machine may miss a budget; it may not fail to measure.
    expect([0, 1], drill.stderr + drill.stdout).toContain(drill.code);
    return readFileSync(path.join(out, "records.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

describe.skipIf(reason !== undefined)(
  `a drill over ssh ${reason ?? ""}`,
  { timeout: IS_LONG ? 1_200_000 : 300_000 },
  () => {
    test.each(LOGINS)("by %s breaks two machines, and leaves them whole", async (login) => {
      const machines = await Machines.start();
      const { lan, command } = machines;
      // By the link that has the VIP, a power cut takes ssh along.
      const records = await (login === "root"
        ? machines.drill(login, "10.99.0", ROWS[login])
        : machines.drill(login, "10.98.0", ROWS[login], "--cut-ssh"));
      for (const record of records) {
        expect(record, JSON.stringify(record)).toMatchObject({
          ...{ impl: "tandem", isSettled: true, advertMs: 100, isEmulated: false },
          outageMs: expect.any(Number) as unknown,
        });
        expect(record["error"]).toBeUndefined();
      }
      expect(records.length).toBeGreaterThan(0);
      // Each question starts a program, which takes an emulated processor a minute.
      if (login === "root" && !IS_LONG) expect(machines.wasAskedInVain()).toBe(false);
      // One holds the VIP, both run, and nothing of the drill is left on them.
      const held = await Promise.all(NODE_NAMES.map((name) => lan.host(name).hasAddress(VIP)));
      expect(held.filter(Boolean)).toHaveLength(1);
      for (const name of NODE_NAMES) {
        const status = await lan.host(name).run(command, "status", "--json");
        expect(JSON.parse(status.stdout)).toMatchObject({ guard: { report: { isFit: true } } });
        expect((await lan.host(name).run("nft", "list", "tables")).stdout.trim()).toBe("");
        expect((await lan.host(name).run("pgrep", "-f", "ip -ts -o monitor")).stdout).not.toContain(
          "monitor",
        );
      }
      if (login === "root") return;

      const [refused] = await machines.drill(login, "10.98.0", "link-down");
      expect(refused?.["error"]).toMatch(/"eth0" has the VIP and carries ssh/);
    });
  },
);
