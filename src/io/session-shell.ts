// Joins sessions to a mover: its events go to the session they concern, a session's effects go to
// the mover. Everything that happens to client connections passes here.
import { assertNever } from "../base/assert.ts";
import type { Endpoint } from "../base/address.ts";
import { IdTable } from "../base/id-table.ts";
import type { Millis } from "../base/units.ts";
import type { ServerState } from "../balance/server.ts";
import type { Dispatch, QueueOutcome } from "../balance/assignment.ts";
import type { BackendBalancer } from "../balance/backend.ts";
import type { ConnectionRecord } from "../log/record.ts";
import { Admission } from "../session/admission.ts";
import type { KillCause, SessionEffect, SessionEvent } from "../session/events.ts";
import type { FrontendState, ListenerState } from "../session/frontend-state.ts";
import type { Departure } from "../session/leaving.ts";
import type { ConnectionId, ListenerId, Mover, MoverEvent, RelaySpec } from "../session/mover.ts";
import { Session } from "../session/session.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { World } from "../session/world.ts";
import { monotonicMs, wallClockMs } from "./clock.ts";
import { TimerDriver } from "./timer-driver.ts";

/** How often the bytes of running relays are counted. */
const PROGRESS_INTERVAL_MS: Millis = 2_000;

/** What the shell tells the rest of the process. */
export interface SessionShellHost {
  /** A session's traffic line. */
  logTraffic(record: ConnectionRecord, context: SessionContext): void;
  /** A connection failed before it was a session. */
  logHandshake(record: ConnectionRecord, message: string): void;
  /** A server that observes traffic was connected to, or could not be. */
  observed(backend: string, server: ServerState, isOk: boolean, nowMs: Millis): void;
  /** Accepting fails for want of descriptors or memory. */
  acceptFailed(listener: ListenerState, code: string): void;
  /** A client has connected; the ends are those of TCP. */
  opened?(connection: ConnectionId, source: Endpoint, destination: Endpoint, nowMs: Millis): void;
  /** A client's connection has ended. */
  closed?(connection: ConnectionId, nowMs: Millis): void;
  /** The number of live sessions has fallen to zero. */
  idle(): void;
}

/** A session with its connections. */
interface Live {
  readonly session: Session;
  readonly listener: ListenerState;
  readonly client: ConnectionId;
  server: ConnectionId | undefined;
}

/** Runs all sessions of a process. */
export class SessionShell {
  readonly #world: World;
  readonly #host: SessionShellHost;
  readonly #admission: Admission;
  readonly #clients = new IdTable<Live>();
  readonly #servers = new IdTable<Live>();
  readonly #listeners = new Map<ListenerId, ListenerState>();
  readonly #timers: TimerDriver<Session>;
  readonly #admissionTimer: TimerDriver<Admission>;
  /** Lets in who waits for servers that take so many connections a second. */
  readonly #pace: TimerDriver<BackendBalancer<Session>>;
  readonly #progress: NodeJS.Timeout;
  /** Slots on their way to sessions, oldest first. */
  readonly #grants: Dispatch<Session>[] = [];
  #isGranting = false;
  #mover: Mover | undefined;

  constructor(world: World, host: SessionShellHost) {
    this.#world = world;
    this.#host = host;
    this.#admission = new Admission(world);
    this.#timers = new TimerDriver((session, nowMs) => this.#onTimer(session, nowMs));
    this.#progress = setInterval(() => this.#countProgress(), PROGRESS_INTERVAL_MS);
    this.#progress.unref();
    this.#pace = new TimerDriver((balancer, nowMs) => {
      this.dispatch(balancer.tick(nowMs), nowMs);
      this.#pace.update(balancer);
    });
    this.#admissionTimer = new TimerDriver((admission, nowMs) => {
      admission.onTimeout(nowMs);
      this.#runAdmission();
    });
  }

  /** The sessions that live at this moment. */
  get sessions(): IterableIterator<Session> {
    return sessionsOf(this.#clients.values());
  }

  get sessionCount(): number {
    return this.#clients.size;
  }

  attach(mover: Mover): void {
    this.#mover = mover;
  }

  /** Takes over the listeners of the world after a configuration was applied. */
  adoptListeners(nowMs: Millis): void {
    this.#listeners.clear();
    for (const state of this.#world.listeners.values()) this.#listeners.set(state.listener, state);
    this.#admission.onRelaxed(nowMs);
    this.#runAdmission();
  }

  /** Lets listeners accept that were opened paused, as far as the limits allow. */
  startAccepting(opened: Iterable<ListenerId>, nowMs: Millis): void {
    for (const id of opened) {
      const listener = this.#listeners.get(id);
      if (listener !== undefined) this.#admission.adopt(listener);
    }
    this.#admission.onRelaxed(nowMs);
    this.#runAdmission();
  }

  /** Limits of connections have changed: lets those wait or come in that now may. */
  onLimitsChanged(nowMs: Millis): void {
    this.#admission.onRelaxed(nowMs);
    this.#runAdmission();
  }

  /** `disable`, `enable` and `shutdown frontend`; what a frontend is has been set already. */
  onFrontendChanged(frontend: FrontendState, nowMs: Millis): void {
    if (frontend.admin === "paused") this.#admission.onPaused(frontend);
    if (frontend.admin === "stopped") this.#closeListenersOf(frontend);
    this.onLimitsChanged(nowMs);
  }

  #closeListenersOf(frontend: FrontendState): void {
    for (const [key, state] of [...this.#world.listeners]) {
      if (state.frontend !== frontend) continue;
      this.#world.listeners.delete(key);
      this.#listeners.delete(state.listener);
      this.#mover!.closeListener(state.listener);
    }
  }

  /** Takes an event of the mover; those of listeners being opened are for others. */
  onMoverEvent(event: MoverEvent, nowMs: Millis): void {
    this.#world.nowMs = nowMs;
    switch (event.kind) {
      case "accepted":
        return this.#onAccepted(event, nowMs);
      case "bytes":
        return this.#onBytes(event, nowMs);
      case "secured":
        return this.#toClient(event.connection, { kind: "secured", tls: event.tls }, nowMs);
      case "connected": {
        const live = this.#servers.get(event.connection);
        if (live !== undefined) this.#feed(live, event, nowMs);
        return;
      }
      case "closed":
        return this.#onClosed(event, nowMs);
      case "relay-ended": {
        const live = this.#clients.get(event.client);
        if (live !== undefined) this.#feed(live, event, nowMs);
        return;
      }
      case "accept-failed": {
        const listener = this.#listeners.get(event.listener);
        if (listener !== undefined) this.#host.acceptFailed(listener, event.code);
        return;
      }
      case "listening":
      case "listen-failed":
        return;
      default:
        return assertNever(event);
    }
  }

  /** Carries out what a change of servers or queues means for sessions. */
  dispatch(outcome: QueueOutcome<Session>, nowMs: Millis): void {
    this.#world.nowMs = nowMs;
    for (const grant of outcome.dispatched) this.#grant(grant, nowMs);
    for (const token of outcome.requeued) this.#tell(token, { kind: "requeued" }, nowMs);
    for (const { isPaced, balancer } of this.#world.backends.values()) {
      if (isPaced) this.#pace.update(balancer);
    }
  }

  /** Ends sessions for a reason of ours; how many they were. */
  kill(sessions: Iterable<Session>, cause: KillCause, nowMs: Millis): number {
    const killed = [...sessions];
    for (const session of killed) this.#tell(session, { kind: "kill", cause }, nowMs);
    return killed.length;
  }

  /** Has a session end itself, in peace. */
  sendAway(session: Session, departure: Departure, nowMs: Millis): void {
    this.#world.nowMs = nowMs;
    this.#tell(session, departure, nowMs);
  }

  /** Whether a session lives. */
  has(session: Session): boolean {
    return this.#liveOf(session) !== undefined;
  }

  /** Lets sessions count what their relays have moved: they may live for weeks. */
  #countProgress(): void {
    const nowMs = monotonicMs();
    this.#world.nowMs = nowMs;
    this.#clients.forEach(({ session, client }) => {
      if (session.stateName !== "relaying") return;
      const counters = this.#mover!.counters(client);
      if (counters !== undefined) session.handle({ kind: "progress", counters }, nowMs);
    });
  }

  /** Stops all timers; sessions are not told. */
  close(): void {
    clearInterval(this.#progress);
    this.#timers.close();
    this.#pace.close();
    this.#admissionTimer.close();
  }

  #onAccepted(event: Extract<MoverEvent, { kind: "accepted" }>, nowMs: Millis): void {
    const listener = this.#listeners.get(event.listener);
    if (listener === undefined) return this.#mover!.close(event.connection, "reset");
    this.#world.connectionCount++;
    listener.connectionCount++;
    const time = { nowMs, wallMs: wallClockMs() };
    const session = new Session(this.#world, listener, event, time);
    const live = { session, listener, client: event.connection, server: undefined };
    this.#clients.set(event.connection, live);
    this.#host.opened?.(event.connection, event.source, event.destination, nowMs);
    this.#feed(live, { kind: "accepted" }, nowMs);
    this.#admission.onAccepted(listener, nowMs);
    this.#runAdmission();
  }

  #onBytes(event: Extract<MoverEvent, { kind: "bytes" }>, nowMs: Millis): void {
    const { bytes, ended } = event;
    const live = this.#clients.get(event.connection);
    if (live !== undefined) return this.#feed(live, { kind: "bytes", bytes, ended }, nowMs);
    const other = this.#servers.get(event.connection);
    if (other !== undefined) this.#feed(other, { kind: "server-bytes", bytes, ended }, nowMs);
  }

  #onClosed(event: Extract<MoverEvent, { kind: "closed" }>, nowMs: Millis): void {
    const code = event.code === undefined ? {} : { code: event.message ?? event.code };
    const live = this.#clients.get(event.connection);
    if (live !== undefined) return this.#feed(live, { kind: "client-closed", ...code }, nowMs);
    const other = this.#servers.get(event.connection);
    if (other === undefined) return;
    this.#servers.delete(event.connection);
    other.server = undefined;
    this.#feed(other, { kind: "server-closed", ...code }, nowMs);
  }

  #onTimer(session: Session, nowMs: Millis): void {
    this.#world.nowMs = nowMs;
    this.#tell(session, { kind: "timeout" }, nowMs);
  }

  #toClient(connection: ConnectionId, event: SessionEvent, nowMs: Millis): void {
    const live = this.#clients.get(connection);
    if (live !== undefined) this.#feed(live, event, nowMs);
  }

  #tell(session: Session, event: SessionEvent, nowMs: Millis): void {
    const live = this.#liveOf(session);
    if (live !== undefined) this.#feed(live, event, nowMs);
  }

  #feed(live: Live, event: SessionEvent, nowMs: Millis): void {
    const { session } = live;
    session.handle(event, nowMs);
    for (let effect = session.poll(); effect !== undefined; effect = session.poll()) {
      this.#run(live, effect, nowMs);
    }
    this.#timers.update(session);
    const { backend } = session.context;
    if (backend?.isPaced === true) this.#pace.update(backend.balancer);
  }

  #run(live: Live, effect: SessionEffect, nowMs: Millis): void {
    const mover = this.#mover!;
    switch (effect.kind) {
      case "inspect-client":
        return mover.inspect(live.client, effect.bytesMax);
      case "consume-client":
        return mover.consume(live.client, effect.count);
      case "secure-client":
        return mover.secure(live.client, effect.context);
      case "configure-client":
        return mover.configure(live.client, effect.socket);
      case "connect-server":
        live.server = mover.connect(effect.spec, live.client);
        this.#servers.set(live.server, live);
        return effect.server.connectRate?.noteMade(monotonicMs());
      case "send-server":
        if (live.server !== undefined) mover.send(live.server, effect.bytes);
        return;
      case "inspect-server":
        if (live.server !== undefined) mover.inspect(live.server, effect.bytesMax);
        return;
      case "consume-server":
        if (live.server !== undefined) mover.consume(live.server, effect.count);
        return;
      case "abandon-server":
        return this.#abandonServer(live);
      case "relay":
        return this.#relay(live, effect.spec);
      case "send-client":
        return mover.send(live.client, effect.bytes);
      case "leave":
        return mover.leave(live.client, effect.farewell);
      case "close-client":
        return mover.close(live.client, effect.manner);
      case "grant":
        return this.#grant(effect.grant, nowMs);
      case "observed":
        return this.#host.observed(
          live.session.context.backend!.name,
          effect.server,
          effect.isOk,
          nowMs,
        );
      case "log":
        return this.#host.logTraffic(effect.record, effect.context);
      case "log-handshake":
        return this.#host.logHandshake(effect.record, effect.message);
      case "ended":
        return this.#onEnded(live, nowMs);
      default:
        return assertNever(effect);
    }
  }

  /** Passes on slots one after another: one that is given back at once goes on to the next session. */
  #grant(first: Dispatch<Session>, nowMs: Millis): void {
    this.#grants.push(first);
    if (this.#isGranting) return;
    this.#isGranting = true;
    try {
      for (let grant = this.#grants.shift(); grant; grant = this.#grants.shift()) {
        const live = this.#liveOf(grant.token);
        if (live !== undefined) this.#feed(live, { kind: "assigned", grant }, nowMs);
        else this.#decline(grant, nowMs);
      }
    } finally {
      this.#isGranting = false;
    }
  }

  /** The session has ended meanwhile; it only gives the slot back. */
  #decline(grant: Dispatch<Session>, nowMs: Millis): void {
    const session = grant.token;
    session.handle({ kind: "assigned", grant }, nowMs);
    for (let effect = session.poll(); effect !== undefined; effect = session.poll()) {
      if (effect.kind === "grant") this.#grants.push(effect.grant);
    }
  }

  /** From now on the mover tells of the client only. */
  #relay(live: Live, spec: RelaySpec): void {
    if (live.server === undefined) return;
    this.#mover!.relay(live.client, live.server, spec);
    this.#servers.delete(live.server);
  }

  #liveOf(session: Session): Live | undefined {
    return session.connection === undefined ? undefined : this.#clients.get(session.connection);
  }

  #abandonServer(live: Live): void {
    if (live.server === undefined) return;
    this.#mover!.close(live.server, "reset");
    this.#servers.delete(live.server);
    live.server = undefined;
  }

  #onEnded(live: Live, nowMs: Millis): void {
    this.#clients.delete(live.client);
    this.#host.closed?.(live.client, nowMs);
    if (live.server !== undefined) this.#servers.delete(live.server);
    this.#world.connectionCount--;
    live.listener.connectionCount--;
    this.#admission.onRelaxed(nowMs);
    this.#runAdmission();
    if (this.#clients.size === 0) this.#host.idle();
  }

  #runAdmission(): void {
    for (let effect = this.#admission.poll(); effect; effect = this.#admission.poll()) {
      if (effect.kind === "pause") this.#mover!.pauseAccept(effect.listener);
      else this.#mover!.resumeAccept(effect.listener);
    }
    this.#admissionTimer.update(this.#admission);
  }
}

function* sessionsOf(live: Iterable<Live>): IterableIterator<Session> {
  for (const { session } of live) yield session;
}
