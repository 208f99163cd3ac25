// `hash-type consistent`, and the ring that `balance random` draws from. `hash-balance-factor`
// bounds the load of a server: a key whose server has more than its share goes to the next one
// with less.
import type { ServerState } from "../server.ts";
import { hasRoom } from "./algorithm.ts";
import type { Algorithm, BackendView, Choice } from "./algorithm.ts";
import { Ring } from "./ring.ts";

/** `balance source` and `hash` with `hash-type consistent`. */
export class Consistent implements Algorithm {
  readonly #view: BackendView;
  /** Percent of the average load a server may have; 0 means no bound. */
  readonly #balanceFactor: number;
  readonly #active = new Ring();
  readonly #backup = new Ring();
  /** The point that served the last request without a key. */
  #lastKey: number | undefined;

  constructor(view: BackendView, balanceFactor: number) {
    this.#view = view;
    this.#balanceFactor = balanceFactor;
    const { servers } = view.election;
    const points = (server: ServerState) => [server, pointCount(server)] as const;
    this.#active.resize(servers.filter((server) => !server.isBackup).map(points));
    this.#backup.resize(servers.filter((server) => server.isBackup).map(points));
  }

  choose(choice: Choice): ServerState | undefined {
    const { soleBackup } = this.#view.election;
    if (soleBackup !== undefined) return soleBackup;
    if (choice.hash === undefined) return this.#chooseNext(choice.avoid);
    return this.lookup(choice.hash, choice.avoid);
  }

  /** The server that a hash belongs to, or the next one on the ring that may have it. */
  lookup(hash: number, avoid: ServerState | undefined): ServerState | undefined {
    const { soleBackup } = this.#view.election;
    if (soleBackup !== undefined) return soleBackup;
    const ring = this.#ring();
    let index = ring.nearest(hash);
    for (let step = 0; step < ring.size; step += 1) {
      const server = ring.ownerAt(index);
      if (server !== avoid && server !== undefined && this.#isWithinBound(server)) return server;
      index = ring.after(index);
    }
    return ring.ownerAt(index);
  }

  onServerChanged(server: ServerState): void {
    (server.isBackup ? this.#backup : this.#active).resize([[server, pointCount(server)]]);
  }

  onLoadChanged(): void {
    // Points do not depend on load.
  }

  /** Serves requests without a key from point to point, leaving out servers without room. */
  #chooseNext(avoid: ServerState | undefined): ServerState | undefined {
    const ring = this.#ring();
    let index = this.#lastKey === undefined ? 0 : ring.atOrAfter(this.#lastKey + 1);
    let avoided: ServerState | undefined;
    let avoidedKey: number | undefined;
    for (let step = 0; step < ring.size; step += 1) {
      const server = ring.ownerAt(index);
      if (server !== undefined && hasRoom(this.#view, server)) {
        if (server !== avoid) {
          this.#lastKey = ring.keyAt(index);
          return server;
        }
        avoided = server;
        avoidedKey = ring.keyAt(index);
      }
      index = ring.after(index);
    }
    this.#lastKey = avoidedKey ?? this.#lastKey;
    return avoided;
  }

  /** Whether one more connection leaves the server within its share of all slots. */
  #isWithinBound(server: ServerState): boolean {
    if (this.#balanceFactor === 0) return true;
    const { election, served } = this.#view;
    const total = election.totalWeight;
    const slots = Math.ceil(((served + 1) * this.#balanceFactor) / 100);
    const remainder = slots % total;
    const before = election.weightBefore(server);
    const whole = server.effectiveWeight * Math.floor(slots / total);
    const rest =
      Math.floor(((before + server.effectiveWeight) * remainder) / total) -
      Math.floor((before * remainder) / total);
    return server.served < Math.max(1, whole + rest);
  }

  #ring(): Ring {
    return this.#view.election.usesBackups ? this.#backup : this.#active;
  }
}

function pointCount(server: ServerState): number {
  return server.isUsable() ? server.effectiveWeight : 0;
}
