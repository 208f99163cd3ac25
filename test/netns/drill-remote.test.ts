// `scripts/drill --on`: the same faults over ssh, here against two namespaces that each run an sshd.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
const missing = ["ssh", "sshd", "ssh-keygen", "pgrep"].find((program) => !has(program));
const reason = noNamespaces ?? (missing === undefined ? undefined : skipReason(missing));
const WAIT = "until [ -S $dir/guard.sock ]; do sleep 0.1; done";

/** Each row, where there is time. */
const ROWS =
  process.env["TANDEM_TEST_ROWS"] ??
  (process.env["TANDEM_TEST_LONG"] === "1"
    ? "stop,kill-balancer,hang-balancer,kill-agent,hang-agent,kill-guard,freeze,link-down,vrrp-lost,reload,upgrade"
    : "stop,link-down");

/** What a node is told by `systemctl` elsewhere; finds out by its address which node it is. */
function nodeCommand(folder: string): string {
  return `#!/bin/sh
case "$(ip -o -4 address show dev eth1)" in *" 10.99.0.1/"*) name=lb1 ;; *) name=lb2 ;; esac
dir=${folder}/$name
case $1 in
  status) exec ${TANDEM} "$@" --control-dir $dir ;;
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
  for (const name of NODE_NAMES) {
    await lan.host(name).start({
      command: SSHD,
      args: ["-D", "-e", "-f", config],
      ready: /Server listening on 0\.0\.0\.0/,
    });
  }
  return `-i ${key} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
}

describe.skipIf(reason !== undefined)(
  `a drill over ssh ${reason ?? ""}`,
  { timeout: process.env["TANDEM_TEST_LONG"] === "1" ? 1_200_000 : 180_000 },
  () => {
    test("breaks two machines, measures from here, and leaves them whole", async () => {
      const cluster = await Cluster.create({ kinds: { lb1: "tandem", lb2: "tandem" } });
      const { lan } = cluster;
      const folder = tempDir();
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

      const out = path.join(folder, "report");
      const drill = await lan
        .host("client")
        .run(
          "env",
          ...["-u", "VITEST", path.join(REPOSITORY_DIR, "scripts", "drill")],
          ...[
            "--on",
            "10.99.0.1,10.99.0.2",
            "--vip",
            VIP,
            "--no-sudo",
            `--ssh-option=${sshOption}`,
          ],
          ...["--tandem", command, "--start", `${command} start`, "--stop", `${command} stop`],
          ...["--reload", `${command} reload`, "--runs", "1", "--devices", "10", "--out", out],
          ...["--only", ROWS],
        );
      // A busy machine may miss a budget; it may not fail to measure.
      expect([0, 1], drill.stderr + drill.stdout).toContain(drill.code);
      const records = readFileSync(path.join(out, "records.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      for (const record of records) {
        expect(record, JSON.stringify(record)).toMatchObject({
          ...{ impl: "tandem", isSettled: true },
          outageMs: expect.any(Number) as unknown,
        });
        expect(record["error"]).toBeUndefined();
      }
      expect(records.length).toBeGreaterThan(0);
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
    });
  },
);
