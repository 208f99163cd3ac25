// Who is moved to a server that has returned (`rebalance-rate`). A server's share of the sessions is its
// weight's part of all; whoever is above gives, the one that is farthest below takes.

/** A server as it stands. */
export interface ServerLoad<S> {
  readonly server: S;
  /** Effective. */
  readonly weight: number;
  /** Its sessions, and those that are on their way to it. */
  readonly sessionCount: number;
}

/** From where to where one session is to go. */
export interface Move<S> {
  readonly from: S;
  readonly to: S;
}

/**
 * The next move; `undefined` when all have their shares: a move would not make the two more alike. Only
 * servers that take new sessions are to be given.
 */
export function nextMove<S>(loads: readonly ServerLoad<S>[]): Move<S> | undefined {
  let weightSum = 0;
  let sessionSum = 0;
  for (const { weight, sessionCount } of loads) {
    weightSum += weight;
    sessionSum += sessionCount;
  }
  if (weightSum === 0) return undefined;
  const surplus = ({ weight, sessionCount }: ServerLoad<S>): number =>
    sessionCount - (sessionSum * weight) / weightSum;
  let most: ServerLoad<S> | undefined;
  let least: ServerLoad<S> | undefined;
  for (const load of loads) {
    if (most === undefined || surplus(load) > surplus(most)) most = load;
    if (least === undefined || surplus(load) < surplus(least)) least = load;
  }
  if (most === undefined || least === undefined) return undefined;
  if (surplus(most) < 1 || surplus(least) > -1) return undefined;
  return { from: most.server, to: least.server };
}

/** What is known of a session that may be moved. */
export interface Movable {
  /** Its device begins a new session anyway: nothing is lost. */
  readonly isClean: boolean;
  /** How long it has said nothing but pings, ms. */
  readonly quietMs: number;
}

/** The session that minds least: clean before others, the longest quiet first; with `cleanOnly` no others. */
export function chooseSession<T>(
  sessions: Iterable<T>,
  look: (session: T) => Movable | undefined,
  cleanOnly: boolean,
): T | undefined {
  let chosen: T | undefined;
  let best: Movable | undefined;
  for (const session of sessions) {
    const seen = look(session);
    if (seen === undefined || (cleanOnly && !seen.isClean)) continue;
    if (best !== undefined && !mindsLess(seen, best)) continue;
    chosen = session;
    best = seen;
  }
  return chosen;
}

function mindsLess(one: Movable, other: Movable): boolean {
  if (one.isClean !== other.isClean) return one.isClean;
  return one.quietMs > other.quietMs;
}
