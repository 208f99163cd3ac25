// What follows when both nodes were master: a split that heals, and a whole node that was paused.
import { describe, expect, test } from "vitest";
import { noNamespaces, type Host } from "../support/netns.ts";
import { has } from "../support/programs.ts";
import { overlapMs } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";
import { startPair, type NodePair } from "./node-pair.ts";

const IS_LONG = process.env["TANDEM_TEST_LONG"] === "1";
/** How many times over a budget a shared machine may be. */
const SLACK = 4;
const reason = noNamespaces ?? (has("tcpdump") ? undefined : "skipped: tcpdump is missing");

function tell(what: string, measured: object): void {
  if (IS_LONG) console.log(JSON.stringify({ what, ...measured }));
}

describe.skipIf(reason !== undefined)(`two masters ${reason ?? ""}`, { timeout: 120_000 }, () => {
  test("a split heals without a black hole, also for a router that asks nobody again", async () => {
    const pair = await startPair();
    const { lan, probe, watches } = pair;
    await rememberForLong(lan.host("client"));
    for (let round = 0; round < (IS_LONG ? 5 : 2); round++) {
      await Promise.all([lan.setVrrp("a", false), lan.setVrrp("b", false)]);
      await waitFor(() => watches.a.isHeld && watches.b.isHeld);
      // The loser-to-be announced itself last: the client is there.
      await probe.waitForNode("b", Date.now());
      const measured = await pair.measure("a", async () => {
        await Promise.all([lan.setVrrp("a", true), lan.setVrrp("b", true)]);
        const healedMs = Date.now();
        await pair.settled("a");
        return healedMs;
      });
      tell("split healed", { round, ...measured });
      expect(measured.outageMs).toBeLessThan(100 * SLACK);
      expect(measured.bothMs).toBeLessThan(150 * SLACK);
      const settledMs = Date.now();
      await waitFor(() => Date.now() - settledMs > 500);
      expect(
        probe
          .answers()
          .filter(({ sentMs }) => sentMs > settledMs)
          .every(({ node }) => node === "a"),
      ).toBe(true);
    }
  });

  test("a split that heals in the winner's direction first leaves no black hole either", async () => {
    const pair = await startPair();
    const { lan, probe, watches } = pair;
    await rememberForLong(lan.host("client"));
    await Promise.all([lan.setVrrp("a", false), lan.setVrrp("b", false)]);
    await waitFor(() => watches.a.isHeld && watches.b.isHeld);
    await probe.waitForNode("b", Date.now());
    const measured = await pair.measure("a", async () => {
      await lan.setVrrp("a", true);
      // Its answer to what it has heard is lost.
      await pair.settled("a");
      await lan.setVrrp("b", true);
      return Date.now();
    });
    tell("split healed in one direction first", measured);
    // From the second healing on, the winner's next advert brings another answer.
    expect(measured.movedAfterMs).toBeLessThan(100 * SLACK);
  });

  test("a node that was paused for 3 s gives the VIP up before it says anything as master", async () => {
    const pair = await startPair();
    const { lan, watches } = pair;
    const host = lan.host("a");
    const pids = await pidsOf(pair, host);
    const dump = await lan.host("b").start({
      command: "tcpdump",
      args: [
        "-l",
        "--immediate-mode",
        "-n",
        "-tt",
        "-i",
        "eth0",
        "proto",
        "112",
        "and",
        "src",
        host.ipv4,
      ],
      ready: /listening/,
    });
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    const stoppedMs = Date.now();
    await waitFor(() => watches.b.isHeld);
    await waitFor(() => Date.now() - stoppedMs > 3_000);
    expect(watches.a.isHeld).toBe(true);
    const resumedMs = Date.now();
    for (const pid of pids) process.kill(pid, "SIGCONT");
    await waitFor(() => !watches.a.isHeld);
    await pair.settled("a");
    await pair.probe.waitForNode("a", Date.now());
    const bothMs = Math.round(overlapMs(watches.a, watches.b, resumedMs));
    const outageMs = Math.round(pair.probe.longestGapMs(resumedMs));
    const releasedMs = watches.a.holdings()[0]!.toMs;
    const said = adverts(dump.stdout()).filter(({ atMs }) => atMs > resumedMs);
    tell("paused for 3 s", {
      bothMs,
      outageMs,
      releasedAfterMs: releasedMs - resumedMs,
      said: said.slice(0, 5),
    });
    expect(bothMs).toBeLessThan(50 * SLACK);
    expect(said.filter(({ atMs, priority }) => priority === 150 && atMs < releasedMs)).toEqual([]);
    expect(said.slice(0, 2).map(({ priority }) => priority)).toEqual([1, 0]);
    // It came back by an election, and nothing had to be restarted.
    expect(pair.nodes.a.process.output()).not.toContain("is restarted");
  });
});

/** The processes of a node: those on its host but for the watch of the VIP. */
async function pidsOf(pair: NodePair, host: Host): Promise<readonly number[]> {
  const shown = await host.mustRun("ps", "-o", "pid=,args=", ...(await host.pids()).map(String));
  return shown
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes("-ts -o monitor"))
    .map((line) => Number(line.trim().split(/\s+/)[0]));
}

/** Adverts in the text of tcpdump. */
function adverts(text: string): { readonly atMs: number; readonly priority: number }[] {
  return [...text.matchAll(/^(\d+\.\d+) .*prio (\d+)/gm)].map(([, at, priority]) => ({
    atMs: Number(at) * 1_000,
    priority: Number(priority),
  }));
}

/** Neighbours that were confirmed once are believed for an hour. */
async function rememberForLong(host: Host): Promise<void> {
  await host.mustRun("sysctl", "-qw", "net.ipv4.neigh.eth0.base_reachable_time_ms=3600000");
}
