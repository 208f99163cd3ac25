// `rebalance-rate`: when a server returns, sessions are moved to it one after another, until it has its
// share. A moved session's keys are bound to its new server first, so that it finds that when it connects.
import type { Millis } from "../base/units.ts";
import type { ServerState } from "../balance/server.ts";
import { Pace } from "../drain/pace.ts";
import { chooseSession, type Movable, nextMove } from "../drain/rebalance.ts";
import { REBALANCE_ARRIVAL_MS } from "../drain/limits.ts";
import type { BackendState } from "../session/backend-state.ts";
import type { Session } from "../session/session.ts";
import type { SessionShell } from "./session-shell.ts";
import { TimerDriver } from "./timer-driver.ts";

/** One backend whose sessions are being moved. */
class Rebalancing {
  readonly backend: BackendState;
  readonly pace: Pace;
  /** Sessions on their way: to which server, and until when they are waited for. */
  underWay: readonly { readonly to: ServerState; readonly untilMs: Millis }[] = [];
  #isOver = false;

  constructor(backend: BackendState, ratePerSecond: number, nowMs: Millis) {
    this.backend = backend;
    this.pace = new Pace(ratePerSecond, nowMs);
  }

  /** When the next one may go, or those under way are waited for no longer. */
  nextTimeout(): Millis | undefined {
    return this.#isOver ? undefined : this.pace.dueMs;
  }

  end(): void {
    this.#isOver = true;
  }
}

/** Moves sessions to servers that have returned. */
export class RebalanceShell {
  readonly #sessions: SessionShell;
  readonly #timer: TimerDriver<Rebalancing>;
  readonly #running = new Map<BackendState, Rebalancing>();
  /** Told already. */
  readonly #moved = new WeakSet<Session>();
  /** Servers that took new sessions when they were last looked at. */
  readonly #elected = new WeakMap<ServerState, boolean>();

  constructor(sessions: SessionShell) {
    this.#sessions = sessions;
    this.#timer = new TimerDriver((one, nowMs) => this.#advance(one, nowMs));
  }

  /** Looks whether a server of the backend has returned. */
  follow(backend: BackendState, nowMs: Millis): void {
    let hasReturned = false;
    for (const server of backend.balancer.servers) {
      const isElected = backend.balancer.isElected(server);
      if (isElected && this.#elected.get(server) === false) hasReturned = true;
      this.#elected.set(server, isElected);
    }
    const { rebalance } = backend.side;
    if (!hasReturned || rebalance === undefined || this.#running.has(backend)) return;
    const one = new Rebalancing(backend, rebalance.ratePerSecond, nowMs);
    this.#running.set(backend, one);
    this.#advance(one, nowMs);
  }

  close(): void {
    this.#timer.close();
  }

  #advance(one: Rebalancing, nowMs: Millis): void {
    const { rebalance } = one.backend.side;
    while (rebalance !== undefined && one.pace.take(nowMs)) {
      if (this.#moveOne(one, rebalance.cleanOnly, nowMs)) continue;
      if (one.underWay.length > 0) break;
      this.#end(one);
      return;
    }
    if (rebalance === undefined) this.#end(one);
    this.#timer.update(one);
  }

  #end(one: Rebalancing): void {
    one.end();
    this.#running.delete(one.backend);
    this.#timer.update(one);
  }

  /** Whether one was moved. */
  #moveOne(one: Rebalancing, cleanOnly: boolean, nowMs: Millis): boolean {
    const { backend } = one;
    one.underWay = one.underWay.filter(({ untilMs }) => untilMs > nowMs);
    const loads = backend.balancer.servers
      .filter((server) => backend.balancer.isElected(server))
      .map((server) => ({
        server,
        weight: server.effectiveWeight,
        sessionCount: server.served + one.underWay.filter(({ to }) => to === server).length,
      }));
    const move = nextMove(loads);
    if (move === undefined) return false;
    const look = (session: Session): Movable | undefined =>
      this.#moved.has(session) ? undefined : movable(session, nowMs);
    const session = chooseSession(backend.sessions.get(move.from) ?? [], look, cleanOnly);
    if (session === undefined) return false;
    one.underWay = [...one.underWay, { to: move.to, untilMs: nowMs + REBALANCE_ARRIVAL_MS }];
    this.#moved.add(session);
    this.#sessions.sendAway(session, { kind: "leave", cause: "rebalance", to: move.to }, nowMs);
    return true;
  }
}

/** Sessions of MQTT that run. */
function movable(session: Session, nowMs: Millis): Movable | undefined {
  const { mqtt } = session.context;
  if (mqtt === undefined || session.stateName !== "relaying") return undefined;
  return { isClean: mqtt.isClean, quietMs: session.log.quietMs(nowMs) };
}
