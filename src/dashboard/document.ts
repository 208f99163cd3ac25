// What the dashboard's page is told, in the shapes that both ends share. Rows are numbered; figures
// change all the time and go as short lists of numbers, facts change seldom and go by name. Instants
// are ms since the epoch, so that an age needs no telling. Unknown values are `null`.
import type { NodeEvent } from "../base/event.ts";

/** How a server stands, in one word. `unchecked`: taken to be up. */
export type ServerCondition = "up" | "unchecked" | "down" | "drain" | "maintenance" | "stopping";

/** Sessions, waiting clients, connects a second, bytes a second in and out, the last check's ms (-1: none). */
export type Figures = readonly [
  sessions: number,
  queued: number,
  connects: number,
  bytesIn: number,
  bytesOut: number,
  checkMs: number,
];

/** What a row is about. */
export type RowFacts = FrontendFacts | BackendFacts | ServerFacts;

/** A frontend, or the frontend of a `listen`. */
export interface FrontendFacts {
  readonly kind: "frontend";
  readonly name: string;
  /** Where it listens. */
  readonly addresses: readonly string[];
  readonly sessionsMax: number | null;
  /** `open`, `paused`, `stopped`. */
  readonly admin: string;
  /** Refused by rules so far: connections, sessions and requests. */
  readonly deniedCount: number;
  /** Whom limits have kept out so far, by reason; some are in `deniedCount`, too. */
  readonly limited: readonly (readonly [reason: string, count: number])[];
}

/** A backend, or the backend of a `listen`. */
export interface BackendFacts {
  readonly kind: "backend";
  readonly name: string;
  readonly algorithm: string;
  readonly serverCount: number;
  /** Servers that the algorithm may choose, backups included. */
  readonly usableCount: number;
}

/** A server; its backend's row comes before it. */
export interface ServerFacts {
  readonly kind: "server";
  readonly name: string;
  readonly backend: string;
  readonly address: string | null;
  readonly state: ServerCondition;
  /** The status column of HAProxy's statistics. */
  readonly status: string;
  readonly sinceMs: number;
  readonly isBackup: boolean;
  readonly weight: number;
  readonly sessionsMax: number | null;
  readonly check: { readonly code: string; readonly text: string } | null;
}

/** One virtual router, as the agent of this node has it. */
export interface RouterView {
  readonly name: string;
  /** `INIT`, `BACKUP`, `MASTER`, `FAULT`. */
  readonly state: string;
  readonly sinceMs: number;
  readonly reason: string;
  readonly priority: number;
  readonly vrid: number;
  readonly interface: string;
  readonly vips: readonly string[];
  readonly isHeld: boolean;
  readonly faults: readonly string[];
  readonly masterAddress: string | null;
  /** The other node as this one hears it. */
  readonly other: OtherNodeView;
}

/** Another node of a virtual router. */
export interface OtherNodeView {
  readonly address: string | null;
  /** `MASTER`, `BACKUP`, or `unknown`: a backup sends nothing that could be heard without a second path. */
  readonly role: "MASTER" | "BACKUP" | "unknown";
  /** 0: not known. */
  readonly priority: number;
}

/** A process of this node. */
export interface ProcessView {
  readonly name: "guard" | "agent" | "balancer";
  /** Whether it answers. */
  readonly isReached: boolean;
  /** In words, for people. */
  readonly text: string;
  readonly isGood: boolean;
}

/** A second path for adverts. */
export interface HeartbeatView {
  readonly peer: string;
  readonly isAlive: boolean;
}

/** A peer that shares tables. */
export interface PeerView {
  readonly section: string;
  readonly name: string;
  readonly state: string;
  readonly isTandem: boolean;
  /** The table that is furthest behind, ms; `null` without a session. */
  readonly lagMs: number | null;
  readonly unackedCount: number;
  readonly pendingCount: number;
  /** Definitions that one side drops, in words. */
  readonly mismatches: readonly string[];
}

/** The pair, as this node knows it. */
export interface NodeView {
  readonly host: string;
  readonly version: string | null;
  /** `ok`, `degraded` or `down`. */
  readonly state: "ok" | "degraded" | "down";
  readonly problems: readonly ProblemView[];
  readonly isFit: boolean;
  readonly unfitReasons: readonly string[];
  readonly startedMs: number;
  readonly processes: readonly ProcessView[];
  /** Why nothing is known of the virtual routers; empty when the agent answers. */
  readonly agentFailure: string;
  readonly routers: readonly RouterView[];
  readonly heartbeats: readonly HeartbeatView[];
  readonly peers: readonly PeerView[];
  readonly tables: readonly TableView[];
}

/** Something that needs a person. */
export interface ProblemView {
  readonly severity: "down" | "degraded" | "note";
  readonly text: string;
}

/** A stick table. */
export interface TableView {
  readonly name: string;
  readonly type: string;
  readonly entriesMax: number;
  readonly peers: string | null;
}

/** Figures of the whole process: client connections, and of a second: connects, bytes in and out. */
export type TotalFigures = readonly [
  sessions: number,
  connects: number,
  bytesIn: number,
  bytesOut: number,
];

/** The past of one row: of its last steps the highest sessions, connects and bytes a second. */
export type RowPast = readonly [
  sessions: readonly number[],
  connects: readonly number[],
  bytes: readonly number[],
];

/** One answer to a page that asks for what is new. */
export interface LiveDocument {
  /** Another value: another process, and all is to be asked for anew. */
  readonly run: string;
  /** To be given with the next question. */
  readonly version: number;
  /** Seconds since the start of the process; the time of charts. */
  readonly second: number;
  readonly nowMs: number;
  /** Everything is here; else only what has changed since the given version. */
  readonly isFull: boolean;
  readonly mayAct: boolean;
  /** Whether sessions and entries may be looked at. */
  readonly maySearch: boolean;
  readonly sessionsMax: number | null;
  readonly totals: TotalFigures;
  readonly node?: NodeView;
  /** The number of rows; with `isFull` those of another configuration are gone. */
  readonly rowCount: number;
  readonly facts: readonly (readonly [row: number, facts: RowFacts])[];
  readonly figures: readonly (readonly [row: number, ...figures: Figures])[];
  /** Entries of the tables of `node.tables`, in their order. */
  readonly tableEntries: readonly number[];
  readonly events: readonly NodeEvent[];
  /** With `isFull`: seconds, and rows by number. */
  readonly past?: {
    readonly totals: readonly (readonly number[])[];
    readonly rows: readonly RowPast[];
  };
}

/** A live session. Client ids and usernames are what strangers chose. */
export interface SessionView {
  readonly id: number;
  /** `null`: no CONNECT was looked at. */
  readonly clientId: string | null;
  readonly username: string | null;
  readonly source: string;
  readonly frontend: string;
  readonly backend: string | null;
  readonly server: string | null;
  readonly state: string;
  readonly sinceMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** An entry of a stick table. */
export interface EntryView {
  readonly slot: number;
  readonly key: string;
  readonly server: string | null;
  /** `null`: never. */
  readonly expiresInMs: number | null;
  /** What else it stores, as `show table` prints it. */
  readonly data: string;
}

/** A page of a search. */
export interface SearchPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; `null` after the last one. */
  readonly next: number | null;
}
