// Serves the runtime API: its listening sockets and its clients. Sockets are opened before a
// configuration is in force and serve once it is; over a reload they are known by their address.
// A unix socket takes the place of another process's at once, and its file goes with this process
// unless somebody else has taken it over.
import type { Socket } from "node:net";
import type { Millis } from "../../base/units.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { StatsSocket } from "../../config/model/global.ts";
import type { HealthMonitor } from "../../health/monitor.ts";
import { RUNTIME_CONNECTIONS_DEFAULT, RUNTIME_SILENCE_DEFAULT_MS } from "../../runtime/limits.ts";
import type { MetricsSources } from "../../metrics/render.ts";
import type { RuntimeContext, RuntimeEffect } from "../../runtime/command.ts";
import { actOnServers } from "../../runtime/page-actions.ts";
import { RUNTIME_COMMANDS } from "../../runtime/command-table.ts";
import { RuntimeConnection } from "../../runtime/connection.ts";
import type { ProcessFigures } from "../../runtime/process-figures.ts";
import { formatBindAddress } from "../../session/plan-listeners.ts";
import type { ActionForm, ActionOutcome } from "../../stats/action-form.ts";
import type { TicketKeyRing } from "../../tickets/key-ring.ts";
import type { BalancerJournal } from "../balancer-journal.ts";
import { monotonicMs, wallClockMs } from "../clock.ts";
import { localUtcOffset } from "../log/local-time.ts";
import type { ProgramLog } from "../log/program-log.ts";
import type { LoadedConfiguration } from "../load-configuration.ts";
import type { PeersShell } from "../peers/peers-shell.ts";
import { descriptorLimit } from "../process-limits.ts";
import { restoreNewServers, serverKeys } from "../server-state-files.ts";
import type { StatsServer } from "../stats/stats-server.ts";
import { TimerDriver } from "../timer-driver.ts";
import type { TrafficLog } from "../traffic-log.ts";
import { ProcessMeter } from "./process-meter.ts";
import { RuntimeClient, type RuntimeClientHost } from "./runtime-client.ts";
import { type RuntimeEffectParts, runRuntimeEffect } from "./runtime-effects.ts";
import { RuntimeListener } from "./runtime-listener.ts";

/** How old figures of the process may be, ms: reading them takes a fraction of a millisecond. */
const FIGURES_AGE_MS_MAX = 20;

/** What the API shows and changes. */
export interface RuntimeParts extends Omit<RuntimeEffectParts, "changed" | "log"> {
  readonly program: ProgramLog;
  readonly journal: BalancerJournal;
  readonly traffic: TrafficLog;
  readonly pages: StatsServer;
  readonly peers: PeersShell;
  /** For the metrics of the statistics pages. */
  readonly metrics: Omit<MetricsSources, "context">;
  isStopping(): boolean;
}

/** A socket that could not be opened. */
export interface FailedStatsSocket {
  readonly socket: StatsSocket;
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

/** The API of one process. */
export class RuntimeServer {
  readonly #parts: RuntimeParts;
  readonly #host: RuntimeClientHost;
  readonly #effects: RuntimeEffectParts;
  readonly #context: RuntimeContext;
  readonly #meter: ProcessMeter;
  readonly #timers = new TimerDriver<RuntimeClient>((client) => client.onTimeout());
  readonly #clients = new Set<RuntimeClient>();
  readonly #listeners = new Map<string, RuntimeListener>();
  /** Opened for a configuration that is not in force yet. */
  readonly #opened = new Map<string, RuntimeListener>();
  readonly #startedMs = monotonicMs();
  #configuration: Configuration | undefined;
  /** All that there were before a configuration is applied. */
  #servers: ReadonlySet<string> = new Set();
  #startupLogs = "";
  #ticketKeys: readonly TicketKeyRing[] = [];
  #clientsTotal = 0;
  readonly #descriptorsMax = descriptorLimit() ?? 0;
  #figures: { readonly atMs: Millis; readonly figures: ProcessFigures } | undefined;

  constructor(parts: RuntimeParts) {
    this.#parts = parts;
    this.#meter = new ProcessMeter(parts.world);
    this.#effects = {
      ...parts,
      log: (proxy, level, text, event) => {
        parts.traffic.state(proxy, level, text);
        parts.journal.turn(level, text, event, { proxy });
      },
      changed: (configuration) => {
        this.#configuration = configuration;
        this.#servers = serverKeys(parts.world);
      },
    };
    this.#host = {
      run: (effect, nowMs) => runRuntimeEffect(effect, this.#effects, nowMs),
      defect: (command, error) => parts.program.error({ command, err: error }, "command failed"),
      enter: (nowMs) => (parts.world.nowMs = nowMs),
      rescheduled: (client) => this.#timers.update(client),
      gone: (client) => {
        this.#clients.delete(client);
        this.#regulate();
      },
    };
    this.#context = this.#newContext();
    parts.pages.attach({
      program: parts.program,
      metrics: { ...parts.metrics, context: this.#context },
      act: (form, nowMs) => this.#actOnServers(form, nowMs),
    });
  }

  /** What commands look at, for others who do what they do. */
  get context(): RuntimeContext {
    return this.#context;
  }

  /** The configuration in force, commands' changes included. */
  get configuration(): Configuration | undefined {
    return this.#configuration;
  }

  /** Opens the sockets that a configuration adds, all or none; those that failed. */
  async open(configuration: Configuration): Promise<readonly FailedStatsSocket[]> {
    const failed: FailedStatsSocket[] = [];
    await Promise.all(
      socketsOf(configuration).map(async ([key, socket]) => {
        if (this.#listeners.has(key) || this.#opened.has(key)) return;
        const listener = new RuntimeListener(socket, (from, client) => this.#accept(from, client));
        const outcome = await listener.opened;
        if (outcome.ok) this.#opened.set(key, listener);
        else failed.push({ ...outcome, socket, key });
      }),
    );
    if (failed.length > 0) this.abandon();
    return failed;
  }

  /** Closes what was opened for a configuration that is not going to be applied. */
  abandon(): void {
    for (const listener of this.#opened.values()) this.#remove(listener);
    this.#opened.clear();
  }

  /** Takes a configuration whose missing sockets are open. `startupLogs`: what reading it has found. */
  apply({ configuration, tls }: LoadedConfiguration, startupLogs: string): void {
    this.#configuration = configuration;
    this.#startupLogs = startupLogs;
    this.#ticketKeys = tls.ticketKeys;
    this.#restoreServers(configuration);
    for (const [key, listener] of this.#opened) this.#listeners.set(key, listener);
    this.#opened.clear();
    const sockets = new Map(socketsOf(configuration));
    for (const [key, listener] of [...this.#listeners]) {
      const socket = sockets.get(key);
      if (socket !== undefined) listener.socket = socket;
      else {
        this.#listeners.delete(key);
        this.#remove(listener);
      }
    }
    if (this.#listeners.size > 0 || hasMetrics(configuration)) this.#meter.start();
    this.#regulate();
  }

  /** Carries out what a command that was run elsewhere wants done. */
  carryOut(effects: readonly RuntimeEffect[], nowMs: Millis): void {
    this.#parts.world.nowMs = nowMs;
    for (const effect of effects) runRuntimeEffect(effect, this.#effects, nowMs);
  }

  /** Does what a form of the statistics page asks for. */
  #actOnServers(form: ActionForm, nowMs: Millis): ActionOutcome {
    this.#parts.world.nowMs = nowMs;
    const run = (effects: readonly RuntimeEffect[]): void => this.carryOut(effects, nowMs);
    return actOnServers(form, this.#context, run, nowMs);
  }

  /** Gives servers that are new to this process the states that files say they had. */
  #restoreServers(configuration: Configuration): void {
    const { world, program, health } = this.#parts;
    const monitor = health()?.monitor;
    if (monitor === undefined) return;
    const nowMs = monotonicMs();
    const host = {
      world,
      monitor,
      run: (effect: RuntimeEffect) => runRuntimeEffect(effect, this.#effects, nowMs),
      warn: (text: string) => program.warn(text),
    };
    restoreNewServers(configuration, this.#servers, host, nowMs);
    this.#servers = serverKeys(world);
  }

  /** Lets go of addresses that a process which takes this one's place needs for itself. */
  closeExclusive(): void {
    for (const [key, listener] of [...this.#listeners]) {
      if (!listener.isExclusive) continue;
      listener.close();
      this.#listeners.delete(key);
    }
  }

  /** Ends everything. */
  close(): void {
    this.abandon();
    for (const listener of this.#listeners.values()) this.#remove(listener);
    this.#listeners.clear();
    for (const client of this.#clients) client.destroy();
    this.#timers.close();
    this.#meter.close();
  }

  #remove(listener: RuntimeListener): void {
    listener.close();
    listener.removeFile();
  }

  #accept(listener: RuntimeListener, socket: Socket): void {
    this.#clientsTotal++;
    const connection = new RuntimeConnection(
      {
        level: listener.socket.level,
        timeoutMs: this.#configuration?.global.statsTimeoutMs ?? RUNTIME_SILENCE_DEFAULT_MS,
        commands: RUNTIME_COMMANDS,
        context: this.#context,
      },
      monotonicMs(),
    );
    this.#clients.add(new RuntimeClient(this.#host, socket, connection));
    this.#regulate();
  }

  /** Clients beyond `stats maxconn` wait. */
  #regulate(): void {
    const clientsMax =
      this.#configuration?.global.tune["stats.maxconn"] ?? RUNTIME_CONNECTIONS_DEFAULT;
    for (const listener of this.#listeners.values()) {
      listener.setPaused(this.#clients.size >= clientsMax);
    }
  }

  #newContext(): RuntimeContext {
    const parts = this.#parts;
    const monitor = (): HealthMonitor => parts.health()!.monitor;
    const configuration = (): Configuration => this.#configuration!;
    const figures = (): ProcessFigures => this.#currentFigures();
    return {
      world: parts.world,
      // Clients are taken only once a configuration is in force, and so is a monitor.
      get configuration() {
        return configuration();
      },
      get monitor() {
        return monitor();
      },
      get stats() {
        return parts.pages.source;
      },
      get process() {
        return figures();
      },
      sessions: () => parts.sessions.sessions,
      peers: () => parts.peers.status(monotonicMs()),
      ticketKeys: () => this.#ticketKeys,
    };
  }

  /** A command reads several figures, and all of one moment. */
  #currentFigures(): ProcessFigures {
    const nowMs = monotonicMs();
    if (this.#figures === undefined || nowMs - this.#figures.atMs > FIGURES_AGE_MS_MAX) {
      this.#figures = { atMs: nowMs, figures: this.#readFigures() };
    }
    return this.#figures.figures;
  }

  #readFigures(): ProcessFigures {
    const parts = this.#parts;
    const { rss, heapUsed, external } = process.memoryUsage();
    const listeners = [...this.#listeners.values()];
    return {
      pid: process.pid,
      startedMs: this.#startedMs,
      wallOffsetMs: wallClockMs() - monotonicMs(),
      utcOffset: localUtcOffset,
      sockets: listeners.map(({ shownAddress, socket }) => ({
        address: shownAddress,
        level: socket.level,
      })),
      listenerCount: listeners.length + parts.world.listeners.size + parts.pages.addresses.length,
      clientCount: this.#clients.size,
      clientsTotal: this.#clientsTotal,
      isStopping: parts.isStopping(),
      memoryBytes: rss,
      memoryUsedBytes: Math.min(rss, heapUsed + external),
      descriptorsMax: this.#descriptorsMax,
      idlePercent: this.#meter.idlePercent,
      bytesOutRate: this.#meter.bytesOutRate,
      startupLogs: this.#startupLogs,
    };
  }
}

/** Whether metrics are served, which show what the meter finds. */
function hasMetrics({ proxies }: Configuration): boolean {
  return proxies.some(({ stats }) => stats?.metricsPath !== undefined);
}

/** The sockets by address; of two lines with one address the last counts. */
function socketsOf({ global }: Configuration): [string, StatsSocket][] {
  const sockets = global.statsSockets.map((socket): [string, StatsSocket] => [
    formatBindAddress(socket.endpoint),
    socket,
  ]);
  return [...new Map(sockets)];
}
