// What a session is told and what it asks for.
import type { Endpoint } from "../base/address.ts";
import type { ConnectionRecord } from "../log/record.ts";
import type { Dispatch } from "../balance/assignment.ts";
import type { ServerState } from "../balance/server.ts";
import type {
  CloseManner,
  ConnectSpec,
  RelayCounters,
  RelayEnd,
  RelaySpec,
  SocketOptions,
  TlsContext,
  TlsFacts,
} from "./mover.ts";
import type { Session } from "./session.ts";
import type { SessionContext } from "./session-context.ts";

/** Why somebody else ends a session; the letters are those of the log line. */
export type KillCause =
  | "server-down"
  | "backup-yields"
  | "administrator"
  | "shutdown"
  /** The address that the client connected to has left this node. */
  | "address-gone"
  | LeaveCause;

/** Why a session is moved: its server is to be emptied, or has too many, or this node is to be. */
export type LeaveCause = "drain" | "rebalance" | "switchover";

/** What happens to a session. */
export type SessionEvent =
  | { readonly kind: "accepted" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly ended: boolean }
  | { readonly kind: "secured"; readonly tls: TlsFacts }
  | { readonly kind: "client-closed"; readonly code?: string }
  | { readonly kind: "connected"; readonly local: Endpoint | undefined; readonly tls?: TlsFacts }
  | { readonly kind: "server-closed"; readonly code?: string }
  /** First bytes of the server, while response rules wait for them. */
  | { readonly kind: "server-bytes"; readonly bytes: Uint8Array; readonly ended: boolean }
  /** What the running relay has moved so far. */
  | { readonly kind: "progress"; readonly counters: RelayCounters }
  | {
      readonly kind: "relay-ended";
      readonly end: RelayEnd;
      readonly counters: RelayCounters;
    }
  /** The queue has come to this session: the server's slot is reserved for it. */
  | { readonly kind: "assigned"; readonly grant: Dispatch<Session> }
  /** Its place in a queue is lost, for example because the server went down: choose again. */
  | { readonly kind: "requeued" }
  | { readonly kind: "kill"; readonly cause: KillCause }
  /** Ends it as soon as it runs, if it does not yet; keys that it sticks by are bound to `to` first. */
  | {
      readonly kind: "leave";
      readonly cause: LeaveCause | "shutdown";
      readonly to?: ServerState | undefined;
    }
  | { readonly kind: "timeout" };

/** What a session wants done; `server` and `client` mean its own connections. */
export type SessionEffect =
  | { readonly kind: "inspect-client"; readonly bytesMax: number }
  | { readonly kind: "consume-client"; readonly count: number }
  | { readonly kind: "secure-client"; readonly context: TlsContext }
  | { readonly kind: "configure-client"; readonly socket: SocketOptions }
  | { readonly kind: "connect-server"; readonly spec: ConnectSpec; readonly server: ServerState }
  | { readonly kind: "send-server"; readonly bytes: Uint8Array }
  | { readonly kind: "inspect-server"; readonly bytesMax: number }
  /** Drops first bytes of the server that were for us. */
  | { readonly kind: "consume-server"; readonly count: number }
  | { readonly kind: "abandon-server" }
  | { readonly kind: "relay"; readonly spec: RelaySpec }
  | { readonly kind: "send-client"; readonly bytes: Uint8Array }
  /** Ends the relay when the server's packet is over. */
  | { readonly kind: "leave"; readonly farewell: Uint8Array | undefined }
  | { readonly kind: "close-client"; readonly manner: CloseManner }
  /** The slot of a server goes to a session that was waiting for it. */
  | { readonly kind: "grant"; readonly grant: Dispatch<Session> }
  /** A connect to the server succeeded or failed, for servers that observe traffic. */
  | { readonly kind: "observed"; readonly server: ServerState; readonly isOk: boolean }
  /** A finished session's traffic line; `context` answers the samples of its log format. */
  | {
      readonly kind: "log";
      readonly record: ConnectionRecord;
      readonly context: SessionContext;
    }
  /** A connection that failed before it was a session. */
  | {
      readonly kind: "log-handshake";
      readonly record: ConnectionRecord;
      readonly message: string;
    }
  /** Nothing more will come of this session. */
  | { readonly kind: "ended" };
