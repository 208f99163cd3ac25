// A power cut of a machine, and what newcomers at the VIP see of it.
import path from "node:path";
import { REPOSITORY_DIR } from "../../support/repository.ts";
import { sendSignal, startProcess } from "../../support/process.ts";
import { waitFor } from "../../support/wait-for.ts";
import { MQTT_PORT, VIP } from "../configuration.ts";
import { JsonLines } from "../json-lines.ts";

const PROBE = path.join(REPOSITORY_DIR, "test", "lab", "programs", "probe.mjs");
/** An emulated balancer serves some tens of newcomers a second. */
const PERIOD_MS = 100;
const SEEN = 20;
const PATIENCE_MS = 60_000;

interface Attempt {
  readonly answeredMs?: number;
  readonly node?: string;
}

/** What newcomers saw. */
export interface PowerCut {
  /** Who answered before and after. */
  readonly before: string;
  readonly after: string;
  /** The longest time without an answer from a second before the cut on, ms. */
  readonly outageMs: number;
  /** The same in the seconds before the cut: what the machine adds, ms. */
  readonly quietGapMs: number;
  /** From the cut to the first answer of another node, ms; absent when nobody else was needed. */
  readonly movedMs?: number;
}

/** Kills the process of a machine, and watches newcomers of the client host. */
export async function cutPower(
  pid: number,
  node: string,
  clientNamespace: string,
): Promise<PowerCut> {
  const words = [process.execPath, PROBE, VIP, String(MQTT_PORT), String(PERIOD_MS), "cut"];
  const probe = await startProcess({
    command: "ip",
    args: ["netns", "exec", clientNamespace, ...words],
    ready: /ready/,
    readyTimeoutMs: PATIENCE_MS,
  });
  const lines = new JsonLines<Attempt>(probe);
  const answers = (): { readonly atMs: number; readonly node: string }[] =>
    lines
      .all()
      .flatMap(({ answeredMs: atMs, node: by }) =>
        atMs === undefined ? [] : [{ atMs, node: by ?? "nobody" }],
      );
  const options = { timeoutMs: PATIENCE_MS, intervalMs: 20 };
  await waitFor(() => answers().length >= SEEN, { ...options, what: "newcomers to be served" });
  const before = answers().at(-1)!.node;
  const cutMs = Date.now();
  sendSignal(pid, "SIGKILL");
  const isAfter = (one: { readonly atMs: number; readonly node: string }): boolean =>
    one.atMs > cutMs && one.node !== node;
  await waitFor(() => answers().filter(isAfter).length >= SEEN, {
    ...options,
    what: "another node to serve newcomers",
  });
  await probe.stop();
  const seen = answers().sort((one, other) => one.atMs - other.atMs);
  const first = seen.find(isAfter)!;
  return {
    before,
    after: first.node,
    quietGapMs: longestGap(seen.filter(({ atMs }) => atMs <= cutMs)),
    outageMs: longestGap(seen.filter(({ atMs }) => atMs > cutMs - 1_000)),
    ...(before === node ? { movedMs: Math.round(first.atMs - cutMs) } : {}),
  };
}

function longestGap(seen: readonly { readonly atMs: number }[]): number {
  const gaps = seen.slice(1).map(({ atMs }, index) => atMs - seen[index]!.atMs);
  return Math.round(Math.max(0, ...gaps));
}

/** What newcomers saw, for people. */
export function powerCutText(node: string, seen: PowerCut): string {
  const { before, after, outageMs, quietGapMs, movedMs } = seen;
  const moved =
    movedMs === undefined
      ? `${before} had the VIP and served on.`
      : `${after} served the first newcomer ${movedMs} ms after the cut.`;
  return `${node} has lost its power. ${moved}
Newcomers waited ${outageMs} ms at most, and ${quietGapMs} ms in the seconds before.`;
}
