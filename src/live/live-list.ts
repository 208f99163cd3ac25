// The list of live client connections, as a stick table that peers share: after a takeover the new
// master knows whom the old one served (design §6).
//
// Theory of operation: a connection is listed once it has lived for a while, so that short ones cost
// no update. Its entry is held, which marks it as this node's own: it neither expires nor makes room,
// and is touched again now and then. An end is told as a value of 0 that does not live long, at peers
// neither. Of a node that dies nothing is told: its entries stay until they expire.
import type { Endpoint, IpEndpoint } from "../base/address.ts";
import { CONNECTION_KEY_BYTES, connectionKey, localAddressOf } from "../base/connection-key.ts";
import type { Millis } from "../base/units.ts";
import type { StickTableSpec } from "../config/model/stick.ts";
import {
  LIVE_CLOSED_TOLD_MS,
  LIVE_ENTRIES_MAX,
  LIVE_EXPIRE_MS,
  LIVE_GATHER_MS,
  LIVE_LISTED_AFTER_MS,
  LIVE_STEP_ENTRIES_MAX,
} from "../limits.ts";
import { byteString } from "../rules/bytes.ts";
import type { ConnectionId } from "../session/mover.ts";
import type { StickEntry } from "../stick/entry.ts";
import { StickTable } from "../stick/table.ts";

/** The values of an entry, in `LIVE_DATA`. */
const LIVE = 1;
const CLOSED = 0;

/** What an entry stores. */
const LIVE_DATA = "gpt0";

const LIVE_TABLE: StickTableSpec = {
  name: "tandem-live",
  keyType: "binary",
  keyLengthMax: CONNECTION_KEY_BYTES,
  hasLength: true,
  size: LIVE_ENTRIES_MAX,
  expireMs: LIVE_EXPIRE_MS,
  noPurge: false,
  serverKey: "name",
  store: [{ type: LIVE_DATA }],
  position: { file: "tandem-live", line: 0 },
};

/** No connection's: the wish for a pace (`wishPace`), as tickles a second. */
const PACE_KEY = "\0".repeat(CONNECTION_KEY_BYTES);

interface Young {
  readonly connection: ConnectionId;
  readonly source: IpEndpoint;
  readonly destination: IpEndpoint;
  readonly sinceMs: Millis;
}

/** Passed items that are kept before the queue is cut: often enough for memory, seldom enough for time. */
const PASSED_MIN = 1_024;

/** Whether an entry was learned from another node and tells of a connection that has not been closed. */
export function isAbandoned(table: StickTable, entry: StickEntry, nowMs: Millis): boolean {
  if (table.holdCount(entry) > 0 || table.expiresInMs(entry, nowMs) === 0) return false;
  return table.read(entry, LIVE_DATA, 0, nowMs) === LIVE;
}

/** See the head of this file. */
export class LiveList {
  /** For peers that are Tandem nodes; keys are those of src/base/connection-key.ts. */
  readonly table = new StickTable(LIVE_TABLE);
  /** Connections that have not lived long enough. */
  readonly #young = new Set<ConnectionId>();
  /** They and those that have ended meanwhile, oldest first, from `#head` on. */
  #queue: Young[] = [];
  #head = 0;
  readonly #listed = new Map<ConnectionId, StickEntry>();
  #workedMs: Millis = -Infinity;
  #isBehind = false;

  /** Connections of this node that are listed. */
  get listedCount(): number {
    return this.#listed.size;
  }

  /** A client has connected; the ends are those of TCP, whatever a PROXY header says. */
  opened(connection: ConnectionId, source: Endpoint, destination: Endpoint, nowMs: Millis): void {
    if (source.kind !== "ip" || destination.kind !== "ip" || isLoopback(destination.host)) return;
    this.#young.add(connection);
    this.#queue.push({ connection, source, destination, sinceMs: nowMs });
  }

  /** A connection has ended; also one that was never listed. */
  closed(connection: ConnectionId, nowMs: Millis): void {
    if (this.#young.delete(connection)) return;
    const entry = this.#listed.get(connection);
    if (entry === undefined) return;
    this.#listed.delete(connection);
    this.table.release(entry, nowMs);
    // The next one between the same ends may have come already.
    if (this.table.holdCount(entry) > 0) return;
    this.table.write(entry, LIVE_DATA, 0, CLOSED, nowMs);
    this.table.touchUntil(entry, nowMs + LIVE_CLOSED_TOLD_MS, "local");
  }

  /** The connections at this address (`addressKey`) are lost: their ends are not told, so that others wake the clients. */
  abandon(address: string, nowMs: Millis): void {
    for (const [connection, entry] of this.#listed) {
      if (localAddressOf(entry.key) !== address) continue;
      this.#listed.delete(connection);
      this.table.release(entry, nowMs);
    }
  }

  /**
   * Tells all nodes that clients should be woken no faster, should one of them take addresses over
   * before `untilMs`: whoever gives them up on purpose knows what the brokers can take.
   */
  wishPace(ratePerSecond: number, untilMs: Millis, nowMs: Millis): void {
    const entry = this.table.getOrCreate(PACE_KEY, nowMs);
    if (entry === undefined) return;
    this.table.write(entry, LIVE_DATA, 0, Math.max(1, Math.ceil(ratePerSecond)), nowMs);
    this.table.touchUntil(entry, untilMs, "local");
  }

  /** The pace that a node wishes now, tickles a second. */
  wishedPace(nowMs: Millis): number | undefined {
    const entry = this.table.lookup(PACE_KEY, nowMs);
    if (entry === undefined) return undefined;
    const rate = this.table.read(entry, LIVE_DATA, 0, nowMs) ?? 0;
    return rate === 0 ? undefined : rate;
  }

  /** Connections that other nodes have told of, as far as they have not been closed. */
  foreignCount(nowMs: Millis): number {
    let count = 0;
    for (const entry of this.table.entries()) {
      if (entry.key !== PACE_KEY && isAbandoned(this.table, entry, nowMs)) count += 1;
    }
    return count;
  }

  /** Lists, touches and forgets what is due, a bounded number of each. */
  work(nowMs: Millis): void {
    this.#workedMs = nowMs;
    const { table } = this;
    let listedCount = 0;
    while (
      listedCount < LIVE_STEP_ENTRIES_MAX &&
      this.#oldestMs() <= nowMs - LIVE_LISTED_AFTER_MS
    ) {
      const young = this.#queue[this.#head]!;
      this.#head += 1;
      if (!this.#young.delete(young.connection)) continue;
      listedCount += 1;
      this.#list(young, nowMs);
    }
    if (this.#head >= PASSED_MIN && this.#head >= this.#queue.length / 2) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    const touched = table.retouchPinned(nowMs, LIVE_STEP_ENTRIES_MAX);
    // A peer whose clock runs ahead may have taught the end of an earlier connection between the same ends.
    for (const entry of touched) table.write(entry, LIVE_DATA, 0, LIVE, nowMs);
    const expiredCount = table.expire(nowMs, LIVE_STEP_ENTRIES_MAX);
    const mostCount = Math.max(listedCount, touched.length, expiredCount);
    this.#isBehind = mostCount === LIVE_STEP_ENTRIES_MAX;
  }

  /** When `work` has something to do. Work is gathered, so that it wakes nobody for single entries. */
  nextTimeout(): Millis | undefined {
    if (this.#isBehind) return this.#workedMs;
    const youngMs = this.#oldestMs() + LIVE_LISTED_AFTER_MS;
    const nextMs = Math.min(youngMs, this.table.nextTimeout() ?? Infinity);
    return nextMs === Infinity ? undefined : Math.max(nextMs, this.#workedMs + LIVE_GATHER_MS);
  }

  #oldestMs(): Millis {
    return this.#queue[this.#head]?.sinceMs ?? Infinity;
  }

  #list({ connection, source, destination }: Young, nowMs: Millis): void {
    const key = connectionKey(source, destination);
    if (key === undefined) return;
    const entry = this.table.getOrCreate(byteString(key), nowMs);
    // Full of this node's own: the others are listed, this one is not.
    if (entry === undefined) return;
    this.table.write(entry, LIVE_DATA, 0, LIVE, nowMs);
    this.table.hold(entry);
    this.table.touch(entry, nowMs, "local");
    this.#listed.set(connection, entry);
  }
}

function isLoopback(host: string): boolean {
  return host === "::1" || host.startsWith("127.") || host.startsWith("::ffff:127.");
}
