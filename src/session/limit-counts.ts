// Clients that the limits of a frontend or of its servers have kept out, by which limit that was.

/** The limits of docs/mqtt.md, as `tandem_mqtt_refused_total{reason}` and, in this order, `show stat` name them. */
export const LIMIT_REASONS = [
  "connect-size",
  "keepalive",
  "client-id",
  "client-rate",
  "source-rate",
  "listener-rate",
  "ban",
  "takeover",
  "connect-rate",
] as const;

/** One of them. */
export type LimitReason = (typeof LIMIT_REASONS)[number];

/** Somebody who was kept out. */
export interface KeptOut {
  /** As the client sent it; `undefined` where its CONNECT was not looked at. */
  readonly clientId: string | undefined;
  /** The client's address without its port; empty on unix sockets. */
  readonly host: string;
}

interface Count {
  count: number;
  latest: KeptOut;
}

/** The counts of one frontend. */
export class LimitCounts {
  readonly #counts = new Map<LimitReason, Count>();

  /** Counts a refusal. */
  add(reason: LimitReason, who: KeptOut): void {
    const known = this.#counts.get(reason);
    if (known === undefined) this.#counts.set(reason, { count: 1, latest: who });
    else {
      known.count += 1;
      known.latest = who;
    }
  }

  /** How many there were for a reason. */
  of(reason: LimitReason): number {
    return this.#counts.get(reason)?.count ?? 0;
  }

  /** Who was the latest. */
  latest(reason: LimitReason): KeptOut | undefined {
    return this.#counts.get(reason)?.latest;
  }

  /** Those that are not 0, in the order of `LIMIT_REASONS`. */
  entries(): { readonly reason: LimitReason; readonly count: number }[] {
    return LIMIT_REASONS.flatMap((reason) => {
      const count = this.of(reason);
      return count === 0 ? [] : [{ reason, count }];
    });
  }

  /** `clear counters all`. */
  clear(): void {
    this.#counts.clear();
  }
}
