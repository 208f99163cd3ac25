// tandem switchover on a pair: refused when it would hurt, and with 200 persistent devices.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { SwitchoverOutcome } from "../../cli/operator/switchover-text.ts";
import { listedCount } from "../support/live-list.ts";
import { type Host, noNamespaces } from "../support/netns.ts";
import { runToEnd, type RunningProcess } from "../support/process.ts";
import { findProgram } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { type NodePair, startPair, VIP } from "./node-pair.ts";

const PROGRAM = path.join(REPOSITORY_DIR, "test", "netns", "programs", "persistent.mjs");
const TANDEM = path.join(REPOSITORY_DIR, "bin", "tandem");
const MQTT_PORT = 1884;
const BROKER_PORTS = [9010, 9011];
const isLong = process.env["TANDEM_TEST_LONG"] === "1";
const COUNT = isLong ? 200 : 60;
const RATE = isLong ? 50 : 30;
const unable =
  noNamespaces ?? (findProgram("mosquitto") === undefined ? "no mosquitto" : undefined);

interface Connack {
  readonly device: number;
  readonly connectedMs: number;
  readonly present: boolean;
}

function connacksOf(devices: RunningProcess): Connack[] {
  const lines = devices.stdout().split("\n");
  return lines
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Connack);
}

async function startBroker(host: Host, port: number): Promise<void> {
  const file = path.join(tempDir(), "mosquitto.conf");
  writeFileSync(file, `listener ${port} ${host.ipv4}\nallow_anonymous true\nuser root\n`);
  await host.start({ command: "mosquitto", args: ["-c", file, "-v"], ready: /running/ });
}

function startSwitchedPair(): Promise<NodePair> {
  return startPair({
    sections: (name, lan) => `
global
  localpeer ${name}
peers nodes
  peer a ${lan.host("a").ipv4}:10000
  peer b ${lan.host("b").ipv4}:10000
listen devices
  bind :${MQTT_PORT}
  timeout client 1h
  timeout server 1h
  tcp-request inspect-delay 5s
  stick-table type string len 32 size 10k expire 1h peers nodes
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  balance roundrobin
${BROKER_PORTS.map((port, at) => `  server m${at} ${lan.host("broker").ipv4}:${port}`).join("\n")}
`,
  });
}

/** Runs a command on a node. */
async function tandem(pair: NodePair, node: "a" | "b", words: readonly string[]) {
  const { controlFolder } = pair.nodes[node];
  const { namespace } = pair.lan.host(node);
  const args = ["netns", "exec", namespace, TANDEM, ...words, "--control-dir", controlFolder];
  return runToEnd({ command: "ip", args });
}

/** The most that came within any second, by the instants of their coming. */
function mostInOneSecond(instants: readonly number[]): number {
  const sorted = [...instants].sort((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while (sorted[to]! - sorted[from]! >= 1_000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

describe.skipIf(unable !== undefined)(`tandem switchover ${unable ?? ""}`, () => {
  test(
    "refuses where it would hurt; moves 200 devices at a pace; stays away until told",
    {
      timeout: 150_000,
    },
    async () => {
      const pair = await startSwitchedPair();
      for (const port of BROKER_PORTS) await startBroker(pair.lan.host("broker"), port);
      const words = [PROGRAM, VIP, String(MQTT_PORT), String(COUNT)];
      const devices = await pair.lan
        .host("client")
        .start({ command: process.execPath, args: words, ready: /ready/, readyTimeoutMs: 60_000 });
      await waitFor(async () => (await listedCount(pair.nodes.b.controlFolder)) >= COUNT, {
        timeoutMs: 30_000,
        what: "node b to know of all devices",
      });

      const backup = await tandem(pair, "b", ["switchover", "--yes"]);
      expect(backup).toMatchObject({ code: 1 });
      expect(backup.stderr).toMatch(/^tandem: this node is not master: \S+ is\. Run it there\n$/);
      const unasked = await tandem(pair, "a", ["switchover"]);
      expect(unasked.stderr).toContain("Nobody can be asked here: give --yes");
      expect(pair.watches.a.isHeld).toBe(true);

      const fromMs = Date.now();
      const rate = ["--rate", String(RATE)];
      const run = await tandem(pair, "a", ["switchover", "--yes", "--json", ...rate]);
      expect(run.code, run.stderr).toBe(0);
      const outcome = JSON.parse(run.stdout) as SwitchoverOutcome;
      await pair.settled("b");
      const back = await waitFor(
        () => {
          const all = connacksOf(devices).filter(({ connectedMs }) => connectedMs > fromMs);
          return new Set(all.map(({ device }) => device)).size === COUNT ? all : undefined;
        },
        { timeoutMs: 30_000, what: "all devices to be back" },
      );
      const most = mostInOneSecond(back.map(({ connectedMs }) => connectedMs));
      const allBackMs = Math.max(...back.map(({ connectedMs }) => connectedMs)) - fromMs;
      console.log(
        `switchover: ${JSON.stringify({ ...outcome, most, allBackMs: Math.round(allBackMs) })}`,
      );
      expect(outcome.deviceCount).toBe(COUNT);
      expect(outcome.backCount).toBe(COUNT);
      expect(outcome.outageMs).toBeLessThan(1_000);
      // What is left is the probe's own.
      expect(outcome.leftCount).toBeLessThan(5);
      // Each is back at the broker that has its session.
      expect(back.filter(({ present }) => !present)).toEqual([]);
      expect(allBackMs).toBeGreaterThan((1_000 * COUNT) / RATE - 1_000);
      // On a machine that stalls, what came in the meantime is seen at once: the whole counts.
      const instants = back.map(({ connectedMs }) => connectedMs);
      const spanMs = Math.max(...instants) - Math.min(...instants);
      expect((1_000 * (COUNT - 1)) / spanMs).toBeLessThanOrEqual(RATE * 1.1);
      expect(most).toBeLessThanOrEqual(RATE * 2);

      // The preferred node stays away until it is told.
      expect(pair.watches.a.isHeld).toBe(false);
      const returned = await tandem(pair, "a", ["switchover", "--return"]);
      expect(returned).toMatchObject({
        code: 0,
        stdout: "The hold is over: this node is master\n",
      });
      await pair.settled("a");
    },
  );

  test("a peer that is gone is an objection, and --force sets it aside", async () => {
    const pair = await startSwitchedPair();
    process.kill(pair.nodes.b.process.pid, "SIGTERM");
    await pair.nodes.b.process.exited;
    const refused = await tandem(pair, "a", ["switchover", "--yes"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/not handed over:\n {2}peer nodes\/b is not connected/);
    expect(pair.watches.a.isHeld).toBe(true);
    if (!isLong) return;
    const forced = await tandem(pair, "a", ["switchover", "--yes", "--force"]);
    expect(forced.code).toBe(1);
    expect(forced.stderr).toContain("nobody took the addresses over within 10 s");
    await pair.settled("a");
  });
});
