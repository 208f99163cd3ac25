// What a backend is asked and what it answers.
import type { BackendSide } from "../config/model/proxy.ts";
import type { ServerState } from "./server.ts";
import type { QueuePriority } from "./waiting-list.ts";

/** What a backend's balancing depends on. */
export interface BackendSpec {
  readonly name: string;
  readonly side: BackendSide;
  /** `option allbackups`. */
  readonly allBackups: boolean;
  /** `option persist`: clients that stick to a server are sent to it even when it is down. */
  readonly persist?: boolean;
  /** The sum of `maxconn` of the frontends that lead here; the default `fullconn` is a tenth. */
  readonly frontendMaxconnSum?: number;
}

/** One session's request for a server. */
export interface AssignRequest<T> {
  readonly token: T;
  /** The choice of a stick table or of `use-server`; it wins if the server is up. */
  readonly persisted?: ServerState | undefined;
  /** The server that just failed the session; chosen again only when there is no other. */
  readonly avoid?: ServerState | undefined;
  /** 4 or 16 bytes, for `balance source`. */
  readonly sourceIp?: Uint8Array | undefined;
  /** The bytes of the sample of `balance hash`; absent when the sample is. */
  readonly hashKey?: Uint8Array | undefined;
  readonly priority?: QueuePriority | undefined;
  /** A stick table knows it: where connects are paced it goes before those that are new. */
  readonly isReturning?: boolean;
}

/** The answer. A slot is reserved only with `server`; it must be given back by `release()`. */
export type Assignment =
  | {
      readonly kind: "server";
      readonly server: ServerState;
      /** The persisted server that was left because its queue is full (`option redispatch`). */
      readonly redispatchedFrom?: ServerState;
    }
  | {
      readonly kind: "queued";
      /** Absent: it waits for any server. */
      readonly server?: ServerState;
      /** How many wait in that queue before it. */
      readonly position: number;
      readonly redispatchedFrom?: ServerState;
    }
  /** The server that the session must have is full, and so is its queue (`maxqueue`). */
  | { readonly kind: "refused-full"; readonly server: ServerState }
  /** No server is usable. */
  | { readonly kind: "none" };

/** Where a session waited. */
export interface QueuePositions {
  /** For the log's `srv_queue`: how many left the server's queue meanwhile, itself included. */
  readonly serverQueuePosition: number;
  /** For the log's `backend_queue`. */
  readonly backendQueuePosition: number;
}

/** A session that waited and has its server: a slot is reserved for it. */
export interface Dispatch<T> extends QueuePositions {
  readonly token: T;
  readonly server: ServerState;
}

/** What a change of servers means for the sessions that wait. */
export interface QueueOutcome<T> {
  /** These have a server. */
  readonly dispatched: readonly Dispatch<T>[];
  /** These have left the queue of a server that is gone, and must be assigned anew. */
  readonly requeued: readonly T[];
  /** Whether the backend lost its last usable server by the change, or got its first one back. */
  readonly availability: "unchanged" | "lost" | "regained";
  /** Why the change was not made, in the words of HAProxy's runtime API. */
  readonly refused?: string;
}

/** Figures for samples and statistics. */
export interface BackendCounts {
  readonly activeUsable: number;
  readonly backupUsable: number;
  /** `nbsrv`: servers that share the connections at the moment. */
  readonly usable: number;
  /** Waiting for any server. */
  readonly queued: number;
  /** Waiting for any or for a certain server. */
  readonly queuedTotal: number;
  readonly queuedMax: number;
  /** Connections of all servers. */
  readonly served: number;
  /** Effective weight of those that share the connections. */
  readonly totalWeight: number;
  /** `connslots`: free connection and queue places; -1 when a server has no limit. */
  readonly connectionSlots: number;
}
