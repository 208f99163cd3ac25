// What lies between two nodes: two paths, each direction of which may be cut, lose, repeat and delay.
import type { Chance } from "../chance.ts";
import type { Clockwork } from "./clockwork.ts";

/** A node's number. */
export type Side = 0 | 1;
/** The VRRP segment, and the second heartbeat path. */
export type PathName = "vrrp" | "heartbeat";

/** How well a network carries. */
export interface NetworkQuality {
  /** One datagram in so many is lost; 0: none. Never more than `lostInRowMax` in a row. */
  readonly lossOneIn: number;
  readonly lostInRowMax: number;
  /** One datagram in so many comes twice; 0: none. */
  readonly repeatOneIn: number;
  /** Up to so long on the way, each datagram by itself: they overtake each other. */
  readonly delayMaxMs: number;
}

interface Lane {
  isCut: boolean;
  lostInRow: number;
}

/** See the head of this file. */
export class Network {
  readonly quality: NetworkQuality;
  /** When a cut last ended. */
  mendedAtMs = -Infinity;
  readonly #clock: Clockwork;
  readonly #chance: Chance;
  readonly #lanes: Record<PathName, readonly [Lane, Lane]>;
  readonly paths: readonly PathName[];

  constructor(
    clock: Clockwork,
    chance: Chance,
    quality: NetworkQuality,
    paths: readonly PathName[],
  ) {
    this.#clock = clock;
    this.#chance = chance;
    this.quality = quality;
    this.paths = paths;
    const lanes = (): [Lane, Lane] => [
      { isCut: false, lostInRow: 0 },
      { isCut: false, lostInRow: 0 },
    ];
    this.#lanes = { vrrp: lanes(), heartbeat: lanes() };
  }

  /** Cuts or mends what `from` sends on a path. */
  setCut(path: PathName, from: Side, isCut: boolean): void {
    this.#lanes[path][from].isCut = isCut;
    if (!isCut) this.mendedAtMs = this.#clock.nowMs;
  }

  /** Whether some path carries both ways. */
  get connects(): boolean {
    return this.paths.some((path) => this.#lanes[path].every(({ isCut }) => !isCut));
  }

  /** Carries a datagram to the other side. What is on its way when a path is cut still arrives. */
  carry(path: PathName, from: Side, arrive: () => void): void {
    const lane = this.#lanes[path][from];
    if (lane.isCut) return;
    const { lossOneIn, lostInRowMax, repeatOneIn } = this.quality;
    if (lossOneIn > 0 && lane.lostInRow < lostInRowMax && this.#chance.oneIn(lossOneIn)) {
      lane.lostInRow += 1;
      return;
    }
    lane.lostInRow = 0;
    this.#clock.after(this.#delayMs(), arrive);
    if (repeatOneIn > 0 && this.#chance.oneIn(repeatOneIn)) {
      this.#clock.after(this.#delayMs(), arrive);
    }
  }

  #delayMs(): number {
    const { delayMaxMs } = this.quality;
    return 0.05 + this.#chance.below(1_000) * (delayMaxMs / 1_000);
  }
}
