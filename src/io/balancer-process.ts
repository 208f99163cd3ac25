// Starts, reloads and stops a balancer.
//
// Start and reload take the same way: read and check everything, open what sockets are missing,
// then apply in one turn of the event loop. Whatever fails before that last step leaves no trace.
// Clients of sockets that were opened wait until stick tables have been read.
import { firstAlert } from "../base/diagnostic.ts";
import type { BalancerOptions } from "../balancer-options.ts";
import { renderDiagnostics } from "../config/render.ts";
import { applyConfiguration } from "../session/apply.ts";
import type { World } from "../session/world.ts";
import { type OpenControl, openControl } from "./balancer-control.ts";
import { BalancerJournal, differenceOf, inventory } from "./balancer-journal.ts";
import { monotonicMs } from "./clock.ts";
import { openControlFolder } from "./control-folder.ts";
import type { ControlAnswer } from "./control-socket.ts";
import { ListenerOpener } from "./listener-opener.ts";
import { type LoadedConfiguration, loadConfiguration, refusalOf } from "./load-configuration.ts";
import { LogSinks } from "./log/sinks.ts";
import { HAPROXY_VERSION } from "../version.ts";
import { ORPHAN_MS_MAX } from "../limits.ts";
import { createProgramLog, type ProgramLog } from "./log/program-log.ts";
import { DrainShell } from "./drain-shell.ts";
import { HealthShell } from "./health-shell.ts";
import { LifeShell } from "./life-shell.ts";
import { watchLimits } from "./limit-watcher.ts";
import { LiveShell } from "./live-shell.ts";
import { RoutedMover } from "./mover/routed-mover.ts";
import { type NodeReader, readerBeside } from "./node-reader.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { type Dashboard, showDashboard } from "./dashboard/dashboard.ts";
import { openSockets } from "./open-sockets.ts";
import { readLines } from "./pattern-file.ts";
import { PeersShell } from "./peers/peers-shell.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import type { TakeOutcome } from "./take-outcome.ts";
import { dropPrivileges } from "./privileges.ts";
import { processMaxconn } from "./process-limits.ts";
import { type OldProcesses, signalAll } from "./process/old-processes.ts";
import { handleSignals } from "./process/signal-handlers.ts";
import { processWorld } from "./process-world.ts";
import { RuntimeServer } from "./runtime/runtime-server.ts";
import { SessionShell } from "./session-shell.ts";
import { showDiagnostics } from "./show-diagnostics.ts";
import { StatsServer } from "./stats/stats-server.ts";
import { StopSequence } from "./stop-sequence.ts";
import { TableKeeper } from "./table-keeper.ts";
import { tlsConnectionOptions } from "./tls/connection-options.ts";
import { TrafficLog } from "./traffic-log.ts";

const NO_OLD_PROCESSES: OldProcesses = { pids: [], signal: "SIGUSR1" };

/** One balancer process. */
export class Balancer {
  readonly #options: BalancerOptions;
  readonly #program: ProgramLog;
  readonly #sinks: LogSinks;
  readonly #journal: BalancerJournal;
  readonly #node: NodeReader;
  readonly #world: World;
  readonly #shell: SessionShell;
  readonly #mover: RoutedMover;
  readonly #opener: ListenerOpener;
  readonly #pages: StatsServer;
  readonly #traffic: TrafficLog;
  readonly #tables: TableKeeper;
  readonly #peers: PeersShell;
  readonly #runtime: RuntimeServer;
  readonly #dashboard: Dashboard;
  readonly #live: LiveShell;
  readonly #stop: StopSequence;
  readonly #drains: DrainShell;
  readonly #life: LifeShell;
  #health: HealthShell | undefined;
  /** Tables go to a process that takes this one's place. */
  #handover: Promise<void> = Promise.resolve();
  #control: OpenControl | undefined;
  readonly #reloading = new OneAtATime(() => this.#reload());

  constructor(options: BalancerOptions) {
    this.#options = options;
    this.#program = createProgramLog();
    this.#journal = new BalancerJournal(this.#program);
    this.#node = readerBeside(options.controlPath);
    this.#world = processWorld();
    watchLimits(this.#world, this.#journal);
    this.#sinks = new LogSinks((message) => this.#program.warn(message));
    this.#traffic = new TrafficLog(this.#world, this.#sinks);
    this.#shell = new SessionShell(this.#world, {
      logTraffic: (record, context) => this.#traffic.traffic(record, context),
      logHandshake: (record, message) => this.#traffic.handshake(record, message),
      observed: (backend, server, isOk, nowMs) =>
        this.#health?.observed(backend, server, isOk, nowMs),
      acceptFailed: (listener, code) => this.#onAcceptFailed(listener.frontend.name, code),
      opened: (id, from, to, nowMs) => this.#live.opened(id, from, to, nowMs),
      closed: (id, nowMs) => this.#live.closed(id, nowMs),
      idle: () => this.#stop.onIdle(),
    });
    this.#mover = new RoutedMover({
      warn: (message) => this.#program.warn(message),
      nowMs: monotonicMs,
      onEvent: (event, nowMs) => {
        this.#opener.onMoverEvent(event);
        this.#shell.onMoverEvent(event, nowMs);
      },
    });
    this.#shell.attach(this.#mover);
    this.#drains = new DrainShell(this.#world, this.#shell);
    this.#pages = new StatsServer(this.#world, (key) => this.#health?.monitor.statusOf(key));
    this.#opener = new ListenerOpener(this.#mover, this.#pages);
    this.#tables = new TableKeeper(this.#world, (message) => this.#program.warn(message));
    this.#live = new LiveShell({
      world: this.#world,
      journal: this.#journal,
      sessions: this.#shell,
      tickle: (connections) => this.#life.tickle(connections),
    });
    this.#peers = new PeersShell({
      journal: this.#journal,
      tables: () => this.#world.tables.values(),
      privateTables: [this.#live.table],
      learned: () => this.#live.onLearned(),
    });
    this.#runtime = new RuntimeServer({
      world: this.#world,
      program: this.#program,
      journal: this.#journal,
      sessions: this.#shell,
      drains: this.#drains,
      pages: this.#pages,
      peers: this.#peers,
      health: () => this.#health,
      isStopping: () => this.#stop.isStopping,
      traffic: this.#traffic,
      metrics: {
        fitness: () => this.#life.fitness(),
        live: () => this.#live.figures,
        node: this.#node,
      },
    });
    this.#dashboard = showDashboard(this.#pages, options.controlPath, {
      events: this.#journal.events,
      isStopping: () => this.#stop.isStopping,
    });
    this.#stop = new StopSequence({
      world: this.#world,
      shell: this.#shell,
      mover: this.#mover,
      pages: this.#pages,
      journal: this.#journal,
      stopping: (cause, manner) => {
        this.#life.stopping(cause);
        this.#runtime.closeExclusive();
        this.#handover = this.#peers.stop(manner === "softly");
        if (manner === "softly") this.#drains.onStopping(monotonicMs());
      },
    });
    this.#life = new LifeShell(
      {
        world: this.#world,
        mover: this.#mover,
        program: this.#program,
        journal: this.#journal,
        statusOf: (key) => this.#health?.monitor.statusOf(key),
        resyncDone: () => this.#peers.isResyncDone,
        isStopping: () => this.#stop.isStopping,
        sessions: () => this.#shell.sessions,
        vips: (held) => this.#live.onVips(held),
        guardLost: () => this.#becomeOrphan(),
        hasRehearsed: options.hasRehearsed === true,
      },
      process.env,
    );
  }

  /** Runs until stopped; the exit code. */
  async run(): Promise<number> {
    const taken = await this.#take();
    showDiagnostics(taken.diagnostics, this.#options.quiet);
    if (!taken.ok) {
      this.#life.stopping(firstAlert(taken.diagnostics));
      await this.#close();
      return 1;
    }
    // Its folder may be one that only the user who started the process may write to.
    this.#control = await this.#listenForControl();
    const problem = this.#settle();
    if (problem !== undefined) {
      this.#life.stopping(problem);
      process.stderr.write(`${problem}\n`);
      await this.#control?.close();
      await this.#close();
      return 1;
    }
    const detach = this.#listenForSignals();
    this.#announce();
    const code = await this.#stop.done;
    await this.#handover;
    detach();
    await this.#tables.save();
    await this.#control?.close();
    if (this.#pidfile !== undefined) removePidFile(this.#pidfile);
    await this.#close();
    return code;
  }

  #onAcceptFailed(frontend: string, code: string): void {
    const text = this.#journal.acceptFailed(frontend, code);
    if (text !== undefined) this.#traffic.state(frontend, "emerg", text);
  }

  get #pidfile(): string | undefined {
    return this.#options.pidfile ?? this.#world.global?.pidfile;
  }

  /** Reads, checks and applies the configuration. */
  async #take(): Promise<TakeOutcome> {
    const loaded = await loadConfiguration(this.#options.files, {
      version: HAPROXY_VERSION,
      ...(this.#options.localpeer === undefined ? {} : { localpeer: this.#options.localpeer }),
      ignoreResolveFailures: this.#options.ignoreResolveFailures ?? false,
    });
    const { configuration, diagnostics } = loaded;
    const refused = refusalOf(loaded, this.#options.warningsAreErrors);
    if (refused !== undefined) return { ok: false, diagnostics: refused };
    const old = this.#oldProcesses;
    const openers = {
      world: this.#world,
      opener: this.#opener,
      pages: this.#pages,
      peers: this.#peers,
      runtime: this.#runtime,
    };
    const open = () => openSockets(openers, configuration, old);
    const outcome = await this.#mover.choose(configuration.global.mover, open);
    if (!outcome.ok) return { ok: false, diagnostics: [...diagnostics, ...outcome.diagnostics] };
    this.#mover.spread(configuration.global.nbthread ?? 1);
    this.#apply(loaded, outcome.opened);
    await this.#tables.reconfigure();
    this.#peers.apply(configuration, loaded.tls, old.pids.length > 0);
    this.#runtime.apply(loaded, renderDiagnostics(diagnostics, process.pid));
    this.#life.rehearse(configuration);
    // A client that came before its entry is read or learned would lose its broker.
    await this.#peers.untilLearned();
    this.#shell.startAccepting(outcome.opened.values(), monotonicMs());
    return { ok: true, diagnostics };
  }

  get #oldProcesses(): OldProcesses {
    const isStarting = this.#world.global === undefined;
    return (isStarting ? this.#options.signalAfterReady : undefined) ?? NO_OLD_PROCESSES;
  }

  #apply(loaded: LoadedConfiguration, opened: ReadonlyMap<string, number>): void {
    const { configuration, addresses, tls } = loaded;
    const nowMs = monotonicMs();
    const change = applyConfiguration(
      this.#world,
      configuration,
      {
        endpointOf: (server) =>
          server.address.kind === "name" ? addresses.get(server) : server.address,
        serverTls: (server) => tls.servers.get(server),
        bindTls: (bind) => tls.binds.get(bind),
        readLines,
        opened,
        environment: loaded.environment,
        maxconn: Math.min(
          this.#options.maxconn ?? configuration.global.maxconn ?? Infinity,
          processMaxconn(),
        ),
      },
      nowMs,
    );
    this.#traffic.reconfigure(configuration.proxies);
    this.#health ??= new HealthShell(this.#world, this.#shell, {
      logState: (backend, level, text, event) => {
        this.#traffic.state(backend.name, level, text);
        this.#journal.turn(level, text, event, { backend: backend.name });
      },
      changed: (backend, atMs) => this.#drains.follow(backend, atMs),
      tell: ({ name }, level, text, event) =>
        this.#journal.turn(level, text, event, { backend: name }),
      tlsFor: (backend, server) => {
        const context = backend.facts.get(server.name)?.tls;
        return context === undefined ? undefined : tlsConnectionOptions(context);
      },
    });
    for (const listener of change.closed) this.#mover.closeListener(listener);
    for (const outcome of change.outcomes) this.#shell.dispatch(outcome, nowMs);
    this.#shell.adoptListeners(nowMs);
    this.#journal.follow(this.#world);
    this.#health.reconfigure(configuration, nowMs);
    this.#drains.followAll(nowMs);
    this.#pages.apply(configuration, tls);
  }

  /** What is done once: pid file, user and group. */
  #settle(): string | undefined {
    const problem = this.#pidfile === undefined ? undefined : writePidFile(this.#pidfile);
    if (problem !== undefined) return problem;
    const { controlPath } = this.#options;
    const share = (gid: number): void => openControlFolder(controlPath, gid);
    const outcome = dropPrivileges(this.#world.global!, share);
    return outcome.ok ? undefined : outcome.message;
  }

  /** Nobody watches it any more: it gives all places to the node that is started next, and ends soon. */
  #becomeOrphan(): void {
    void this.#control?.close();
    void this.#tables.saveForGood();
    this.#stop.softly("the guard has ended", ORPHAN_MS_MAX);
  }

  #listenForControl(): Promise<OpenControl | undefined> {
    return openControl(this.#options.controlPath, {
      world: this.#world,
      program: this.#program,
      events: this.#journal.events,
      pages: this.#pages,
      peers: this.#peers,
      operator: this.#runtime,
      live: this.#live,
      statusOf: (key) => this.#health?.monitor.statusOf(key),
      fitness: () => this.#life.fitness(),
      isStopping: () => this.#stop.isStopping,
      reload: () => this.#reloading.run(),
    });
  }

  #listenForSignals(): () => void {
    const reload = (): void => void this.#reloading.run();
    return handleSignals({
      SIGHUP: reload,
      SIGUSR2: reload,
      SIGUSR1: () => this.#stop.softly("SIGUSR1"),
      // A HAProxy that is to replace us asks for our ports by SIGTTOU, and gives them back by SIGTTIN.
      SIGTTOU: () => this.#pauseListeners(),
      SIGTTIN: reload,
      SIGTERM: () => this.#stop.now("SIGTERM"),
      SIGINT: () => this.#stop.now("SIGINT"),
    });
  }

  #pauseListeners(): void {
    for (const { listener } of this.#world.listeners.values()) this.#mover.closeListener(listener);
    this.#world.listeners.clear();
    this.#pages.closeListeners();
    this.#peers.closeListeners();
    this.#runtime.closeExclusive();
    this.#journal.paused("SIGTTOU");
  }

  #announce(): void {
    const listeners = [...this.#world.listeners.keys(), ...this.#pages.addresses];
    this.#journal.ready(listeners, process.uptime() * 1_000);
    const { signalAfterReady, onReady } = this.#options;
    if (signalAfterReady !== undefined) signalAll(signalAfterReady);
    onReady?.();
    this.#life.ready(listeners);
  }

  /** Applies the files as they are at this moment; an invalid one changes nothing. */
  async #reload(): Promise<ControlAnswer> {
    if (this.#stop.isStopping) {
      return { ok: false, message: "The process is stopping", diagnostics: "" };
    }
    const startedMs = monotonicMs();
    const before = inventory(this.#world);
    const taken = await this.#take();
    const diagnostics = renderDiagnostics(taken.diagnostics, process.pid);
    showDiagnostics(taken.diagnostics, this.#options.quiet);
    const tookMs = Math.round(monotonicMs() - startedMs);
    if (taken.ok) {
      const changes = differenceOf(before, inventory(this.#world));
      this.#journal.reloaded(tookMs, this.#shell.sessionCount, changes);
      return { ok: true, message: `Reloaded in ${tookMs} ms`, diagnostics };
    }
    this.#journal.reloadRefused(firstAlert(taken.diagnostics));
    return { ok: false, message: "Refused: the running configuration stays", diagnostics };
  }

  async #close(): Promise<void> {
    for (const part of [this.#life, this.#health, this.#drains]) part?.close();
    this.#tables.close();
    this.#peers.close();
    this.#live.close();
    this.#runtime.close();
    this.#dashboard.close();
    this.#pages.close();
    this.#shell.close();
    this.#stop.close();
    await this.#mover.shutdown();
    await this.#sinks.flush();
    this.#sinks.close();
  }
}
