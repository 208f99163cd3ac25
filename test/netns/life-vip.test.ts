// Probes of a listener on a virtual address: while another node holds it they must not go there.
import path from "node:path";
import { expect, test } from "vitest";
import { runToEnd } from "../support/process.ts";
import { findProgram } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { noNamespaces } from "../support/netns.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { Supervised } from "../integration/life-harness.ts";

const VIP = "10.99.9.9";

// The address is on the link's network, so that a connection to it would leave and wait in vain.
const SETUP = `
set -e
ip link set lo up
ip link add test0 type veth peer name test1
ip link set test1 up
ip address add 10.99.9.1/24 dev test0
ip link set test0 up
sysctl -qw net.ipv4.ip_nonlocal_bind=1
exec "$@"`;

test.skipIf(noNamespaces !== undefined).each(["tcp", "mqtt"])(
  `a virtual address is probed by %s only while this node holds it ${noNamespaces ?? ""}`,
  async (kind) => {
    const file = tempFile(
      "haproxy.cfg",
      `global
  balancer-probe ${kind}
defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m
listen mqtt
  bind ${VIP}:1883
  tcp-request connection reject
  server s1 127.0.0.1:1
`,
    );
    const tandem = path.join(REPOSITORY_DIR, "bin", "tandem");
    const control = path.join(tempDir(), "control.sock");
    const run = [tandem, "balancer", "-f", file, "--control", control];
    // unshare becomes the shell, which becomes the balancer: the namespace ends with it.
    const unshare = findProgram("unshare")!;
    const balancer = new Supervised([unshare, "--net", "sh", "-c", SETUP, "sh", ...run]);
    const ip = (...args: readonly string[]) =>
      runToEnd({
        command: "nsenter",
        args: ["--target", String(balancer.pid), "--net", "ip", ...args],
      });
    await balancer.beat(({ probeCount }) => probeCount! >= 2);
    expect(new Set(balancer.beats().map(({ probe }) => probe))).toEqual(new Set(["unknown"]));
    expect((await ip("address", "add", `${VIP}/32`, "dev", "test0")).code).toBe(0);
    await balancer.beat(({ probe }) => probe === "ok");
    expect((await ip("address", "del", `${VIP}/32`, "dev", "test0")).code).toBe(0);
    await balancer.beat(({ probe }) => probe === "unknown");
    expect(balancer.beats().some(({ probe }) => probe === "failed")).toBe(false);
  },
);
