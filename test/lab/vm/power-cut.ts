// A power cut of a machine, and how long the VIP is silent. It is asked by ping: a kernel answers even when
// its emulated processor has no time for a newcomer's MQTT.
import { runToEnd, sendSignal, startProcess } from "../../support/process.ts";
import { waitFor } from "../../support/wait-for.ts";
import { VIP } from "../configuration.ts";

const PERIOD_S = "0.1";
const SEEN = 20;
const PATIENCE_MS = 120_000;

/** What the client host saw. */
export interface PowerCut {
  /** Who answered before and after. */
  readonly before: string;
  readonly after: string;
  /** The longest silence of the VIP from the last answer before the cut on, ms. */
  readonly outageMs: number;
  /** The same in the seconds before the cut: what the machine adds, ms. */
  readonly quietGapMs: number;
}

/** Kills the process of a machine, and watches the VIP from the client host until it has settled. */
export async function cutPower(pid: number, clientNamespace: string): Promise<PowerCut> {
  const inside = ["netns", "exec", clientNamespace];
  // Who had it last is asked anew.
  await runToEnd({ command: "ip", args: ["-n", clientNamespace, "neigh", "flush", "all"] });
  const ping = await startProcess({
    command: "ip",
    args: [...inside, "ping", "-D", "-n", "-i", PERIOD_S, VIP],
  });
  const answers = (): number[] =>
    Array.from(
      ping.stdout().matchAll(/^\[([\d.]+)\] \d+ bytes from/gm),
      ([, at]) => Number(at) * 1_000,
    );
  const options = { timeoutMs: PATIENCE_MS, intervalMs: 50, what: `${VIP} to answer` };
  await waitFor(() => answers().length >= SEEN, options);
  const before = await ownerSeenBy(clientNamespace);
  const cutMs = Date.now();
  sendSignal(pid, "SIGKILL");
  // What was on its way at the cut is not counted.
  const isAfter = (atMs: number): boolean => atMs > cutMs + 50;
  await waitFor(() => answers().filter(isAfter).length >= SEEN, options);
  const after = await ownerSeenBy(clientNamespace);
  await ping.stop();
  const seen = answers();
  return {
    ...{ before, after },
    quietGapMs: longestGap(seen.filter((atMs) => !isAfter(atMs))),
    outageMs: longestGap(seen.filter((atMs, index) => isAfter(seen[index + 1] ?? atMs))),
  };
}

/** The machine whose MAC address the client has for the VIP. */
async function ownerSeenBy(namespace: string): Promise<string> {
  const { stdout } = await runToEnd({
    command: "ip",
    args: ["-n", namespace, "neigh", "show", VIP],
  });
  const number = /lladdr 52:54:00:98:00:0(\d)/.exec(stdout)?.[1];
  return number === undefined ? "nobody" : `lb${number}`;
}

function longestGap(instants: readonly number[]): number {
  const gaps = instants.slice(1).map((atMs, index) => atMs - instants[index]!);
  return Math.round(Math.max(0, ...gaps));
}

/** What was seen, for people. */
export function powerCutText(node: string, seen: PowerCut): string {
  const { before, after, outageMs, quietGapMs } = seen;
  const moved =
    before === after ? `${before} had the VIP and keeps it.` : `${after} has the VIP now.`;
  return `${node} has lost its power. ${moved}
The VIP was silent for ${outageMs} ms at most, and for ${quietGapMs} ms in the seconds before.`;
}
