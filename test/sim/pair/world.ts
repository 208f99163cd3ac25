// Two nodes, what lies between them, and who watches.
import { Chance } from "../chance.ts";
import { Clockwork } from "./clockwork.ts";
import { Network, type Side } from "./network.ts";
import { Referee } from "./referee.ts";
import { choosePair, type PairSettings } from "./settings.ts";
import { SimNode } from "./sim-node.ts";

/**
 * Something broken on purpose, to see that the referee finds it. late-unnoticed: no agent knows that
 * it did not run. no-will: guards forget what dead agents held. no-report: agents are not told of
 * broken balancers. no-removal: released VIPs stay. no-announcement: a winner does not announce again.
 */
export type Sabotage =
  "late-unnoticed" | "no-will" | "no-report" | "no-removal" | "no-announcement";

/** How a world is made. */
export interface WorldOptions {
  readonly seed: number;
  readonly isTraced?: boolean;
  readonly sabotage?: Sabotage | undefined;
}

/** All processes were started once. */
const FIRST_BOOTS_MS = 600;

/** See the head of this file. */
export class World {
  readonly clock = new Clockwork();
  readonly chance: Chance;
  readonly settings: PairSettings;
  readonly network: Network;
  readonly referee: Referee;
  readonly nodes: readonly [SimNode, SimNode];
  readonly sabotage: Sabotage | undefined;
  readonly trace: string[] = [];
  /** Nothing is lost, no path was cut in one direction, and nobody lost who could not be heard. */
  hearsEveryAdvert: boolean;
  readonly #isTraced: boolean;
  #nonceCount = 0;

  constructor({ seed, isTraced, sabotage }: WorldOptions) {
    this.chance = new Chance(seed);
    this.#isTraced = isTraced ?? false;
    this.sabotage = sabotage;
    this.settings = choosePair(this.chance);
    const { quality, paths, configurations } = this.settings;
    this.network = new Network(this.clock, this.chance, quality, paths);
    this.hearsEveryAdvert = quality.lossOneIn === 0;
    this.referee = new Referee(this);
    this.nodes = [new SimNode(this, 0, configurations[0]), new SimNode(this, 1, configurations[1])];
  }

  get vips(): readonly string[] {
    return this.settings.vips;
  }

  other(side: Side): SimNode {
    return this.nodes[side === 0 ? 1 : 0];
  }

  /** Timers fire a little late. */
  timerLateMs(): number {
    return this.chance.below(100) / 100 + (this.chance.oneIn(50) ? 8 : 0);
  }

  /** From asking for a change of addresses to the change. */
  commandMs(): number {
    return 0.2 + this.chance.below(100) / 100 + (this.chance.oneIn(40) ? 10 : 0);
  }

  /** From starting a process to its being ready; in some lives it takes long after the first start. */
  bootMs(): number {
    const isSlow = this.settings.bootsSlowly && this.clock.nowMs > FIRST_BOOTS_MS;
    return isSlow ? 500 + this.chance.below(2_500) : 20 + this.chance.below(60);
  }

  /** Something happens beside a cut: a rival may go without being heard by the one that stays. */
  noteFault(): void {
    const { connects, mendedAtMs } = this.network;
    const isJustMended = this.clock.nowMs - mendedAtMs < 2 * this.settings.intervalMs;
    if (!connects || isJustMended) this.hearsEveryAdvert = false;
  }

  nonce(): Uint8Array {
    this.#nonceCount += 1;
    return new Uint8Array([7, 7, 7, 7, 7, 7, this.#nonceCount >> 8, this.#nonceCount & 0xff]);
  }

  note(side: Side | undefined, text: string): void {
    if (!this.#isTraced) return;
    const who = side === undefined ? "-" : String(side + 1);
    this.trace.push(`${this.clock.nowMs.toFixed(1).padStart(8)} ${who} ${text}`);
  }
}
