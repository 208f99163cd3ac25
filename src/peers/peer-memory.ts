// What is remembered of a peer from one session to the next.
import type { Millis } from "../base/units.ts";
import type { StickTable } from "../stick/table.ts";
import type { EntryVersions } from "./entry-versions.ts";
import type { Hello, MinorVersion } from "./handshake.ts";

/** A table that a group shares. */
export interface SharedTable {
  /** On the wire. */
  readonly name: string;
  readonly table: StickTable;
  readonly versions: EntryVersions;
  /** Whether only Tandem nodes are sent it. */
  readonly isPrivate: boolean;
}

/** How far a peer has a table's changes. */
export interface TablePosition {
  readonly table: StickTable;
  /** The last update id that the peer has acknowledged, u32; `undefined`: none. */
  ackedId: number | undefined;
}

/** Events of a peer since the start, as `show peers` counts them. */
export interface PeerCounters {
  /** Attempts to reach the peer. */
  dialCount: number;
  sessionCount: number;
  collisionCount: number;
  /** Sessions that ended for silence. */
  silenceCount: number;
  protocolErrorCount: number;
  sentHeartbeatCount: number;
  receivedHeartbeatCount: number;
  confirmCount: number;
  sentUpdateCount: number;
  receivedUpdateCount: number;
  /** Entries whose update would not have fitted the peer's buffer. */
  tooLargeCount: number;
}

/** One peer of a group. */
export class PeerMemory {
  readonly name: string;
  /** The version to ask for: 2.0 once the peer has refused 2.1. */
  minorVersion: MinorVersion = 1;
  /** The status of the last greeting; 0: none yet. */
  lastStatus = 0;
  lastHeardMs: Millis | undefined;
  readonly counters: PeerCounters = {
    dialCount: 0,
    sessionCount: 0,
    collisionCount: 0,
    silenceCount: 0,
    protocolErrorCount: 0,
    sentHeartbeatCount: 0,
    receivedHeartbeatCount: 0,
    confirmCount: 0,
    sentUpdateCount: 0,
    receivedUpdateCount: 0,
    tooLargeCount: 0,
  };
  /** What the peer and this node say differently of tables, by name on the wire. */
  readonly mismatches = new Map<string, string>();
  readonly #positions = new Map<string, TablePosition>();
  #life: string | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** The position in a table; a table that is another one than before begins anew. */
  positionIn(name: string, table: StickTable): TablePosition {
    const known = this.#positions.get(name);
    if (known?.table === table) return known;
    const position: TablePosition = { table, ackedId: undefined };
    this.#positions.set(name, position);
    return position;
  }

  /** Another life of the peer has forgotten what it acknowledged. */
  meet(life: string): void {
    if (this.#life !== undefined && this.#life !== life) this.#positions.clear();
    this.#life = life;
  }
}

/** What tells two lives of a caller apart. */
export function lifeOf(hello: Pick<Hello, "instance" | "pid">): string {
  return hello.instance === undefined ? `pid ${hello.pid}` : `instance ${hello.instance}`;
}
