// What is wrong with the peers of a node: sessions, definitions, tables out of step, resyncs.
import type { BalancerStatus } from "../../../src/stats/balancer-status.ts";
import type { PeerReport, PeersReport } from "../../../src/stats/peers-report.ts";
import type { Problem } from "../facts.ts";
import { durationText } from "../../../src/base/duration-text.ts";
import { plural } from "../words.ts";

/** A peer that is so far behind is out of step, ms; on a quiet network it is some ms. */
const OUT_OF_STEP_MS = 1_000;

/** Peers that are missing or behind, tables that one side drops, resyncs that were not whole. */
export function replicationProblems(balancer: BalancerStatus | null): Problem[] {
  return (balancer?.peers ?? []).flatMap((section) => [
    ...section.peers
      .filter(({ isLocal }) => !isLocal)
      .flatMap((peer) => peerProblems(section.section, peer)),
    ...resyncProblems(section),
  ]);
}

function peerProblems(section: string, peer: PeerReport): Problem[] {
  const label = `${section}/${peer.name}`;
  const found: Problem[] = peer.mismatches.map(({ table, text }) =>
    degraded(
      `table ${table} is not replicated with peer ${label}: ${text}`,
      "write the same stick-table line on both nodes",
    ),
  );
  if (peer.state !== "established") {
    const next = peer.dialsInMs === null ? "" : `, next call in ${durationText(peer.dialsInMs)}`;
    const status = peer.lastStatus === 0 || peer.lastStatus === 200 ? "" : ` (${peer.lastStatus})`;
    found.push(
      degraded(
        `peer ${label} is not connected, it is ${peer.state}${status}${next}`,
        "is its balancer running? Its address and both names must be the same in both files",
      ),
    );
    return found;
  }
  for (const { name, lagMs, pendingCount, unackedCount } of peer.tables) {
    if (lagMs < OUT_OF_STEP_MS) continue;
    const behind = plural(pendingCount + unackedCount, "change");
    found.push(
      degraded(
        `table ${name} of peer ${label} is out of step: ${behind}, ${durationText(lagMs)} behind`,
        "",
      ),
    );
  }
  if (peer.tooLargeCount > 0) {
    const what = plural(peer.tooLargeCount, "entry is", "entries are");
    found.push(degraded(`${what} too large for peer ${label}`, "shorten the key"));
  }
  return found;
}

function resyncProblems({ section, localName, resync, peers }: PeersReport): Problem[] {
  if (peers.every(({ isLocal }) => isLocal)) return [];
  const label = `${localName} of peers ${section}`;
  if (resync.stage !== "finished") {
    const from = resync.teacher === null ? "" : ` from ${resync.teacher}`;
    return [degraded(`${label} still fetches its tables${from}`, "")];
  }
  if (resync.outcome === "full") return [];
  if (resync.outcome === "partial") {
    return [degraded(`${label} has fetched only a part: its teacher had not everything`, "")];
  }
  return [degraded(`${label} has started without what its peers know`, "")];
}

function degraded(text: string, hint: string): Problem {
  return { severity: "degraded", area: "peer", text, hint };
}
