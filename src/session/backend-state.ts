// A backend at work: its settings, its balancer, its compiled rules and its counters. A reload
// replaces the settings and keeps the rest.
import type { BackendBalancer } from "../balance/backend.ts";
import type { ServerState } from "../balance/server.ts";
import { type Endpoint, formatEndpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type { BackendSide, Proxy } from "../config/model/proxy.ts";
import type { CompiledSample, Verdict } from "../rules/compile.ts";
import type { RuleContext } from "../rules/context.ts";
import type { StickEntry } from "../stick/entry.ts";
import type { StickTable } from "../stick/table.ts";
import { BackendCounters, Rate, SessionTimes } from "./counters.ts";
import type { SocketOptions, TlsContext } from "./mover.ts";
import type { RunnableRule } from "./rule-runner.ts";
import type { Session } from "./session.ts";
import type { RunnableStickRule } from "./sticking.ts";

/** The rules of a backend, ready to run. */
export interface BackendRules {
  readonly content: readonly RunnableRule[];
  readonly response: readonly RunnableRule[];
  readonly useServer: readonly {
    readonly server: string;
    readonly condition?: (context: RuleContext) => Verdict;
  }[];
  readonly stick: readonly RunnableStickRule[];
  /** Whether a rule looks at the server's first bytes. */
  readonly inspectsResponse: boolean;
  /** The key of `balance hash`. */
  readonly hashKey?: CompiledSample;
}

/** What is known of a server beside its balancing state. */
export interface ServerFacts {
  /** `undefined` while its name has no address. */
  readonly endpoint: Endpoint | undefined;
  readonly socket: SocketOptions;
  readonly tls: TlsContext | undefined;
  readonly sni: CompiledSample | undefined;
}

/** A running backend. */
export class BackendState {
  readonly name: string;
  readonly counters = new BackendCounters();
  readonly balancer: BackendBalancer<Session>;
  proxy: Proxy;
  side: BackendSide;
  table: StickTable | undefined;
  /** Whether a server of it is presented with so many connections a second only. */
  isPaced = false;
  rules: BackendRules = {
    content: [],
    response: [],
    useServer: [],
    stick: [],
    inspectsResponse: false,
  };
  /** By server name. */
  facts: ReadonlyMap<string, ServerFacts> = new Map();
  /** Connections started to each server, per second. */
  readonly serverRates = new WeakMap<ServerState, Rate>();
  /** How long the sessions of each server waited and lasted. */
  readonly serverTimes = new WeakMap<ServerState, SessionTimes>();
  /** The sessions of each server, from connecting on. */
  readonly sessions = new Map<ServerState, Set<Session>>();

  constructor(proxy: Proxy, side: BackendSide, balancer: BackendBalancer<Session>) {
    this.name = proxy.name;
    this.proxy = proxy;
    this.side = side;
    this.balancer = balancer;
  }

  get id(): number {
    return this.proxy.id;
  }

  /** Whether the algorithm has a server to choose, backups included. */
  get hasUsableServer(): boolean {
    const { activeUsable, backupUsable } = this.balancer.counts();
    return activeUsable + backupUsable > 0;
  }

  /** Whether it waits for first bytes by a delay of its own, whatever the frontend has waited. */
  get hasOwnInspection(): boolean {
    return this.rules.content.length > 0 && this.proxy.content.requestInspectDelayMs !== undefined;
  }

  /** Whether live connections keep their table entries. */
  get isPinning(): boolean {
    return this.proxy.flags.has("pin-stick-entries");
  }

  /** Whether a client that finishes while it waits is dropped even if it has sent something. */
  get isAbortedOnClose(): boolean {
    return this.proxy.flags.has("abortonclose");
  }

  /** What a table entry says of a server: its name, or its address with `srvkey addr`. */
  serverKey(table: StickTable, server: ServerState): string {
    const endpoint = this.facts.get(server.name)?.endpoint;
    if (table.spec.serverKey === "name" || endpoint === undefined) return server.name;
    return formatEndpoint(endpoint);
  }

  /** The server of an entry, by its key first: names stay the same when a file is reordered. */
  serverOf(table: StickTable, entry: StickEntry, nowMs: Millis): ServerState | undefined {
    const key = table.serverKey(entry);
    const keyed = key === undefined ? undefined : this.#serverByKey(table, key);
    if (keyed !== undefined) return keyed;
    const id = table.read(entry, "server_id", 0, nowMs);
    return id === undefined || id === 0 ? undefined : this.balancer.findById(id);
  }

  #serverByKey(table: StickTable, key: string): ServerState | undefined {
    if (table.spec.serverKey === "name") return this.balancer.find(key);
    return this.balancer.servers.find((server) => this.serverKey(table, server) === key);
  }

  /** Whether clients that stick to the server are to be sent to it (`option persist`: even if down). */
  mayPersist(server: ServerState): boolean {
    return server.isPersistable() || this.balancer.spec.persist === true;
  }

  /** Whether clients that stick to the server go elsewhere: it drains by our directives (docs/mqtt.md). */
  isEmptying(server: ServerState): boolean {
    const { drainTimeMs, drainRate } = this.side;
    const isMoved = drainTimeMs !== undefined || drainRate !== undefined;
    return isMoved && server.isDraining() && this.hasUsableServer;
  }

  /** Notes that a session uses a server. */
  join(server: ServerState, session: Session, nowMs: Millis): void {
    let rate = this.serverRates.get(server);
    if (rate === undefined) this.serverRates.set(server, (rate = new Rate()));
    rate.add(nowMs);
    const sessions = this.sessions.get(server);
    if (sessions === undefined) this.sessions.set(server, new Set([session]));
    else sessions.add(session);
  }

  /** Counts the times of a session that was connected to a server. */
  countTimes(server: ServerState | undefined, times: Parameters<SessionTimes["add"]>[0]): void {
    this.counters.times.add(times);
    if (server === undefined) return;
    let ofServer = this.serverTimes.get(server);
    if (ofServer === undefined) this.serverTimes.set(server, (ofServer = new SessionTimes()));
    ofServer.add(times);
  }

  /** Notes that a session has left a server. */
  leave(server: ServerState, session: Session): void {
    const sessions = this.sessions.get(server);
    sessions?.delete(session);
    if (sessions?.size === 0) this.sessions.delete(server);
  }
}
