// One peer of a group: its session, and when it is called.
import type { Millis } from "../base/units.ts";
import { PEER_REDIAL_MS, PEER_REDIAL_SOON_MS_MAX, PEER_REDIAL_SOON_MS_MIN } from "../limits.ts";
import type { ConnectionId } from "./group-events.ts";
import { PeerMemory } from "./peer-memory.ts";
import type { PeerSession } from "./session.ts";
import type { CloseCause } from "./session-events.ts";

/** A session with its connection. */
export interface Line {
  readonly connection: ConnectionId;
  readonly session: PeerSession;
}

/** A peer. */
export class PeerLink {
  readonly memory: PeerMemory;
  line: Line | undefined;
  /** When to call; `undefined`: not, as long as it is not set. */
  #dialAtMs: Millis | undefined;
  #lastReport = "";

  constructor(name: string) {
    this.memory = new PeerMemory(name);
  }

  get name(): string {
    return this.memory.name;
  }

  get isEstablished(): boolean {
    return this.line?.session.state === "established";
  }

  /** When this peer is to be called; `undefined` while there is a session, or no call is wanted. */
  get dialAtMs(): Millis | undefined {
    return this.line === undefined ? this.#dialAtMs : undefined;
  }

  /** Calls at this instant unless there is a session; `undefined`: never. */
  planDial(atMs: Millis | undefined): void {
    this.#dialAtMs = atMs;
  }

  /**
   * Calls again after an attempt or a session: soon and at a random instant when there had been an
   * answer, so that both ends do not call at once; later when there was none or a refusal. A peer
   * that refuses is called on: HAProxy itself never calls again after a refusal.
   */
  redial(cause: CloseCause, wasEstablished: boolean, random: () => number, nowMs: Millis): void {
    const soonMs =
      PEER_REDIAL_SOON_MS_MIN +
      Math.floor(random() * (PEER_REDIAL_SOON_MS_MAX - PEER_REDIAL_SOON_MS_MIN + 1));
    const isSoon = wasEstablished || cause === "collision" || cause === "stopped";
    this.#dialAtMs = nowMs + (isSoon ? soonMs : PEER_REDIAL_MS);
  }

  /** Whether a line is news: the same failure every few seconds is told once. */
  isNews(report: string): boolean {
    if (report === this.#lastReport) return false;
    this.#lastReport = report;
    return true;
  }
}
