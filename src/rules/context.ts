// What a running session offers to rules. Every member is cheap: rules are evaluated for each
// connection. Lookups by name give `undefined` when there is no such thing.
import type { Endpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type { TlsFacts } from "../session/mover.ts";
import type { Sample } from "./sample.ts";

/** First bytes of one direction. */
export interface PayloadView {
  readonly bytes: Uint8Array;
  /** No more will be waited for: the peer has ended, the limit is held, or the delay is over. */
  readonly final: boolean;
  /**
   * How many bytes can be held at most. What announces more than that is refused at once instead of
   * being waited for; absent: it is waited for until the view is final.
   */
  readonly bytesMax?: number;
}

/** A named object of the configuration with its numeric id. */
export interface NamedId {
  readonly name: string;
  readonly id: number;
}

/**
 * An entry of a stick table. Data types go by HAProxy's names (`conn_cur`, `gpc`, `gpt`,
 * `gpc_rate`, ...), plus `trackers` (connections that track it), `expire` (ms left) and `idle` (ms
 * since it was touched); `index` selects the element of array types and is 0 for the others.
 */
export interface TrackedEntry {
  readonly table: string;
  /** The key, so that `sc_*(counter,table)` can look it up in another table. */
  readonly key?: Sample;
  /** The value, rates computed for `nowMs`; `undefined` if the table does not store the type. */
  read(type: string, index: number, nowMs: Millis): number | undefined;
  /** Adds one, and to the matching rate as well; the value after it. */
  increment(type: string, index: number, nowMs: Millis): number | undefined;
  /** Sets the value; `false` if the table does not store the type. */
  set(type: string, index: number, value: number, nowMs: Millis): boolean;
}

/** The stick tables, by proxy name or `<peers>/<table>`; an absent name means the current proxy's own. */
export interface TableLookups {
  /** The entry of this key, or `undefined`; never creates one. */
  lookup(table: string | undefined, key: Sample): TrackedEntry | undefined;
  /** As `lookup`, but creates an absent entry (`src_inc_gpc0` and its kin). */
  lookupOrCreate?(table: string | undefined, key: Sample): TrackedEntry | undefined;
  /** Entries in use, for `table_cnt`. */
  usedCount?(table: string | undefined): number | undefined;
  /** Free entries, for `table_avl`. */
  freeCount?(table: string | undefined): number | undefined;
}

/** Live counts of proxies and servers. */
export interface StateLookups {
  /** Usable servers of a backend. */
  nbsrv(backend: string): number | undefined;
  beConn(backend: string): number | undefined;
  /** Free connection slots of a backend; -1 when a server has no limit. */
  beConnFree(backend: string): number | undefined;
  beSessRate(backend: string): number | undefined;
  feConn(frontend: string): number | undefined;
  feSessRate(frontend: string): number | undefined;
  /** Free connection and queue slots of a backend; -1 when a server has no limit. */
  connslots(backend: string): number | undefined;
  queue(backend: string): number | undefined;
  avgQueue(backend: string): number | undefined;
  srvConn(backend: string, server: string): number | undefined;
  /** Free connection slots of a server; -1 without a limit. */
  srvConnFree(backend: string, server: string): number | undefined;
  srvQueue(backend: string, server: string): number | undefined;
  srvSessRate(backend: string, server: string): number | undefined;
  srvIsUp(backend: string, server: string): boolean | undefined;
  srvWeight(backend: string, server: string): number | undefined;
  /** Whether an address belongs to this machine (`src_is_local`, `dst_is_local`). */
  isLocalAddress?(host: string): boolean;
}

/** Everything a rule may look at. */
export interface RuleContext {
  readonly nowMs: Millis;
  /** Wall clock, ms since 1970, for `date`. */
  readonly wallMs: number;
  /** A number in [0, 1), for `rand`. */
  random(): number;
  readonly hostName: string;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly request: PayloadView;
  /**
   * Rules of inspection have had their say: a value that is there is judged as it is, once the first
   * packet has come, although more bytes might change it (`use_backend ... if { req.len gt 10 }`).
   */
  readonly isInspected?: boolean;
  readonly response?: PayloadView | undefined;
  /** Facts of the client's TLS, once terminated here. */
  readonly tls?: TlsFacts | undefined;
  /** Facts of the server's TLS. */
  readonly serverTls?: TlsFacts | undefined;
  readonly frontend: NamedId;
  readonly backend?: NamedId | undefined;
  readonly server?: NamedId | undefined;
  /** By full name, scope included: `sess.seen`. */
  readonly variables: Map<string, Sample>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly state: StateLookups;
  readonly tables: TableLookups;
  /** What `track-sc0..2` tracks for this connection. */
  tracked(counter: number): TrackedEntry | undefined;
}
