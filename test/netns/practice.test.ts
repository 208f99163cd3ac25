// Practice of a balancer under a guard: not while its node holds an address, and as soon as it holds none.
// In a network namespace of its own, where the kernel counts the connections that it makes to itself.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { REHEARSAL_SESSIONS } from "../../src/limits.ts";
import { Supervised } from "../integration/life-harness.ts";
import { noNamespaces } from "../support/netns.ts";
import { findProgram } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir, tempFile } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

const CONFIG = `defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m
listen mqtt
  bind 127.0.0.1:1883
  server s1 127.0.0.1:1
`;
/** From and to each made-up device. */
const CONNECTS = 2 * REHEARSAL_SESSIONS;

test.skipIf(noNamespaces !== undefined)(
  `a balancer practises as soon as its node holds no address ${noNamespaces ?? ""}`,
  async () => {
    const tandem = path.join(REPOSITORY_DIR, "bin", "tandem");
    const control = path.join(tempDir(), "control.sock");
    const run = [tandem, "balancer", "-f", tempFile("haproxy.cfg", CONFIG), "--control", control];
    const setUp = 'ip link set lo up; exec "$@"';
    const unshare = findProgram("unshare")!;
    const balancer = new Supervised([unshare, "--net", "sh", "-c", setUp, "sh", ...run]);
    const hold = (...held: readonly string[]): void =>
      balancer.send(`${JSON.stringify({ kind: "vips", held })}\n`);
    await balancer.message(({ kind }) => kind === "ready");
    hold("10.98.0.100");
    await balancer.beat(({ probeCount }) => probeCount! >= 3);
    // Probes.
    expect(activeOpens(balancer.pid)).toBeLessThan(CONNECTS / 4);
    hold();
    await waitFor(() => activeOpens(balancer.pid) >= CONNECTS, {
      what: () => `${CONNECTS} connects, had ${activeOpens(balancer.pid)}`,
    });
  },
);

/** Connections that were opened in the namespace of a process (RFC 4022, tcpActiveOpens). */
function activeOpens(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/net/snmp`, "latin1").split("\n");
  const [names, values] = lines.filter((line) => line.startsWith("Tcp:"));
  const at = names!.split(" ").indexOf("ActiveOpens");
  return Number(values!.split(" ")[at]);
}
