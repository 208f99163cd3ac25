import type { EventMark } from "../base/event.ts";
import type { StickTable } from "../stick/table.ts";
import type { ResyncOutcome } from "./resync.ts";

/** A connection's number. Those of calls are given by the group, the others by `newConnection`. */
export type ConnectionId = number;

/** A table to be shared. */
export interface GroupTable {
  readonly table: StickTable;
  /** Whether only Tandem nodes are sent it. */
  readonly isPrivate?: boolean;
}

/** What happens to the peers of a section. */
export type GroupEvent =
  /** Somebody has connected to the local peer's address. */
  | { readonly kind: "accepted"; readonly connection: ConnectionId }
  /** A call has been answered by the system; TLS, if any, is done. */
  | { readonly kind: "connected"; readonly connection: ConnectionId }
  | {
      readonly kind: "bytes";
      readonly connection: ConnectionId;
      /** Not to be changed until the next event of this connection. */
      readonly bytes: Uint8Array;
    }
  /** All that was written to the connection has left this process. */
  | { readonly kind: "drained"; readonly connection: ConnectionId }
  /** The connection has failed or ended; also a call that found nobody. */
  | { readonly kind: "closed"; readonly connection: ConnectionId; readonly reason: string }
  /** The turn that a connection has asked for. */
  | { readonly kind: "turn"; readonly connection: ConnectionId }
  /** Tables may have changed. */
  | { readonly kind: "changed" }
  /** A reload has other tables, or tables with other data. */
  | { readonly kind: "tables"; readonly tables: readonly GroupTable[] }
  /** The process ends. `handsOver`: another one of the same node listens in its place and is to be taught. */
  | { readonly kind: "stop"; readonly handsOver: boolean }
  | { readonly kind: "timeout" };

/** What is to be done for the peers of a section. */
export type GroupEffect =
  /** Call a peer; the local one's own address is where a new process listens. */
  | { readonly kind: "dial"; readonly connection: ConnectionId; readonly peer: string }
  | {
      readonly kind: "write";
      readonly connection: ConnectionId;
      /** `drained` is expected once they have left. */
      readonly bytes: Uint8Array;
    }
  /** End the connection after what has been written; no event of it is expected any more. */
  | { readonly kind: "close"; readonly connection: ConnectionId }
  /** Give `turn` once others have had theirs. */
  | { readonly kind: "turn"; readonly connection: ConnectionId }
  | {
      readonly kind: "report";
      readonly severity: "notice" | "warning";
      readonly text: string;
      /** The line is an event. */
      readonly event?: EventMark;
    }
  /** This node has got what there is: it may serve. Told once. */
  | { readonly kind: "resync-done"; readonly outcome: ResyncOutcome }
  /** The new process has everything. */
  | { readonly kind: "handed-over" };
