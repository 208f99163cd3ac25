// What commands of an operator say on a control socket, read from JSON: each reader gives the request,
// or a sentence about what was found where something else was expected.
import { type AdminState } from "../balance/admin.ts";
import {
  OPERATOR_SERVERS_MAX,
  PACE_MS_MAX,
  PACE_RATE_MAX,
  SESSIONS_LISTED_MAX,
  TABLE_ENTRIES_LISTED_MAX,
} from "./limits.ts";
import type { Millis } from "../base/units.ts";
import { isAdminState } from "../runtime/operations/server-admin.ts";
import { SESSION_ORDERS, type SessionQuery } from "./session-list.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What a reader has found. */
export type ReadRequest<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** Characters of a pattern. */
const PATTERN_CHARS_MAX = 65_535;

/** `sessions`. */
export function readSessionQuery(fields: Fields): ReadRequest<SessionQuery> {
  const order = SESSION_ORDERS.find((name) => name === (fields["order"] ?? "age"));
  if (order === undefined) return unexpected(fields, "order", SESSION_ORDERS.join(", "));
  const limit = readCount(fields["limit"] ?? SESSIONS_LISTED_MAX, SESSIONS_LISTED_MAX);
  if (limit === undefined) return unexpected(fields, "limit", `0 to ${SESSIONS_LISTED_MAX}`);
  const client = readPattern(fields["client"]);
  const server = readPattern(fields["server"]);
  if (client === undefined) return unexpected(fields, "client", "a client id or a pattern");
  if (server === undefined) return unexpected(fields, "server", "backend/server or a pattern");
  return { ok: true, value: { client, server, order, limit } };
}

/** `end-sessions`: the numbers of sessions. */
export function readSessionIds(fields: Fields): ReadRequest<readonly number[]> {
  const { ids } = fields;
  const numbers = Array.isArray(ids) && ids.length <= SESSIONS_LISTED_MAX ? ids.map(readId) : [];
  const known = numbers.filter((id) => id !== undefined);
  if (!Array.isArray(ids) || known.length !== ids.length) {
    return unexpected(fields, "ids", 'a list of ids as "0x1f"');
  }
  return { ok: true, value: known };
}

/** What `table` and `clear-table` are about. */
export interface TableQuery {
  /** `null`: all tables, without their entries. */
  readonly name: string | null;
  /** Keys, as a pattern; `null`: all. */
  readonly key: string | null;
  readonly limit: number;
}

/** `table`, `clear-table`. */
export function readTableQuery(fields: Fields): ReadRequest<TableQuery> {
  const limit = readCount(fields["limit"] ?? TABLE_ENTRIES_LISTED_MAX, TABLE_ENTRIES_LISTED_MAX);
  if (limit === undefined) return unexpected(fields, "limit", `0 to ${TABLE_ENTRIES_LISTED_MAX}`);
  const name = readPattern(fields["name"]);
  const key = readPattern(fields["key"]);
  if (name === undefined) return unexpected(fields, "name", "a table's name");
  if (key === undefined) return unexpected(fields, "key", "a key or a pattern");
  return { ok: true, value: { name, key, limit } };
}

/** What `set-servers` is about. */
export interface ServersRequest {
  readonly state: AdminState;
  /** `backend/server`. */
  readonly servers: readonly string[];
}

/** `set-servers`. */
export function readServersRequest(fields: Fields): ReadRequest<ServersRequest> {
  const { state, servers } = fields;
  if (typeof state !== "string" || !isAdminState(state)) {
    return unexpected(fields, "state", "ready, drain or maint");
  }
  const isList =
    Array.isArray(servers) &&
    servers.length <= OPERATOR_SERVERS_MAX &&
    servers.every((name) => typeof name === "string");
  if (!isList) return unexpected(fields, "servers", `up to ${OPERATOR_SERVERS_MAX} backend/server`);
  return { ok: true, value: { state, servers } };
}

/** How fast clients are to be woken by the node that takes over, and for how long that is meant. */
export interface PaceRequest {
  readonly ratePerSecond: number;
  readonly forMs: Millis;
}

/** `pace`. */
export function readPaceRequest(fields: Fields): ReadRequest<PaceRequest> {
  const ratePerSecond = readCount(fields["ratePerSecond"], PACE_RATE_MAX);
  if (ratePerSecond === undefined || ratePerSecond === 0) {
    return unexpected(fields, "ratePerSecond", `1 to ${PACE_RATE_MAX}`);
  }
  const forMs = readCount(fields["forMs"], PACE_MS_MAX);
  if (forMs === undefined) return unexpected(fields, "forMs", `0 to ${PACE_MS_MAX}`);
  return { ok: true, value: { ratePerSecond, forMs } };
}

function unexpected(fields: Fields, name: string, expected: string): ReadRequest<never> {
  const found = JSON.stringify(fields[name] ?? null).slice(0, 80);
  return { ok: false, message: `${name}: found ${found}, expected ${expected}` };
}

function readCount(value: unknown, max: number): number | undefined {
  const isCount = typeof value === "number" && Number.isSafeInteger(value);
  return isCount && value >= 0 && value <= max ? value : undefined;
}

function readPattern(value: unknown): string | null | undefined {
  if (value === null || value === undefined) return null;
  return typeof value === "string" && value.length <= PATTERN_CHARS_MAX ? value : undefined;
}

function readId(value: unknown): number | undefined {
  return typeof value === "string" && /^0x[0-9a-f]{1,13}$/.test(value) ? Number(value) : undefined;
}
