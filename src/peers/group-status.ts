// What status pages and the runtime API show of peers.
import type { Millis } from "../base/units.ts";
import type { PeerLink } from "./peer-link.ts";
import type { PeerCounters } from "./peer-memory.ts";
import type { SessionState } from "./session.ts";
import type { ResyncOutcome, ResyncStage } from "./resync.ts";

/** A table as one session sees it. */
export interface PeerTableStatus {
  /** On the wire. */
  readonly name: string;
  /** The id of this node's last change, u32; the ids below alike. */
  readonly lastUpdateId: number;
  readonly pushedId: number | undefined;
  readonly ackedId: number | undefined;
  /** Changes not sent, at most: several changes of one entry are sent as one. */
  readonly pendingCount: number;
  /** Changes sent and not acknowledged, at most. */
  readonly unackedCount: number;
  /** How long the oldest change sampled has waited for its acknowledgement, ms; 0: the peer has everything. */
  readonly lagMs: Millis;
  /** What the peer has sent; `undefined` while it has not defined the table. */
  readonly received: { readonly lastId: number; readonly count: number } | undefined;
}

/** One peer. */
export interface PeerStatus {
  readonly name: string;
  readonly isLocal: boolean;
  /** `idle`: neither a session nor an attempt. */
  readonly state: SessionState | "idle";
  readonly isTandem: boolean;
  /** The status of the last greeting as a caller, 200 also as the one called; 0: none yet. */
  readonly lastStatus: number;
  /** Time since the last byte, ms; `undefined`: none ever. */
  readonly silentMs: Millis | undefined;
  /** When it is called next, in ms; `undefined` while there is a session. */
  readonly dialsInMs: Millis | undefined;
  readonly isTeaching: boolean;
  readonly counters: Readonly<PeerCounters>;
  readonly tables: readonly PeerTableStatus[];
  /** Tables that one side drops, with both values, by name on the wire. */
  readonly mismatches: ReadonlyMap<string, string>;
}

/** A `peers` section. */
export interface GroupStatus {
  readonly section: string;
  readonly localName: string;
  readonly resync: {
    readonly stage: ResyncStage;
    readonly outcome: ResyncOutcome;
    readonly teacher: string | undefined;
    /** The last lesson that came to its end; `undefined` before the first. */
    readonly last:
      { readonly peer: string; readonly isFull: boolean; readonly agoMs: Millis } | undefined;
  };
  readonly peers: readonly PeerStatus[];
}

/** What is known of a peer. */
export function peerStatus(link: PeerLink, isLocal: boolean, nowMs: Millis): PeerStatus {
  const { memory, line } = link;
  const session = line?.session;
  const lanes = session?.lanes ?? [];
  return {
    name: link.name,
    isLocal,
    state: session?.state ?? "idle",
    isTandem: session?.isTandem ?? false,
    lastStatus: memory.lastStatus,
    silentMs: memory.lastHeardMs === undefined ? undefined : nowMs - memory.lastHeardMs,
    dialsInMs: link.dialAtMs === undefined ? undefined : Math.max(0, link.dialAtMs - nowMs),
    isTeaching: session?.isTeaching ?? false,
    counters: { ...memory.counters },
    tables: lanes.map((lane) => {
      const { lastUpdateId } = lane.shared.table;
      const pushedId = lane.pushedId ?? 0;
      return {
        name: lane.shared.name,
        lastUpdateId,
        pushedId: lane.pushedId,
        ackedId: lane.ackedId,
        pendingCount: (lastUpdateId - pushedId) >>> 0,
        unackedCount: (pushedId - (lane.ackedId ?? 0)) >>> 0,
        lagMs: lane.behindSinceMs === undefined ? 0 : nowMs - lane.behindSinceMs,
        received: session?.receivedOf(lane),
      };
    }),
    mismatches: new Map(memory.mismatches),
  };
}
