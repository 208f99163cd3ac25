// The list of live connections in the world: it is told of clients, kept by a timer, and after a
// takeover asks for tickles.
import type { Endpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type { LiveFigures } from "../metrics/tandem-families.ts";
import { LiveList } from "../live/live-list.ts";
import { Tickler, type TicklerEvent } from "../live/tickler.ts";
import type { ConnectionId } from "../session/mover.ts";
import type { World } from "../session/world.ts";
import type { StickTable } from "../stick/table.ts";
import type { BalancerJournal } from "./balancer-journal.ts";
import { monotonicMs } from "./clock.ts";
import { type GoneHost, GoneShell } from "./gone-shell.ts";
import { TimerDriver } from "./timer-driver.ts";

/** How often the list is looked at for entries of peers that have expired. */
const LOOK_INTERVAL_MS: Millis = 1_000;

/** What the list needs of its process. */
export interface LiveShellHost {
  readonly world: World;
  readonly journal: Pick<BalancerJournal, "woken" | "addressGone">;
  readonly sessions: GoneHost["sessions"];
  /** Send one ACK for each of these connections: keys in base64. */
  tickle(connections: string): void;
}

/** The live connections of a process, and those that its peers tell of. */
export class LiveShell {
  readonly #host: LiveShellHost;
  readonly #list = new LiveList();
  readonly #tickler: Tickler;
  readonly #gone: GoneShell;
  readonly #timers: TimerDriver<LiveList | Tickler>;
  readonly #look: NodeJS.Timeout;

  constructor(host: LiveShellHost) {
    this.#host = host;
    this.#tickler = new Tickler(this.#list.table, () => {
      const wished = this.#list.wishedPace(monotonicMs()) ?? Infinity;
      return Math.min(host.world.global?.tickleRate ?? 0, wished);
    });
    this.#gone = new GoneShell({
      graceMs: () => host.world.global?.goneAddressGraceMs ?? 0,
      sessions: host.sessions,
      lost: (address) => this.#list.abandon(address, monotonicMs()),
      ended: (address, count, awayMs) => host.journal.addressGone(address, count, awayMs),
    });
    this.#timers = new TimerDriver((owner, nowMs) => {
      if (owner instanceof Tickler) this.#tellTickler({ kind: "timeout" }, nowMs);
      else {
        owner.work(nowMs);
        this.#timers.update(owner);
      }
    });
    this.#look = setInterval(() => this.#timers.update(this.#list), LOOK_INTERVAL_MS);
    this.#look.unref();
  }

  /** To be shared by each peers section, with Tandem nodes only. */
  get table(): StickTable {
    return this.#list.table;
  }

  /** How long the list is. */
  get figures(): LiveFigures {
    return {
      ownCount: this.#list.listedCount,
      entryCount: this.#list.table.usedCount,
      goneCount: this.#gone.endedCount,
    };
  }

  /** Connections of this node that are listed, and those that other nodes have told of. */
  counts(): { readonly ownCount: number; readonly foreignCount: number } {
    const { listedCount } = this.#list;
    return { ownCount: listedCount, foreignCount: this.#list.foreignCount(monotonicMs()) };
  }

  /** Asks the other nodes to wake no more clients a second, for so long. */
  wishPace({
    ratePerSecond,
    forMs,
  }: {
    readonly ratePerSecond: number;
    readonly forMs: Millis;
  }): void {
    const nowMs = monotonicMs();
    this.#list.wishPace(ratePerSecond, nowMs + forMs, nowMs);
  }

  /** A client has connected. */
  opened(connection: ConnectionId, source: Endpoint, destination: Endpoint, nowMs: number): void {
    this.#list.opened(connection, source, destination, nowMs);
    this.#timers.update(this.#list);
  }

  /** A client's connection has ended. */
  closed(connection: ConnectionId, nowMs: number): void {
    this.#list.closed(connection, nowMs);
    this.#timers.update(this.#list);
  }

  /**
   * This node holds these virtual IP addresses, all of them: clients of those that are new are tickled, and
   * sessions of those that do not return are ended.
   */
  onVips(held: readonly string[]): void {
    this.#gone.onVips(held);
    this.#tellTickler({ kind: "vips", held }, monotonicMs());
  }

  /** A peer has taught its tables: what it knows of addresses that are held already counts, too. */
  onLearned(): void {
    this.#tellTickler({ kind: "learned" }, monotonicMs());
  }

  close(): void {
    clearInterval(this.#look);
    this.#gone.close();
    this.#timers.close();
  }

  #tellTickler(event: TicklerEvent, nowMs: number): void {
    this.#tickler.handle(event, nowMs);
    for (let effect = this.#tickler.poll(); effect !== undefined; effect = this.#tickler.poll()) {
      if (effect.kind === "tickle") this.#host.tickle(effect.connections);
      else this.#host.journal.woken(effect.clientCount, effect.tookMs);
    }
    this.#timers.update(this.#tickler);
  }
}
