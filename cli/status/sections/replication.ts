// Peers on the screen: each session, each table, the last resync.
import type { BalancerStatus } from "../../../src/stats/balancer-status.ts";
import type { PeerReport, PeersReport } from "../../../src/stats/peers-report.ts";
import { type Line, type Piece, piece, type Tone } from "../line.ts";
import { type Column, tableLines } from "../table.ts";
import { durationText } from "../../../src/base/duration-text.ts";
import { countWords, printable } from "../words.ts";
import type { Extent } from "./brokers.ts";

const COLUMNS: readonly Column[] = [
  { title: "peer", widthMin: 8, keepsEnd: true },
  { title: "table", widthMin: 8, keepsEnd: true },
  { title: "state", widthMin: 5 },
  { title: "kind" },
  { title: "lag", isRight: true },
  { title: "unsent", isRight: true },
  { title: "unacked", isRight: true },
  { title: "received", isRight: true },
];

/** All sections of peers. */
export function replicationLines({ peers }: BalancerStatus, extent: Extent): Line[] {
  return peers.flatMap((section) => sectionLines(section, extent));
}

function sectionLines(section: PeersReport, { width, rowsMax }: Extent): Line[] {
  const remotes = section.peers.filter(({ isLocal }) => !isLocal);
  const rows = remotes.flatMap(peerRows);
  const left = rows.length - rowsMax;
  return [
    [
      piece(`  ${printable(section.section)}`, "title"),
      piece(`: this node is ${printable(section.localName)}; `),
      ...resyncPieces(section.resync),
    ],
    ...(rows.length === 0 ? [] : tableLines(COLUMNS, rows.slice(0, rowsMax), "  ", width)),
    ...(left > 0 ? [[piece(`  and ${left} more`, "dim")]] : []),
  ];
}

function resyncPieces({ stage, outcome, teacher, last }: PeersReport["resync"]): Line {
  if (stage !== "finished") {
    const from = teacher === null ? "" : ` from ${printable(teacher)}`;
    return [piece(`fetches its tables${from}`, "warn")];
  }
  const tone: Tone = outcome === "full" ? "good" : "warn";
  if (last === null) return [piece("resync: "), piece(printable(outcome), tone)];
  return [
    piece("last resync: "),
    piece(last.isFull ? "full" : "partial", last.isFull ? "good" : "warn"),
    piece(` from ${printable(last.peer)} ${durationText(last.agoMs)} ago`),
  ];
}

const LAG_SHOWN_MS = 1_000;

function peerRows(peer: PeerReport): (readonly Piece[])[] {
  const isUp = peer.state === "established";
  const start = (table: string): Piece[] => [
    piece(printable(peer.name)),
    piece(printable(table)),
    piece(isUp ? "up" : printable(peer.state), isUp ? "good" : "bad"),
    piece(!isUp ? "-" : peer.isTandem ? "Tandem" : "HAProxy", "dim"),
  ];
  const dropped = peer.mismatches.map(({ table }) => [
    ...start(table),
    piece("dropped", "bad"),
    ...["-", "-", "-"].map((text) => piece(text)),
  ]);
  const mismatched = new Set(peer.mismatches.map(({ table }) => table));
  const rows = peer.tables
    .filter(({ name }) => !mismatched.has(name))
    .map(({ name, lagMs, pendingCount, unackedCount, receivedCount }) => [
      ...start(name),
      piece(durationText(lagMs), lagMs < LAG_SHOWN_MS ? undefined : "bad"),
      piece(countWords(pendingCount)),
      piece(countWords(unackedCount)),
      piece(receivedCount === null ? "-" : countWords(receivedCount)),
    ]);
  if (rows.length + dropped.length > 0) return [...dropped, ...rows];
  return [[...start("-"), ...["-", "-", "-", "-"].map((text) => piece(text))]];
}
