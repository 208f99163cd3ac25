// The statistics pages: sockets, connections and HTTP around the pure answers of src/stats. Sockets
// are opened for a configuration before it is applied, and kept over a reload by their address.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { Configuration } from "../../config/model/configuration.ts";
import type { Proxy } from "../../config/model/proxy.ts";
import { STATS_CONNECTIONS_MAX, STATS_HEADER_BYTES_MAX } from "../../limits.ts";
import {
  formatBindAddress,
  listenSpec,
  type PlannedListener,
} from "../../session/plan-listeners.ts";
import type { World } from "../../session/world.ts";
import { formatEndpoint } from "../../base/address.ts";
import { type MetricsSources, renderMetrics } from "../../metrics/render.ts";
import type { ActionForm, ActionOutcome } from "../../stats/action-form.ts";
import { BAD_REQUEST } from "../../stats/answer.ts";
import { PageCounters } from "../../stats/page-counters.ts";
import { PageRules } from "../../stats/page-rules.ts";
import type { ProcessFacts, StatsView } from "../../stats/request.ts";
import { type StatsSource, hasOwnColumns, statsRows } from "../../stats/rows.ts";
import type { StatusLookup } from "../../stats/server-status.ts";
import { HAPROXY_VERSION, TANDEM_VERSION } from "../../version.ts";
import { monotonicMs, wallClockMs } from "../clock.ts";
import type { Dashboard } from "../dashboard/dashboard.ts";
import type { ProgramLog } from "../log/program-log.ts";
import { readLines } from "../pattern-file.ts";
import { serverSide } from "../tls/context.ts";
import type { LoadedTls } from "../tls/load.ts";
import { PageConnection, type PageConnectionHost } from "./page-connection.ts";
import { type OpenedOrNot, PageListener } from "./page-listener.ts";
import { type PageRequestHost, serveRequest } from "./page-request.ts";
import { PieceSender } from "./piece-sender.ts";

/** Servers of an action that its log line names. */
const LOGGED_SERVERS_MAX = 16;

/** What pages need of the process beside the statistics. */
export interface StatsServerHost {
  readonly program: ProgramLog;
  readonly metrics: MetricsSources;
  /** Does what a form asks for. */
  act(form: ActionForm, nowMs: number): ActionOutcome;
}

/** The dashboard that the pages show. */
type PageDashboard = Pick<Dashboard, "view" | "changed">;

/** Serves the statistics pages of a process. */
export class StatsServer {
  readonly #world: World;
  readonly #statusOf: StatusLookup;
  readonly #http: Server;
  readonly #connectionHost: PageConnectionHost;
  readonly #requestHost: PageRequestHost;
  readonly #startedMs = monotonicMs();
  readonly #pages = new Map<string, PageCounters>();
  /** By address. */
  readonly #listeners = new Map<string, PageListener>();
  /** Opened for a configuration that is not in force yet. */
  readonly #opened = new Map<string, PageListener>();
  readonly #connections = new Map<Socket, PageConnection>();
  readonly #streams = new WeakMap<Duplex, PageConnection>();
  /** Who may act, by the name of the page's proxy. */
  readonly #rules = new Map<string, PageRules>();
  #host: StatsServerHost | undefined;
  #dashboard: PageDashboard | undefined;
  #proxies: readonly Proxy[] = [];

  constructor(world: World, statusOf: StatusLookup) {
    this.#world = world;
    this.#statusOf = statusOf;
    this.#http = createHttp();
    this.#http.on("request", (request, response) => this.#onRequest(request, response));
    this.#http.on("clientError", (error: NodeJS.ErrnoException, stream) => {
      // Who has gone before the end of an answer has not sent a bad request.
      if (error.code === "ECONNRESET") stream.destroy();
      else this.#onClientError(stream);
    });
    this.#http.on("connect", (_request, stream) => this.#onClientError(stream));
    this.#requestHost = {
      view: (connection, nowMs) => this.#view(connection, nowMs),
      pieces: new PieceSender(
        (error) => {
          this.#host?.program.error({ err: error }, "statistics page failed");
        },
        () => this.#host?.metrics.node.read() ?? Promise.resolve(),
      ),
    };
    this.#connectionHost = {
      ready: (connection, stream) => {
        this.#streams.set(stream, connection);
        this.#http.emit("connection", stream);
      },
      failed: ({ page, listenerCounters }, status) =>
        page.failed(listenerCounters, status, monotonicMs()),
      closed: (connection) => this.#onClosed(connection),
    };
  }

  /** Connects the pages to the parts of the process that show metrics and carry out actions. */
  attach(host: StatsServerHost): void {
    this.#host = host;
  }

  /** Gives the pages a dashboard; without one they are tables. */
  show(dashboard: PageDashboard): void {
    this.#dashboard = dashboard;
  }

  /** What carries out actions and shows metrics; `undefined` before it is attached. */
  get metrics(): MetricsSources | undefined {
    return this.#host?.metrics;
  }

  /** Where the statistics come from, for other ways to show them. */
  get source(): StatsSource {
    return {
      world: this.#world,
      proxies: this.#proxies,
      pages: this.#pages,
      startedMs: this.#startedMs,
      statusOf: this.#statusOf,
    };
  }

  /** Addresses that are listened on. */
  get addresses(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  /** The sockets that a configuration adds. */
  plan(configuration: Configuration): PlannedListener[] {
    const planned: PlannedListener[] = [];
    const named = new Set<string>();
    for (const proxy of configuration.proxies.filter(hasPage)) {
      for (const bind of proxy.frontend?.binds ?? []) {
        const key = formatBindAddress(bind.address);
        // A second one of the same address fails as it does in HAProxy.
        const isRepeated = named.has(key);
        named.add(key);
        if (!isRepeated && this.#listeners.has(key)) continue;
        planned.push({ key, proxy, bind, spec: listenSpec(proxy, bind) });
      }
    }
    return planned;
  }

  /** Opens a socket; it serves nobody before `apply()`. */
  async open(planned: PlannedListener): Promise<OpenedOrNot> {
    const listener = new PageListener(
      {
        hasRoom: () => this.#hasRoom(),
        arrived: (from, socket) => this.#onArrived(from, socket),
      },
      planned,
      this.#pageOf(planned.proxy),
    );
    const outcome = await listener.opened;
    if (outcome.ok) this.#opened.set(planned.key, listener);
    return outcome;
  }

  /** Closes what was opened for a configuration that is not going to be applied. */
  abandon(): void {
    for (const listener of this.#opened.values()) listener.close();
    this.#opened.clear();
  }

  /** Takes a configuration; its missing sockets are open. */
  apply(configuration: Configuration, tls: LoadedTls): void {
    this.#proxies = configuration.proxies;
    const named = new Set<string>();
    for (const [key, listener] of this.#opened) this.#listeners.set(key, listener);
    this.#opened.clear();
    this.#rules.clear();
    for (const proxy of configuration.proxies.filter(hasPage)) {
      const page = this.#pageOf(proxy);
      const binds = proxy.frontend?.binds ?? [];
      page.listenerCounts.keep(new Set(binds.map(({ address }) => formatBindAddress(address))));
      this.#rules.set(proxy.name, new PageRules(proxy, readLines));
      for (const bind of binds) {
        const key = formatBindAddress(bind.address);
        named.add(key);
        const context = tls.binds.get(bind);
        const listener = this.#listeners.get(key);
        if (listener === undefined) continue;
        Object.assign(listener, { proxy, bind, page });
        listener.tls = context === undefined ? undefined : serverSide(context);
      }
    }
    for (const listener of [...this.#listeners.values()]) {
      if (!named.has(listener.key)) this.#remove(listener);
    }
    const names = new Set(configuration.proxies.filter(hasPage).map(({ name }) => name));
    for (const name of this.#pages.keys()) if (!names.has(name)) this.#pages.delete(name);
    this.#regulate();
  }

  /** Stops to listen and leaves those who are connected alone, for a soft stop. */
  closeListeners(): void {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
  }

  /** Ends everything. */
  close(): void {
    this.abandon();
    this.closeListeners();
    for (const connection of this.#connections.values()) connection.destroy();
  }

  #pageOf({ name }: Proxy): PageCounters {
    const known = this.#pages.get(name);
    if (known !== undefined) return known;
    const page = new PageCounters();
    this.#pages.set(name, page);
    return page;
  }

  #remove(listener: PageListener): void {
    listener.close();
    this.#listeners.delete(listener.key);
    for (const connection of this.#connections.values()) {
      if (connection.listener === listener) connection.destroy();
    }
  }

  #hasRoom(): boolean {
    let count = this.#connections.size;
    for (const listener of this.#listeners.values()) count += listener.parkedCount;
    for (const listener of this.#opened.values()) count += listener.parkedCount;
    return count < STATS_CONNECTIONS_MAX;
  }

  #onArrived(listener: PageListener, socket: Socket): void {
    const connection = new PageConnection(this.#connectionHost, listener, socket);
    this.#connections.set(socket, connection);
    listener.connectionCount++;
    listener.page.connected(connection.listenerCounters, monotonicMs());
    this.#regulate();
    connection.start();
  }

  #onClosed(connection: PageConnection): void {
    this.#connections.delete(connection.socket);
    connection.listener.connectionCount--;
    connection.page.disconnected(connection.listenerCounters);
    this.#regulate();
  }

  /** Clients beyond `maxconn` wait, as they do for any frontend. */
  #regulate(): void {
    for (const listener of this.#listeners.values()) {
      const { proxy, bind, page, connectionCount } = listener;
      const isFull =
        page.frontend.sessions.current >= (proxy.frontend?.maxconn ?? Infinity) ||
        connectionCount >= (bind.maxconn ?? Infinity);
      listener.setPaused(isFull);
    }
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#streams.get(request.socket);
    if (connection === undefined) request.socket.destroy();
    else serveRequest({ connection, request, response }, this.#requestHost);
  }

  #onClientError(stream: Duplex): void {
    const connection = this.#streams.get(stream);
    if (connection === undefined) stream.destroy();
    else connection.refuse(BAD_REQUEST);
  }

  #view({ listener, client }: PageConnection, nowMs: number): StatsView {
    const { proxy } = listener;
    const rules = this.#rules.get(proxy.name);
    const host = this.#host;
    const mayAct = (): boolean => rules?.mayAct(this.#world, client, nowMs, wallClockMs()) ?? false;
    return {
      process: this.#facts(nowMs),
      rows: (selection) => statsRows(this.source, selection, nowMs),
      hasOwnColumns: hasOwnColumns(this.source),
      mayAct,
      dashboard: this.#dashboard?.view({ mayAct: mayAct() }),
      act: (form) => {
        if (host === undefined) return "NONE";
        const outcome = host.act(form, nowMs);
        this.#dashboard?.changed();
        const servers = form.servers.slice(0, LOGGED_SERVERS_MAX);
        const { action, backend } = form;
        const from = formatEndpoint(client.source);
        host.program.info(
          { from, action, backend, servers, outcome },
          "action of a statistics page",
        );
        return outcome;
      },
      metrics: (selection) => ({
        [Symbol.iterator]: () =>
          host === undefined
            ? [][Symbol.iterator]()
            : renderMetrics(host.metrics, selection, monotonicMs()),
      }),
    };
  }

  #facts(nowMs: number): ProcessFacts {
    const { global, hostName, limits, connectionCount } = this.#world;
    return {
      version: `Tandem ${TANDEM_VERSION}, in place of HAProxy ${HAPROXY_VERSION}`,
      pid: process.pid,
      uptimeMs: nowMs - this.#startedMs,
      node: global?.node ?? hostName,
      description: global?.description,
      maxconn: limits.maxconn,
      connections: connectionCount,
    };
  }
}

/** Whether a proxy is there for its page. */
function hasPage(proxy: Proxy): boolean {
  return proxy.mode === "http" && !proxy.disabled && proxy.stats !== undefined;
}

/** A server that listens nowhere and is given connections; their deadlines are ours. */
function createHttp(): Server {
  const server = createServer({
    maxHeaderSize: STATS_HEADER_BYTES_MAX,
    requireHostHeader: false,
    keepAliveTimeout: 0,
    headersTimeout: 0,
    requestTimeout: 0,
  });
  server.timeout = 0;
  return server;
}
