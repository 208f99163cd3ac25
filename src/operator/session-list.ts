// Live sessions as `tandem sessions` lists them: those that match, the first ones of an order.
import { formatEndpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import { packetTotal } from "../session/packet-counters.ts";
import type { Session } from "../session/session.ts";
import { globMatcher } from "./glob.ts";
import { SESSIONS_LISTED_MAX, SESSIONS_PER_TURN_MAX } from "./limits.ts";

/** What sessions may be ordered by: the largest first. */
export const SESSION_ORDERS = [
  "age",
  "idle",
  "bytes",
  "packets",
  "byte-rate",
  "packet-rate",
] as const;

/** An order. */
export type SessionOrder = (typeof SESSION_ORDERS)[number];

/** Which sessions are meant, and how many are wanted. */
export interface SessionQuery {
  /** Client ids, as a pattern (glob.ts); `null`: of any client, also one that is none of MQTT. */
  readonly client: string | null;
  /** `backend/server`, as a pattern; `null`: of any server, or none. */
  readonly server: string | null;
  readonly order: SessionOrder;
  /** How many rows at most, 0 to `SESSIONS_LISTED_MAX`. */
  readonly limit: number;
}

/** One session. Texts of clients are as they came. */
export interface SessionRow {
  /** As `show sess` has it: `0x1f`. */
  readonly id: string;
  /** `null`: no CONNECT was looked at. */
  readonly clientId: string | null;
  readonly username: string | null;
  readonly source: string;
  readonly destination: string;
  readonly listener: string;
  readonly backend: string | null;
  readonly server: string | null;
  /** As src/session/session-state.ts names it: `relaying` once it is served. */
  readonly state: string;
  readonly ageMs: Millis;
  /** Since bytes last moved, as far as is known: running sessions are counted every 2 s. */
  readonly idleMs: Millis;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** `null`: packets of MQTT are not counted (`option mqtt-packets`). */
  readonly packetsToServer: number | null;
  readonly packetsToClient: number | null;
  /** In both directions, over the last 2 s or less that were looked at. */
  readonly bytesPerSecond: number;
  /** `null`: as above. */
  readonly packetsPerSecond: number | null;
  /** Where another device with its client identifier is (`mqtt-limit takeover`); `null` in peace. */
  readonly contestedBy: string | null;
}

/** What the query has found. */
export interface SessionList {
  /** All that live. */
  readonly sessionCount: number;
  readonly matchCount: number;
  /** The first `limit` of those that match. */
  readonly sessions: readonly SessionRow[];
}

interface Found {
  readonly session: Session;
  readonly rank: number;
}

/**
 * Finds sessions, a bounded number of them a step: traffic goes first. Those that come or end
 * meanwhile may be missed.
 */
export function* listSessions(
  sessions: Iterable<Session>,
  query: SessionQuery,
  nowMs: () => Millis,
): Generator<undefined, SessionList> {
  const isMeant = sessionMatcher(query);
  const limit = Math.max(0, Math.min(query.limit, SESSIONS_LISTED_MAX));
  const found: Found[] = [];
  let sessionCount = 0;
  let matchCount = 0;
  for (const session of sessions) {
    sessionCount += 1;
    if (sessionCount % SESSIONS_PER_TURN_MAX === 0) yield;
    if (!isMeant(session)) continue;
    matchCount += 1;
    found.push({ session, rank: rankOf(session, query.order, nowMs()) });
    // Cut now and then, so that memory is bounded and few are sorted.
    if (found.length >= 2 * limit + SESSIONS_PER_TURN_MAX) keepFirst(found, limit);
  }
  keepFirst(found, limit);
  const rows: SessionRow[] = [];
  for (const { session } of found) {
    rows.push(sessionRow(session, nowMs()));
    if (rows.length % SESSIONS_PER_TURN_MAX === 0) yield;
  }
  return { sessionCount, matchCount, sessions: rows };
}

/** Whether a session is one that a query means. */
export function sessionMatcher({
  client,
  server,
}: Pick<SessionQuery, "client" | "server">): (session: Session) => boolean {
  const isClient = client === null ? undefined : globMatcher(client);
  const isServer = server === null ? undefined : globMatcher(server);
  return ({ context }) => {
    if (isServer !== undefined) {
      const { backend, server: chosen } = context;
      if (backend === undefined || chosen === undefined) return false;
      if (!isServer(`${backend.name}/${chosen.name}`)) return false;
    }
    if (isClient === undefined) return true;
    const clientId = context.client?.clientId;
    return clientId !== undefined && isClient(clientId);
  };
}

function keepFirst(found: Found[], limit: number): void {
  found.sort((a, b) => b.rank - a.rank);
  if (found.length > limit) found.length = limit;
}

function rankOf(session: Session, order: SessionOrder, nowMs: Millis): number {
  if (order === "bytes") return session.log.bytesToServer + session.log.bytesToClient;
  if (order === "packets") {
    const { packets } = session.log;
    return packetTotal(packets?.toServer) + packetTotal(packets?.toClient);
  }
  if (order === "byte-rate") return session.log.bytesPerSecond;
  if (order === "packet-rate") return session.log.packetsPerSecond;
  // The order of their coming is that of their numbers.
  return order === "age" ? -session.context.id : session.log.idleMs(nowMs);
}

function sessionRow({ context, log, stateName }: Session, nowMs: Millis): SessionRow {
  const { client } = context;
  return {
    id: `0x${context.id.toString(16)}`,
    clientId: client?.clientId ?? null,
    username: client?.username ?? null,
    source: formatEndpoint(context.source),
    destination: formatEndpoint(context.destination),
    listener: context.frontend.name,
    backend: context.backend?.name ?? null,
    server: context.server?.name ?? null,
    state: stateName,
    ageMs: Math.max(0, Math.round(log.ageMs(nowMs))),
    idleMs: Math.max(0, Math.round(log.idleMs(nowMs))),
    bytesToServer: log.bytesToServer,
    bytesToClient: log.bytesToClient,
    packetsToServer: log.packets === undefined ? null : packetTotal(log.packets.toServer),
    packetsToClient: log.packets === undefined ? null : packetTotal(log.packets.toClient),
    bytesPerSecond: Math.round(log.bytesPerSecond),
    packetsPerSecond: log.packets === undefined ? null : Math.round(log.packetsPerSecond),
    contestedBy: context.holding?.rival(nowMs) ?? null,
  };
}
