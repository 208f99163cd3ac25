// Moves sessions away from servers that are to be emptied, and from this node: the pace is set by
// src/drain, the world says which servers those are.
import type { Millis } from "../base/units.ts";
import { type Departure, Departures, type DrainFigures } from "../drain/departures.ts";
import { drainRate } from "../drain/pace.ts";
import { serverKey } from "../health/monitored.ts";
import type { BackendState } from "../session/backend-state.ts";
import type { LeaveCause } from "../session/events.ts";
import type { Session } from "../session/session.ts";
import type { World } from "../session/world.ts";
import { RebalanceShell } from "./rebalance-shell.ts";
import type { SessionShell } from "./session-shell.ts";
import { TimerDriver } from "./timer-driver.ts";

/** The drain of the whole balancer that an operator has asked for. */
const WHOLE = "*";

/** What a drain was begun for, by the first letters of its key. */
const CAUSES: Readonly<Record<string, LeaveCause | "shutdown">> = {
  "*": "switchover",
  "!": "shutdown",
};

/** All drains of a process. */
export class DrainShell {
  readonly #world: World;
  readonly #sessions: SessionShell;
  readonly #departures: Departures<Session>;
  readonly #timer: TimerDriver<Departures<Session>>;
  /** Servers whose sessions have been told to leave, until they are wanted again. */
  readonly #emptied = new Set<string>();
  readonly #rebalance: RebalanceShell;

  constructor(world: World, sessions: SessionShell) {
    this.#world = world;
    this.#sessions = sessions;
    this.#rebalance = new RebalanceShell(sessions);
    this.#departures = new Departures((session) => sessions.has(session));
    this.#timer = new TimerDriver((departures, nowMs) => {
      departures.handle({ kind: "timeout" }, nowMs);
      this.#run(nowMs);
    });
  }

  /** Drains that go on. */
  get figures(): readonly DrainFigures[] {
    return this.#departures.figures;
  }

  /** Begins and ends the drains of a backend's servers as these go into drain or maintenance, or return. */
  follow(backend: BackendState, nowMs: Millis): void {
    const { drainTimeMs, drainRate: rateMax } = backend.side;
    for (const server of backend.balancer.servers) {
      const key = serverKey(backend.name, server.name);
      const members = backend.sessions.get(server);
      const isToEmpty = server.isDraining() || server.isInMaintenance();
      const rate = drainRate(members?.size ?? 0, drainTimeMs, rateMax);
      if (!isToEmpty || rate === undefined) {
        if (this.#emptied.delete(key)) this.#departures.handle({ kind: "cancel", key }, nowMs);
      } else if (!this.#emptied.has(key)) {
        this.#emptied.add(key);
        this.#begin(key, [...(members ?? [])], rate, nowMs);
      }
    }
    this.#run(nowMs);
    this.#rebalance.follow(backend, nowMs);
  }

  /** The same for every backend, after a reload. */
  followAll(nowMs: Millis): void {
    for (const backend of this.#world.backends.values()) this.follow(backend, nowMs);
  }

  /** The process is to end: sessions are sent away where their backend says how fast. */
  onStopping(nowMs: Millis): void {
    for (const { name, side, sessions } of this.#world.backends.values()) {
      const members = [...sessions.values()].flatMap((each) => [...each]);
      const rate = drainRate(members.length, side.drainTimeMs, side.drainRate);
      if (rate !== undefined) this.#begin(`!${name}`, members, rate, nowMs);
    }
    this.#run(nowMs);
  }

  /** Sends all sessions away; how many they are. */
  drainWhole(ratePerSecond: number, nowMs: Millis): number {
    const members = [...this.#sessions.sessions];
    this.#begin(WHOLE, members, ratePerSecond, nowMs);
    this.#run(nowMs);
    return members.length;
  }

  /** Ends what `drainWhole` began; whether anything went on. */
  cancelWhole(nowMs: Millis): boolean {
    const goesOn = this.#departures.has(WHOLE);
    this.#departures.handle({ kind: "cancel", key: WHOLE }, nowMs);
    this.#run(nowMs);
    return goesOn;
  }

  close(): void {
    this.#timer.close();
    this.#rebalance.close();
  }

  #begin(key: string, members: readonly Session[], ratePerSecond: number, nowMs: Millis): void {
    this.#departures.handle({ kind: "drain", key, members, ratePerSecond }, nowMs);
  }

  #run(nowMs: Millis): void {
    for (let one = this.#departures.poll(); one; one = this.#departures.poll()) {
      this.#send(one, nowMs);
    }
    this.#timer.update(this.#departures);
  }

  #send({ key, member }: Departure<Session>, nowMs: Millis): void {
    const cause = CAUSES[key[0]!] ?? "drain";
    this.#sessions.sendAway(member, { kind: "leave", cause }, nowMs);
  }
}
