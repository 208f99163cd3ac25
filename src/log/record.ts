import type { Endpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type { TlsFacts } from "../session/mover.ts";

/**
 * All that a traffic log line can tell of one connection (haproxy configuration §8.2.3 and §8.4).
 * Times are -1 when their step has not been reached.
 */
export interface ConnectionRecord {
  /** `%ci`, `%cp`: the client, as the PROXY header names it if one came. */
  readonly client: Endpoint;
  /** `%fi`, `%fp`: the address that the client connected to. */
  readonly frontendAddress: Endpoint;
  /** `%t`: when the connection came, ms since the epoch on the wall clock. */
  readonly acceptWallMs: number;
  /** `%f`. */
  readonly frontend: string;
  /** Whether the listener speaks TLS: `%ft` then ends in `~`. */
  readonly frontendTls: boolean;
  /** `%b`: the frontend's name when no backend has been chosen. */
  readonly backend: string;
  /** `%s`: absent when no server has been chosen; the line then says `<NOSRV>`. */
  readonly server?: string;
  /** `%si`, `%sp`: the server's address. */
  readonly serverAddress?: Endpoint;
  /** `%bi`, `%bp`: our own end of the connection to the server. */
  readonly localAddress?: Endpoint;
  /** `%Th`: how long PROXY header and TLS handshake took. */
  readonly handshakeMs: Millis;
  /** `%Tw`: time spent in queues. */
  readonly queueMs: Millis;
  /** `%Tc`: time to connect to the server, retries included. */
  readonly connectMs: Millis;
  /** `%Tt`: from the accept to the last close. */
  readonly totalMs: Millis;
  /** `%B`. */
  readonly bytesToClient: number;
  /** `%U`. */
  readonly bytesToServer: number;
  /** `%ts`: who ended it, and when (haproxy configuration §8.5); two characters. */
  readonly termination: string;
  /** `%ac`: connections of the process. */
  readonly actconn: number;
  /** `%fc`, `%bc`, `%sc`: connections of the frontend, the backend and the server. */
  readonly feconn: number;
  readonly beconn: number;
  readonly srvconn: number;
  /** `%rc`; a `+` stands before it when the connection went to another server. */
  readonly retries: number;
  readonly redispatched: boolean;
  /** `%sq`, `%bq`: connections that were ahead in the server's and the backend's queue. */
  readonly serverQueue: number;
  readonly backendQueue: number;
  /** `option logasap`: the line is written before the end, so times and byte counts bear a `+`. */
  readonly logAsap: boolean;
  /** `%rt`: counts the connections of the process, from 0. */
  readonly requestCount: number;
  /** `%lc`: counts the lines of the frontend, from 0. */
  readonly lineCount: number;
  /** `%hr`: what `capture` rules kept. */
  readonly captured: readonly (string | undefined)[];
  /** `%sslv`, `%sslc`: the client's TLS. */
  readonly tls?: TlsFacts;
}
