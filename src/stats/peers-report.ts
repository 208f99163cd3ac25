// Peers as JSON can hold them: maps as lists, unknown values as `null`.
import type { Millis } from "../base/units.ts";
import type { GroupStatus, PeerStatus } from "../peers/group-status.ts";

/** A `peers` section. */
export interface PeersReport {
  readonly section: string;
  readonly localName: string;
  readonly resync: {
    /** `local` and `remote`: it still looks for what there is to learn. */
    readonly stage: string;
    /** `full`, `partial` (the teacher had not everything) or `none`. */
    readonly outcome: string;
    /** Whom this node learns from at this moment. */
    readonly teacher: string | null;
    /** The last lesson that came to its end. */
    readonly last: LessonReport | null;
  };
  /** The local one, which a former process of this node would be, comes first. */
  readonly peers: readonly PeerReport[];
}

/** A lesson that came to its end. */
export interface LessonReport {
  readonly peer: string;
  /** Whether the teacher had everything. */
  readonly isFull: boolean;
  readonly agoMs: Millis;
}

/** One peer. */
export interface PeerReport {
  readonly name: string;
  readonly isLocal: boolean;
  /** `idle`, `connecting`, `greeting`, `established`, `closed`. */
  readonly state: string;
  readonly isTandem: boolean;
  readonly lastStatus: number;
  readonly silentMs: Millis | null;
  readonly dialsInMs: Millis | null;
  readonly isTeaching: boolean;
  readonly sessionsTotal: number;
  readonly sentUpdateCount: number;
  readonly receivedUpdateCount: number;
  readonly tooLargeCount: number;
  readonly protocolErrorCount: number;
  readonly tables: readonly PeerTableReport[];
  /** Definitions that one side drops without a word: both values are in the text. */
  readonly mismatches: readonly { readonly table: string; readonly text: string }[];
}

/** A table as a session has it. */
export interface PeerTableReport {
  readonly name: string;
  /** Changes not sent. */
  readonly pendingCount: number;
  /** Changes sent and not acknowledged. */
  readonly unackedCount: number;
  readonly lagMs: Millis;
  /** Updates that the peer has sent; `null` while it has not defined the table. */
  readonly receivedCount: number | null;
}

/** The report of a section. */
export function peersReport({ section, localName, resync, peers }: GroupStatus): PeersReport {
  return {
    section,
    localName,
    resync: {
      stage: resync.stage,
      outcome: resync.outcome,
      teacher: resync.teacher ?? null,
      last:
        resync.last === undefined ? null : { ...resync.last, agoMs: Math.round(resync.last.agoMs) },
    },
    peers: peers.map(peerReport),
  };
}

function peerReport(peer: PeerStatus): PeerReport {
  const { counters } = peer;
  return {
    name: peer.name,
    isLocal: peer.isLocal,
    state: peer.state,
    isTandem: peer.isTandem,
    lastStatus: peer.lastStatus,
    silentMs: rounded(peer.silentMs),
    dialsInMs: rounded(peer.dialsInMs),
    isTeaching: peer.isTeaching,
    sessionsTotal: counters.sessionCount,
    sentUpdateCount: counters.sentUpdateCount,
    receivedUpdateCount: counters.receivedUpdateCount,
    tooLargeCount: counters.tooLargeCount,
    protocolErrorCount: counters.protocolErrorCount,
    tables: peer.tables.map((table) => ({
      name: table.name,
      pendingCount: table.pendingCount,
      unackedCount: table.unackedCount,
      lagMs: Math.round(table.lagMs),
      receivedCount: table.received?.count ?? null,
    })),
    mismatches: [...peer.mismatches].map(([table, text]) => ({ table, text })),
  };
}

function rounded(ms: Millis | undefined): Millis | null {
  return ms === undefined ? null : Math.round(ms);
}
