// A whole node of ours beside HAProxy with Keepalived and the usual check: half of a migration. Each
// fault on either side, and who serves after it.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { startKeepalived, type Keepalived } from "../support/keepalived.ts";
import { createLan, noNamespaces, type Host, type Lan } from "../support/netns.ts";
import { has } from "../support/programs.ts";
import { startNode, type TandemNode } from "../support/tandem-agent.ts";
import { tempDir } from "../support/temp.ts";
import { startBroker, VipProbe, VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";

const VIP = "10.98.0.100";
const IS_LONG = process.env["TANDEM_TEST_LONG"] === "1";
const reason =
  noNamespaces ??
  (has("keepalived") && has("haproxy") ? undefined : "skipped: keepalived or haproxy is missing");

interface MixedPair {
  readonly lan: Lan;
  readonly ours: { readonly host: Host; readonly node: TandemNode; readonly watch: VipWatch };
  readonly theirs: { readonly host: Host; readonly watch: VipWatch; keepalived: Keepalived };
  readonly probe: VipProbe;
  startTheirs(): Promise<void>;
  /** Does something and waits until `then` answers; the longest time without an answer, ms. */
  readonly outage: (then: "ours" | "theirs", fault: () => Promise<void> | void) => Promise<number>;
}

/** Ours is preferred, unless `preferred` says otherwise. */
async function startMixed(
  preferred: "ours" | "theirs" = "ours",
  instance = "",
): Promise<MixedPair> {
  const lan = await createLan(["ours", "theirs", "broker", "client"]);
  const [ours, theirs, broker] = [lan.host("ours"), lan.host("theirs"), lan.host("broker")];
  await startBroker(broker, { ours: 9001, theirs: 9002 });
  const watches = {
    ours: await VipWatch.start(ours, VIP),
    theirs: await VipWatch.start(theirs, VIP),
  };
  const node = await startNode(ours, {
    keepalived: keepalivedConfig(ours, theirs, preferred === "ours" ? 150 : 100, "", "", instance),
    haproxy: haproxyConfig(broker, 9001),
  });
  const proxyFile = path.join(tempDir(), "haproxy.cfg");
  writeFileSync(proxyFile, haproxyConfig(broker, 9002));
  await theirs.start({ command: "haproxy", args: ["-db", "-f", proxyFile] });
  const startKeepalivedThere = (): Promise<Keepalived> =>
    startKeepalived(
      theirs,
      keepalivedConfig(theirs, ours, preferred === "ours" ? 100 : 150, "script_user root", CHECK),
    );
  const theirSide = {
    host: theirs,
    watch: watches.theirs,
    keepalived: await startKeepalivedThere(),
  };
  const probe = await VipProbe.connecting(lan.host("client"), VIP, 1883);
  await probe.waitForNode(preferred, 0);
  await waitFor(
    () => watches[preferred].isHeld && !watches[preferred === "ours" ? "theirs" : "ours"].isHeld,
  );
  return {
    lan,
    ours: { host: ours, node, watch: watches.ours },
    theirs: theirSide,
    probe,
    async startTheirs() {
      theirSide.keepalived = await startKeepalivedThere();
    },
    async outage(then, fault) {
      const before = probe.answers().length;
      await waitFor(() => probe.answers().length >= before + 20);
      const atMs = Date.now();
      await fault();
      await probe.waitForNode(then, atMs);
      const seen = probe.answers().length;
      await waitFor(() => probe.answers().length >= seen + 20);
      return Math.round(probe.longestGapMs(atMs));
    },
  };
}

const CHECK = `vrrp_script chk {
  script "/usr/bin/killall -0 haproxy"
  interval 1
  fall 1
  rise 1
}`;

function keepalivedConfig(
  self: Host,
  peer: Host,
  priority: number,
  global: string,
  check: string,
  instance = "",
): string {
  return `global_defs {
  vrrp_version 3
  ${global}
}
${check}
vrrp_instance V {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 0.1
  ${instance}
  unicast_src_ip ${self.ipv4}
  unicast_peer {
    ${peer.ipv4}
  }
  virtual_ipaddress {
    ${VIP}/24
  }
  ${check === "" ? "" : "track_script {\n    chk\n  }"}
}
`;
}

function haproxyConfig(broker: Host, port: number): string {
  return `defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s
listen f
  bind :1883
  server s1 ${broker.ipv4}:${port} check inter 500
`;
}

function tell(what: string, outageMs: number): void {
  if (IS_LONG) console.log(JSON.stringify({ what: `mixed pair: ${what}`, outageMs }));
}

describe.skipIf(reason !== undefined)(
  `a node of ours beside HAProxy and Keepalived ${reason ?? ""}`,
  { timeout: 60_000 },
  () => {
    // Keepalived waits for its skew after priority 0: 61 ms here.
    test.each([
      ["SIGKILL", "balancer", 150],
      ["SIGSTOP", "balancer", 500],
      ["SIGKILL", "agent", 150],
      ["SIGSTOP", "agent", 450],
      ["SIGTERM", "guard", 150],
      ["SIGKILL", "guard", 150],
    ] as const)("%s of our %s: Keepalived takes over", async (signal, process_, budgetMs) => {
      const { ours, theirs, outage } = await startMixed();
      const pid = process_ === "guard" ? ours.node.process.pid : await ours.node.childPid(process_);
      const balancer = await ours.node.childPid("balancer");
      const outageMs = await outage("theirs", () => void process.kill(pid, signal));
      tell(`${signal} ${process_}`, outageMs);
      expect(outageMs).toBeLessThan(4 * budgetMs);
      // Its sessions would keep it for a while.
      await ours.host.run("kill", "-KILL", String(balancer));
      if (process_ === "guard") {
        await waitFor(() => theirs.watch.isHeld && !ours.watch.isHeld);
      }
    });

    test("Keepalived killed with its VIP: ours takes over, and answers the returning one", async () => {
      const pair = await startMixed("theirs");
      const { theirs, ours, probe, outage } = pair;
      const children = (
        await theirs.host.run("pgrep", "-P", String(theirs.keepalived.process.pid))
      ).stdout
        .split("\n")
        .filter(Boolean)
        .map(Number);
      const killed = await outage("ours", async () => {
        for (const pid of [theirs.keepalived.process.pid, ...children])
          process.kill(pid, "SIGSTOP");
        for (const pid of [theirs.keepalived.process.pid, ...children])
          process.kill(pid, "SIGKILL");
        await waitFor(() => ours.watch.isHeld);
      });
      expect(theirs.watch.isHeld).toBe(true);
      const cleanedMs = Date.now();
      await theirs.host.mustRun("ip", "address", "del", `${VIP}/24`, "dev", "eth0");
      await probe.waitForNode("ours", Date.now());
      const cleaned = Math.round(probe.longestGapMs(cleanedMs));
      const backMs = Date.now();
      await pair.startTheirs();
      await probe.waitForNode("theirs", Date.now());
      await waitFor(() => Date.now() - backMs > 2_000);
      const back = Math.round(probe.longestGapMs(backMs));
      tell("Keepalived killed", killed);
      tell("their VIP cleaned away", cleaned);
      tell("Keepalived back", back);
      expect(cleaned).toBeLessThan(400);
      expect(back).toBeLessThan(600);
    });

    test("a neighbour that believes a stale VIP is corrected by the next refresh", async () => {
      const pair = await startMixed("ours", "garp_master_refresh 1");
      const { lan, theirs, probe } = pair;
      // A cache that is not asked again by itself, as a router's.
      await rememberForLong(lan.host("client"));
      theirs.keepalived.process.kill("SIGTERM");
      await theirs.keepalived.process.exited;
      // As after a kill -9: the kernel has the VIP, and answers for it now and then.
      await theirs.host.mustRun("ip", "address", "add", `${VIP}/24`, "dev", "eth0");
      await theirs.host.mustRun("arping", "-U", "-c1", "-w1", "-I", "eth0", VIP);
      const staleMs = Date.now();
      await pair.startTheirs();
      await waitFor(() => !theirs.watch.isHeld);
      const answer = await probe.waitForNode("ours", staleMs + 100);
      tell("stale VIP", answer.sentMs - staleMs);
      expect(answer.sentMs - staleMs).toBeLessThan(2_500);
    });
  },
);

/** Neighbours that were confirmed once are believed for an hour. */
async function rememberForLong(host: Host): Promise<void> {
  await host.mustRun("sysctl", "-qw", "net.ipv4.neigh.eth0.base_reachable_time_ms=3600000");
}
