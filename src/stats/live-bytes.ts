// Bytes of the sessions that are being relayed at this moment. They are added to the counters of
// proxies and servers when a session ends; statistics show them as they flow.

/** What one session has moved so far. */
export interface LiveSession {
  readonly frontend: string;
  readonly backend: string | undefined;
  readonly server: string | undefined;
  /** From the client. */
  readonly bytesIn: number;
  /** To the client. */
  readonly bytesOut: number;
}

/** Bytes in both directions. */
export interface Bytes {
  readonly in: number;
  readonly out: number;
}

const NONE: Bytes = { in: 0, out: 0 };

/** Sums of live sessions for each proxy and server. */
export class LiveBytes {
  readonly #sums = new Map<string, { in: number; out: number }>();

  constructor(sessions: Iterable<LiveSession>) {
    for (const session of sessions) {
      this.#add(`frontend ${session.frontend}`, session);
      if (session.backend === undefined) continue;
      this.#add(`backend ${session.backend}`, session);
      if (session.server === undefined) continue;
      this.#add(`server ${session.backend} ${session.server}`, session);
    }
  }

  ofFrontend(name: string): Bytes {
    return this.#sums.get(`frontend ${name}`) ?? NONE;
  }

  ofBackend(name: string): Bytes {
    return this.#sums.get(`backend ${name}`) ?? NONE;
  }

  ofServer(backend: string, server: string): Bytes {
    return this.#sums.get(`server ${backend} ${server}`) ?? NONE;
  }

  #add(key: string, { bytesIn, bytesOut }: LiveSession): void {
    const sum = this.#sums.get(key);
    if (sum === undefined) this.#sums.set(key, { in: bytesIn, out: bytesOut });
    else {
      sum.in += bytesIn;
      sum.out += bytesOut;
    }
  }
}
