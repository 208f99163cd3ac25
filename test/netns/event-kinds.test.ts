// Every kind of event, brought about on a real pair and seen in every outlet: the webhook, the script,
// `tandem events` (which reads what the timeline reads) and the log. Long: TANDEM_TEST_LONG=1.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { NodeEvent } from "../../src/base/event.ts";
import { runtimeCommand } from "../support/haproxy.ts";
import { noNamespaces } from "../support/netns.ts";
import { runTandem } from "../support/tandem.ts";
import type { TandemNode } from "../support/tandem-agent.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { makeOutlet } from "./event-outlet.ts";
import { PROVOKED } from "./event-proofs.ts";
import { type NodePair, startPair, VIP } from "./node-pair.ts";

const DEVICES = path.join("test", "netns", "programs", "devices.mjs");
const unable =
  noNamespaces ?? (process.env["TANDEM_TEST_LONG"] === "1" ? undefined : "only when asked for");

const section = (name: "a" | "b", sock: string, keyLength: number) => (lan: NodePair["lan"]) => `
global
  localpeer ${name}
  stats socket ${sock}-${name} level admin
  #tandem gone-address-grace 1s
peers nodes
  peer a ${lan.host("a").ipv4}:10000
  peer b ${lan.host("b").ipv4}:10000
backend table
  stick-table type string len ${keyLength} size 1k expire 1h peers nodes
listen devices
  bind :1884
  timeout client 1h
  timeout server 1h
  server s1 ${lan.host("broker").ipv4}:9010
`;

describe.skipIf(unable !== undefined)(`kinds of events ${unable ?? ""}`, () => {
  test("each is told by webhook, script, tandem events and log", async () => {
    const dir = tempDir();
    const [sock, flag] = [path.join(dir, "s"), path.join(dir, "bad")];
    const outlet = await makeOutlet();
    const pair = await startPair({
      secondLan: true,
      global: `${outlet.directives}
  enable_script_security
  script_user root
  #tandem heartbeat SELF2 PEER2 key long-enough-secret
}
vrrp_script flag {
  script "/usr/bin/test ! -e ${flag}-SELF2"
  interval 1
  weight -80
  rise 1
  fall 1`,
      instance: `notify "/bin/false"\n  track_script {\n    flag\n  }`,
      sections: (name, lan) => section(name, sock, 32)(lan),
    });
    const { lan } = pair;
    const { a, b } = pair.nodes;
    // Node a's: SELF2 is the address on the second network.
    const bad = `${flag}-${lan.host("a").ipv4.replace("10.98.", "10.99.")}`;
    const listed: NodeEvent[] = [];
    const look = async (): Promise<void> => {
      for (const { controlFolder } of [a, b]) {
        const { stdout } = await runTandem(["events", "--json", "--control-dir", controlFolder]);
        const lines = stdout.split("\n").filter((line) => line !== "");
        listed.push(...lines.map((line) => JSON.parse(line) as NodeEvent));
      }
    };
    const scripted = (): readonly NodeEvent[] => outlet.scripted();
    /** Does something, and waits until the script was told of all these kinds, after it. */
    const after = async (act: () => unknown, ...kinds: string[]): Promise<void> => {
      const before = scripted().length;
      await act();
      let missing: readonly string[] = kinds;
      await waitFor(
        () => {
          const since = scripted().slice(before);
          missing = kinds.filter((kind) => !since.some((event) => event.kind === kind));
          return missing.length === 0;
        },
        { timeoutMs: 30_000, what: () => `${missing.join(", ")} after ${act.toString()}` },
      );
      await look();
    };
    const runtime = (name: "a" | "b", line: string) => runtimeCommand(`${sock}-${name}`, line);

    await after(() => outlet.open(lan.host("a")), "delivery.ok");
    await outlet.open(lan.host("b"));
    await lan.host("broker").start({
      command: process.execPath,
      args: [DEVICES, "serve", "9010"],
      ready: /ready/,
    });
    await lan.host("client").start({
      command: process.execPath,
      args: [DEVICES, "connect", VIP, "1884", "10", "600000"],
      ready: /ready/,
    });

    // Servers and frontends, by an operator.
    await after(() => runtime("b", "set server k/s1 state maint"), "server.maint", "backend.down");
    await after(() => runtime("b", "set server k/s1 state ready"), "server.ready", "backend.up");
    await after(() => runtime("b", "set server k/s1 state drain"), "server.drain");
    await after(() => runtime("b", "set server k/s1 state ready"), "server.ready");
    await after(() => runtime("b", "set server k/s1 health stopping"), "server.stopping");
    // Its checks bring it back.
    await after(
      () => runtime("b", "set server k/s1 health down"),
      ...[
        "server.down",
        "backend.down",
        "server.up",
        "backend.up",
        "balancer.unfit",
        "balancer.fit",
      ],
    );
    await after(() => runtime("b", "disable frontend f"), "frontend.paused");
    await after(() => runtime("b", "enable frontend f"), "frontend.accepting");

    // Addresses, by somebody else.
    const ip = (name: "a" | "b", what: string) =>
      lan.host(name).mustRun("ip", "addr", what, `${VIP}/24`, "dev", "eth0");
    await after(() => ip("a", "del"), "vip.lost");
    await after(() => ip("b", "add"), "vip.foreign");

    // A priority that falls, and the way back; devices that say nothing.
    await after(
      () => writeFileSync(bad, ""),
      ...["track.down", "vrrp.priority", "vrrp.backup", "vrrp.master", "vip.removed", "vip.set"],
      ...["tickle.sent", "vip.sessions-ended", "notify.failed"],
    );
    await after(() => rmSync(bad), "track.up", "vrrp.priority", "vrrp.master");
    await pair.settled("a");

    // Configurations.
    const good = readFileSync(a.configFile, "utf8");
    await after(() => a.process.kill("SIGHUP"), "agent.reloaded", "balancer.reloaded");
    a.rewrite("vrrp_instance V {\n  virtual_router_id 51\n  #tandem no-such-word\n}\n");
    await after(() => a.process.kill("SIGHUP"), "guard.reload-refused");
    a.rewrite(good);
    const config = pair.balancerConfig("b");
    const reload = () => runTandem(["reload", "--control", `${b.controlFolder}/balancer.sock`]);
    b.rewriteBalancer(config.replace("mode tcp", "mode no-such-mode"));
    await after(reload, "balancer.reload-refused");
    b.rewriteBalancer(config.replace("string len 32", "string len 64"));
    await after(reload, "balancer.reloaded", "peer.mismatch");
    b.rewriteBalancer(config);
    await reload();
    await after(
      async () => process.kill(await b.childPid("balancer"), "SIGTTOU"),
      "balancer.paused",
    );

    // Processes.
    await after(
      async () => process.kill(await b.childPid("balancer"), "SIGKILL"),
      ...["process.lost", "process.ready", "balancer.ready", "peer.down", "peer.up"],
    );
    await after(
      async () => process.kill(await a.childPid("agent"), "SIGKILL"),
      ...["process.lost", "vip.taken-back", "agent.started"],
    );
    await pair.settled("a", 60_000);
    a.process.kill("SIGSTOP");
    const stoppedMs = Date.now();
    await waitFor(() => Date.now() - stoppedMs > 2_000);
    await after(() => a.process.kill("SIGCONT"), "guard.late");

    // The networks: one path, then none, then all.
    await pair.settled("a", 60_000);
    await after(() => lan.host("b").mustRun("ip", "link", "set", "eth1", "down"), "heartbeat.down");
    await Promise.all([lan.setVrrp("a", false), lan.setVrrp("b", false)]);
    await waitFor(() => pair.watches.a.isHeld && pair.watches.b.isHeld, { timeoutMs: 30_000 });
    await after(() => lan.setVrrp("b", true), "vrrp.rival");
    await after(() => lan.setVrrp("a", true), "vrrp.rival-gone", "vrrp.backup");
    await after(() => lan.host("b").mustRun("ip", "link", "set", "eth1", "up"), "heartbeat.up");
    await after(() => lan.setCable("b", false), "vrrp.fault");
    await after(() => lan.setCable("b", true), "vrrp.backup");

    // The end; a frontend that is shut down makes its node unfit.
    await after(() => runtime("b", "shutdown frontend f"), "frontend.closed");
    await after(
      async () => process.kill(await b.childPid("balancer"), "SIGUSR1"),
      "balancer.stopping",
    );
    await look();
    await Promise.all([a.process.stop(), b.process.stop()]);
    expect(existsSync(bad)).toBe(false);

    const kindsOf = (events: readonly NodeEvent[]): ReadonlySet<string> =>
      new Set(events.map(({ kind }) => kind));
    const logs = [a, b].map(({ process: node }: TandemNode) => node.output()).join("\n");
    const logged = new Set([...logs.matchAll(/"event":"([a-z.-]+)"/g)].map(([, kind]) => kind!));
    const lacking = (known: ReadonlySet<string>, left: readonly string[]): string[] =>
      PROVOKED.filter((kind) => !known.has(kind) && !left.includes(kind));
    // A web server is not told that it did not answer; nobody can ask a node that has ended.
    expect(lacking(logged, []), "log").toEqual([]);
    expect(lacking(kindsOf(scripted()), []), "script").toEqual([]);
    const own = ["delivery.failing", "delivery.ok"];
    expect(lacking(kindsOf(outlet.posted), own), "webhook").toEqual([]);
    const last = ["agent.stopping", "balancer.stopped", "vrrp.stopped"];
    const ended = [...last, "guard.stopping", "process.ended"];
    expect(lacking(kindsOf(listed), ended), "tandem events").toEqual([]);
  }, 600_000);
});
