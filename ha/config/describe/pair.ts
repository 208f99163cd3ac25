// Who wins between two nodes, and why.
import { printIp } from "../../../src/base/ip.ts";
import { masterDownMs } from "../../vrrp/timers.ts";
import { pairInstances, type InstancePair } from "../lint/pairing.ts";
import { trackedBy, type Tracked } from "../lint/tracked.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration } from "../model/instance.ts";
import { priorityOf } from "./instance.ts";
import { range } from "./words.ts";

interface Candidate {
  readonly node: string;
  readonly instance: InstanceConfiguration;
  readonly tracked: readonly Tracked[];
  readonly priority: number;
}

/** One line on the winner of each virtual router, and one on each failure that changes it or does not. */
export function describePair(
  first: AgentConfiguration,
  second: AgentConfiguration,
): readonly string[] {
  return pairInstances(first, second).pairs.flatMap((pair) => describeOne(pair, first, second));
}

function describeOne(
  pair: InstancePair,
  first: AgentConfiguration,
  second: AgentConfiguration,
): readonly string[] {
  const [nameA, nameB] = nodeNames(first, second);
  const a = candidate(nameA, pair.first, first);
  const b = candidate(nameB, pair.second, second);
  const title = `election of VRID ${pair.first.vrid}`;
  const winner = winnerOf(a, b);
  if (winner === undefined) {
    return [
      `${title}: both nodes have priority ${a.priority}: the higher address of the two wins, and it ` +
        `is not known from the files`,
    ];
  }
  const loser = winner === a ? b : a;
  return [
    `${title}: ${winner.node} is master, ${reason(winner, loser)}`,
    `  when ${winner.node} dies silently, ${loser.node} takes over after ${takeover(loser, winner)}`,
    ...failures(winner, loser),
    `  when ${winner.node} returns, ${returning(winner, loser)}`,
  ];
}

/** Both router_ids, told apart by their place when they are the same. */
function nodeNames(
  first: AgentConfiguration,
  second: AgentConfiguration,
): readonly [string, string] {
  const [a, b] = [first.global.routerId, second.global.routerId];
  return a === b ? [`${a} (first file)`, `${b} (second file)`] : [a, b];
}

function candidate(
  node: string,
  instance: InstanceConfiguration,
  configuration: AgentConfiguration,
): Candidate {
  const tracked = trackedBy(instance, configuration);
  return { node, instance, tracked, priority: priorityOf(instance, tracked, "up") };
}

function winnerOf(a: Candidate, b: Candidate): Candidate | undefined {
  if (a.priority !== b.priority) return a.priority > b.priority ? a : b;
  const [sourceA, sourceB] = [a.instance.sourceIp, b.instance.sourceIp];
  if (sourceA === undefined || sourceB === undefined) return undefined;
  const order = compareBytes(sourceA, sourceB);
  if (order === 0) return undefined;
  return order > 0 ? a : b;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : a[at]! - (b[at] ?? 0);
}

function reason(winner: Candidate, loser: Candidate): string {
  if (winner.priority === 255) return "the address owner (priority 255)";
  if (winner.priority > loser.priority) {
    return `priority ${winner.priority} against ${loser.priority} while all is well`;
  }
  const source = winner.instance.sourceIp;
  const address = source === undefined ? "" : `, ${printIp(source)}`;
  return `priority ${winner.priority} on both nodes, and the higher address${address}`;
}

function takeover(loser: Candidate, winner: Candidate): string {
  const latestMs = masterDownMs({
    version: loser.instance.version,
    priority: loser.priority,
    masterIntervalMs: winner.instance.advertIntervalMs,
    downTimerAdverts: loser.instance.downTimerAdverts,
  });
  return range(latestMs - winner.instance.advertIntervalMs, latestMs);
}

/** What each tracked thing of the winner does to the election. */
function failures(winner: Candidate, loser: Candidate): readonly string[] {
  return winner.tracked
    .filter(({ kind, isReversed, weight }) => kind !== "file" && !(isReversed && weight === 0))
    .map(({ kind, name, weight }) => {
      const when = `  when ${kind} ${name} fails on ${winner.node}`;
      if (weight === 0) return `${when}, it is in FAULT, and ${loser.node} takes over`;
      const left = priorityOf(winner.instance, winner.tracked, "up", name);
      if (left > loser.priority)
        return `${when}, it stays master with ${left} against ${loser.priority}`;
      if (left === loser.priority) {
        return `${when}, both have ${left}: the higher address decides`;
      }
      const refuses = loser.instance.isNopreempt
        ? `, but ${loser.node} does not take over (nopreempt)`
        : `, and ${loser.node} takes over with ${loser.priority}`;
      return `${when}, it falls to ${left}${refuses}`;
    });
}

function returning(winner: Candidate, loser: Candidate): string {
  const { isNopreempt, preemptDelayMs, initialState } = winner.instance;
  if (winner.priority === 255) return "it is master again at once";
  if (isNopreempt && initialState !== "MASTER") return `${loser.node} stays master (nopreempt)`;
  if (preemptDelayMs > 0) {
    return `it takes the VIPs back after a preempt_delay of ${preemptDelayMs / 1_000} s`;
  }
  return "it takes the VIPs back";
}
