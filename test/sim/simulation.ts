// A whole balancer but its sockets: the real shell, sessions, balancers and tables over a fake
// mover and a fake clock, moved by chance. After each step everything must add up.
import type { Endpoint } from "../../src/base/address.ts";
import type { QueueOutcome } from "../../src/balance/assignment.ts";
import type { ServerState } from "../../src/balance/server.ts";
import { SessionShell } from "../../src/io/session-shell.ts";
import { applyConfiguration } from "../../src/session/apply.ts";
import type { BackendState } from "../../src/session/backend-state.ts";
import type { FrontendState } from "../../src/session/frontend-state.ts";
import type { RelayEnd } from "../../src/session/mover.ts";
import { planListeners } from "../../src/session/plan-listeners.ts";
import type { Session } from "../../src/session/session.ts";
import { World } from "../../src/session/world.ts";
import type { StickTable } from "../../src/stick/table.ts";
import { configurationOf, FAKE_TLS } from "../unit/session/bench.ts";
import type { Chance } from "./chance.ts";
import { FakeMover, type FakeConnection } from "./fake-mover.ts";
import { randomConfiguration } from "./random-configuration.ts";

const ENDS: readonly RelayEnd[] = [
  "client-closed",
  "server-closed",
  "client-error",
  "server-error",
  "client-timeout",
  "server-timeout",
];

/** A CONNECT of MQTT 3.1.1, whole and in two parts. */
const CONNECT = ["\x10\x0d\x00\x04MQTT\x04\x02", "\x00\x0a\x00\x01d"] as const;

/** A CONNECT of MQTT 5, and a CONNACK that sets another keep alive. */
const CONNECT_5 = "\x10\x0e\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x01d";
const CONNACK_5 = "\x20\x06\x00\x00\x03\x13\x00\x04";

const FIRST_BYTES = [
  ...["a", "b", "x", "hello", "PROXY UNKNOWN\r\n", "PROXY ", "TCP4 ", "\r\n"],
  ...[CONNECT.join(""), ...CONNECT, CONNECT_5, CONNECT_5],
];

/** What is counted for the final account. */
interface Tally {
  accepted: number;
  lines: Map<number, number>;
}

/** Lets time pass; timers that are due fire. */
export type PassTime = (ms: number) => void;

/** One balancer under test. */
export class Simulation {
  readonly #chance: Chance;
  readonly #passTime: PassTime;
  readonly #mover = new FakeMover();
  readonly #shell: SessionShell;
  readonly world: World;
  readonly tally: Tally = { accepted: 0, lines: new Map() };
  /** Everything that ever was, also what reloads have removed. */
  readonly #frontends = new Set<FrontendState>();
  readonly #backends = new Set<BackendState>();
  readonly #tables = new Set<StickTable>();
  readonly #sessions = new Set<Session>();
  readonly #trace: string[] = [];

  constructor(chance: Chance, passTime: PassTime) {
    this.#chance = chance;
    this.#passTime = passTime;
    this.world = new World({
      hostName: "lb1",
      localAddresses: new Set(),
      environment: {},
      random: () => chance.uint32(),
    });
    this.#shell = new SessionShell(this.world, {
      logTraffic: (record) => this.#countLine(record.requestCount),
      logHandshake: (record) => this.#countLine(record.requestCount),
      observed: (backend, server) => this.#onObserved(backend, server),
      acceptFailed: () => undefined,
      idle: () => undefined,
    });
    this.#shell.attach(this.#mover);
    this.#mover.attach((event) => this.#shell.onMoverEvent(event, performance.now()));
    this.#reload();
  }

  /** What was done so far, for a failure's message. */
  get trace(): readonly string[] {
    return this.#trace;
  }

  /** Does one thing by chance; what does not add up afterwards. */
  step(): string | undefined {
    const [weight, name, act] = this.#chooseAction();
    if (weight > 0) this.#trace.push(name);
    act();
    this.#mover.settle();
    return this.#check();
  }

  /** Ends everything; what does not add up then. */
  finish(): string | undefined {
    for (let round = 0; round < 50 && this.#shell.sessionCount > 0; round++) {
      for (const client of this.#mover.inPhase("client", ["relay", "closing"])) {
        this.#mover.endRelay(client, "closed");
      }
      if (round > 5) this.#shell.kill(this.#shell.sessions, "shutdown", performance.now());
      this.#mover.settle();
      this.#passTime(2_000);
      const wrong = this.#check();
      if (wrong !== undefined) return wrong;
    }
    // Rates fall below their limits.
    this.#passTime(3_000);
    return this.#checkEmpty();
  }

  close(): void {
    this.#shell.close();
  }

  #chooseAction(): readonly [number, string, () => void] {
    const actions: readonly (readonly [number, string, () => void])[] = [
      [24, "accept", () => this.#accept()],
      [20, "client bytes", () => this.#clientSpeaks()],
      [5, "client breaks", () => this.#breakOne("client", ["open", "tls"])],
      [20, "server takes", () => this.#serverTakes()],
      [10, "server refuses", () => this.#breakOne("server", ["connect"])],
      [6, "server bytes", () => this.#serverSpeaks()],
      [6, "server breaks", () => this.#breakOne("server", ["open"])],
      [14, "relay ends", () => this.#endRelay()],
      [12, "time", () => this.#passTime(this.#chance.pick([1, 20, 60, 120, 500, 1_100]))],
      [5, "server state", () => this.#changeServer()],
      [2, "kill", () => this.#killSome()],
      [1, "reload", () => this.#reload()],
    ];
    const total = actions.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#chance.below(total);
    for (const action of actions) {
      if (left < action[0]) return action;
      left -= action[0];
    }
    return actions[0]!;
  }

  #accept(): void {
    const listening = [...this.#mover.listeners].filter(([, { isPaused }]) => !isPaused);
    if (listening.length === 0) return;
    const [listener] = this.#chance.pick(listening);
    const host = `10.0.0.${1 + this.#chance.below(6)}`;
    const source: Endpoint = { kind: "ip", family: 4, host, port: 1_024 };
    const destination: Endpoint = { kind: "ip", family: 4, host: "127.0.0.1", port: 1_883 };
    this.tally.accepted++;
    const before = new Set(this.#shell.sessions);
    this.#mover.accept(listener, source, destination);
    for (const session of this.#shell.sessions) {
      if (!before.has(session)) this.#sessions.add(session);
    }
  }

  #clientSpeaks(): void {
    const client = this.#pickOf("client", ["open", "tls", "relay"]);
    if (client === undefined) return;
    if (client.phase === "tls") this.#mover.finishTls(client);
    else if (client.phase === "relay") client.bytesIn += this.#chance.below(100);
    else {
      const bytes = this.#chance.oneIn(5) ? "" : this.#chance.pick(FIRST_BYTES);
      this.#mover.receive(client, bytes, this.#chance.oneIn(6));
    }
  }

  #serverTakes(): void {
    const server = this.#pickOf("server", ["connect"]);
    if (server !== undefined) this.#mover.establish(server);
  }

  #serverSpeaks(): void {
    const server = this.#pickOf("server", ["open"]);
    if (server === undefined) return;
    this.#mover.receive(
      server,
      this.#chance.pick(["o", "xx", "okay", CONNACK_5]),
      this.#chance.oneIn(4),
    );
  }

  #breakOne(side: FakeConnection["side"], phases: readonly FakeConnection["phase"][]): void {
    const one = this.#pickOf(side, phases);
    if (one !== undefined) this.#mover.break(one);
  }

  #endRelay(): void {
    const client = this.#pickOf("client", ["relay", "closing"]);
    if (client === undefined) return;
    this.#mover.endRelay(client, client.phase === "closing" ? "closed" : this.#chance.pick(ENDS));
  }

  #pickOf(
    side: FakeConnection["side"],
    phases: readonly FakeConnection["phase"][],
  ): FakeConnection | undefined {
    const all = this.#mover.inPhase(side, phases);
    return all.length === 0 ? undefined : this.#chance.pick(all);
  }

  #changeServer(): void {
    const backends = [...this.world.backends.values()].filter((each) => each.side.servers.length);
    if (backends.length === 0) return;
    const { balancer, sessions } = this.#chance.pick(backends);
    const server = this.#chance.pick(balancer.servers);
    const nowMs = performance.now();
    const admin = this.#chance.pick(["ready", "drain", "maint"] as const);
    const isUp = !this.#chance.oneIn(3);
    this.#dispatch(
      this.#chance.oneIn(2)
        ? balancer.setAdmin(server, admin, nowMs)
        : balancer.setOperational(server, isUp, nowMs),
    );
    if (this.#chance.oneIn(3)) {
      this.#shell.kill(sessions.get(server) ?? [], "server-down", nowMs);
    }
  }

  /** As health checks that follow traffic: a failure may take the server down in the midst of things. */
  #onObserved(backend: string, server: ServerState): void {
    const state = this.world.backends.get(backend);
    if (state?.balancer.find(server.name) !== server || !this.#chance.oneIn(3)) return;
    const nowMs = performance.now();
    this.#dispatch(state.balancer.setOperational(server, false, nowMs));
    this.#shell.kill(state.sessions.get(server) ?? [], "server-down", nowMs);
  }

  #dispatch(outcome: QueueOutcome<Session>): void {
    this.#shell.dispatch(outcome, performance.now());
  }

  #killSome(): void {
    const all = [...this.#shell.sessions];
    const some = this.#chance.oneIn(4) ? all : all.filter(() => this.#chance.oneIn(8));
    this.#shell.kill(some, "administrator", performance.now());
  }

  #reload(): void {
    const configuration = configurationOf(randomConfiguration(this.#chance));
    const nowMs = performance.now();
    const opened = new Map<string, number>();
    for (const { key, spec } of planListeners(this.world, configuration).open) {
      opened.set(key, this.#mover.listen(spec));
    }
    const secured = new Set(
      configuration.proxies
        .flatMap((proxy) => proxy.frontend?.binds ?? [])
        .filter(() => this.#chance.oneIn(4)),
    );
    const change = applyConfiguration(
      this.world,
      configuration,
      {
        endpointOf: ({ address }) =>
          address.kind === "name" || this.#chance.oneIn(12) ? undefined : address,
        serverTls: () => undefined,
        bindTls: (bind) => (secured.has(bind) ? FAKE_TLS : undefined),
        readLines: () => [],
        opened,
        environment: {},
        maxconn: 60,
      },
      nowMs,
    );
    for (const listener of change.closed) this.#mover.closeListener(listener);
    for (const outcome of change.outcomes) this.#dispatch(outcome);
    this.#shell.adoptListeners(nowMs);
    for (const each of this.world.frontends.values()) {
      this.#frontends.add(each);
      each.logMoment = this.#chance.pick(["accept", "connect", "end"]);
    }
    for (const each of this.world.backends.values()) this.#backends.add(each);
    for (const each of this.world.tables.values()) this.#tables.add(each);
  }

  #countLine(requestCount: number): void {
    this.tally.lines.set(requestCount, (this.tally.lines.get(requestCount) ?? 0) + 1);
  }

  // What must hold.

  #check(): string | undefined {
    const live = [...this.#shell.sessions];
    const wrong = [
      ...this.#mover.violations,
      ...differ("client connections", this.#mover.countOf("client"), live.length),
      ...differ("world.connectionCount", this.world.connectionCount, live.length),
      ...this.#checkServerConnections(live),
      ...[...this.#frontends].flatMap((each) => {
        const count = live.filter(({ context }) => context.frontend === each).length;
        return differ(`sessions of ${each.name}`, each.counters.sessions.current, count);
      }),
      ...[...this.#backends].flatMap((each) => this.#checkBackend(each, live)),
      ...[...this.tally.lines]
        .filter(([, count]) => count > 1)
        .map(([request, count]) => `session ${request} has ${count} log lines`),
    ];
    return wrong.length === 0 ? undefined : wrong.join("; ");
  }

  #checkServerConnections(live: readonly Session[]): string[] {
    const using = ["connecting", "answering", "relaying"];
    const expected = live.filter(({ stateName }) => using.includes(stateName)).length;
    return differ("server connections", this.#mover.countOf("server"), expected);
  }

  #checkBackend(backend: BackendState, live: readonly Session[]): string[] {
    const { name, balancer, counters } = backend;
    const own = live.filter(({ context }) => context.backend === backend);
    const queued = own.filter(({ stateName }) => stateName === "queued").length;
    const counts = balancer.counts();
    const held = [...backend.sessions.values()].reduce((sum, { size }) => sum + size, 0);
    return [
      ...differ(`sessions of ${name}`, counters.sessions.current, own.length),
      ...differ(`queued in ${name}`, counts.queuedTotal, queued),
      ...differ(`slots of ${name}`, counts.served, held),
      ...[...backend.sessions].flatMap(([server, { size }]) =>
        differ(`slots of ${name}/${server.name}`, server.served, size),
      ),
      ...checkNobodyForgotten(backend),
    ];
  }

  #checkEmpty(): string | undefined {
    const nowMs = performance.now();
    const denied = [...this.#frontends].reduce(
      (sum, { counters }) => sum + counters.deniedConnections + counters.deniedSessions,
      0,
    );
    const ended = [...this.#sessions].filter(
      (session) =>
        session.stateName !== "ended" ||
        session.nextTimeout() !== undefined ||
        session.poll() !== undefined,
    );
    const wrong = [
      ...differ("live sessions", this.#shell.sessionCount, 0),
      ...differ("connections", this.#mover.connections.size, 0),
      ...differ("sessions that have not quite ended", ended.length, 0),
      ...differ("log lines and denials", this.tally.lines.size + denied, this.tally.accepted),
      ...[...this.#tables].flatMap((table) => checkTable(table, nowMs)),
      ...[...this.world.listeners.values()].flatMap((listener) =>
        differ("connections of a listener", listener.connectionCount, 0),
      ),
      ...[...this.#mover.listeners.values()]
        .filter(({ isPaused }) => isPaused)
        .map(() => "a listener is still paused"),
    ];
    return wrong.length === 0 ? undefined : wrong.join("; ");
  }
}

/** Whoever waits in a backend waits for want of a slot. */
function checkNobodyForgotten({ name, balancer, side }: BackendState): string[] {
  // It waits when the servers drawn are full, as in HAProxy.
  if (side.balance.algorithm === "random") return [];
  const shared = balancer.counts().queued;
  return balancer.servers
    .filter((server) => server.maxconn === 0 || server.served < server.maxconn)
    .filter((server) => balancer.isElected(server) && shared + server.queued > 0)
    .map((server) => `some wait in ${name} although ${server.name} has a free slot`);
}

function checkTable(table: StickTable, nowMs: number): string[] {
  const tracked = [...table.entries()].filter(
    (entry) => (table.read(entry, "conn_cur", 0, nowMs) ?? 0) + table.holdCount(entry) > 0,
  );
  // Nothing is pinned if all of it expires.
  table.expire(nowMs + 3_600_000, 1_000_000);
  return [
    ...differ(`tracked entries of ${table.spec.name}`, tracked.length, 0),
    ...differ(`pinned entries of ${table.spec.name}`, table.usedCount, 0),
  ];
}

function differ(what: string, actual: number, expected: number): string[] {
  return actual === expected ? [] : [`${what}: ${actual} instead of ${expected}`];
}
