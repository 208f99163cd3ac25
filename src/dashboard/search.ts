// Searches of live sessions and of table entries. Both may be many: an answer has a bounded number of
// rows, and is made in pieces, so that what is looked at in one turn of the event loop is bounded, too.
import { formatEndpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import {
  SEARCH_LOOKED_AT_PER_PIECE_MAX,
  SEARCH_ROWS_MAX,
  SEARCH_TEXT_CHARS_MAX,
} from "./limits.ts";
import type { Session } from "../session/session.ts";
import type { StickEntry } from "../stick/entry.ts";
import { formatKey } from "../stick/key.ts";
import { printEntryData } from "../stick/print.ts";
import type { StickTable } from "../stick/table.ts";
import type { EntryView, SessionView } from "./document.ts";

/** What is looked for. */
export interface SearchQuery {
  /** In any case of its letters; empty for all. */
  readonly text: string;
  /** Where the page begins: the `next` of the one before; 0 for the first. */
  readonly from: number;
}

/** What a session may be seen of. */
export interface SessionScope {
  readonly sessions: () => Iterable<Session>;
  readonly isSeen: (proxy: string) => boolean;
}

/** Live sessions whose client id, username, address, listener or server contains the text, as a JSON `SearchPage`. */
export function searchSessions(scope: SessionScope, query: SearchQuery): Iterable<string> {
  const wanted = normalized(query.text);
  return pageOf<Session, SessionView>({
    candidates: scope.sessions(),
    numberOf: (session) => session.context.id,
    from: query.from,
    view: (session) => {
      const { frontend, backend } = session.context;
      if (!scope.isSeen(frontend.name) && !scope.isSeen(backend?.name ?? "")) return undefined;
      const view = sessionView(session);
      return isFound(sessionTexts(view), wanted) ? view : undefined;
    },
  });
}

function sessionView(session: Session): SessionView {
  const { context, log, stateName } = session;
  const { id, client, source, frontend, backend, server, wallMs } = context;
  return {
    id,
    clientId: client?.clientId ?? null,
    username: client?.username ?? null,
    source: formatEndpoint(source),
    frontend: frontend.name,
    backend: backend?.name ?? null,
    server: server?.name ?? null,
    state: stateName,
    sinceMs: Math.round(wallMs),
    bytesIn: log.bytesToServer,
    bytesOut: log.bytesToClient,
  };
}

function* sessionTexts({
  clientId,
  username,
  source,
  frontend,
  backend,
  server,
}: SessionView): Generator<string> {
  if (clientId !== null) yield clientId;
  if (username !== null) yield username;
  yield source;
  yield frontend;
  if (backend !== null) yield `${backend}/${server ?? ""}`;
}

/** Entries whose key or server contains the text, as a JSON `SearchPage`. */
export function searchEntries(
  table: StickTable,
  query: SearchQuery,
  clock: () => Millis,
): Iterable<string> {
  const wanted = normalized(query.text);
  return pageOf<StickEntry, EntryView>({
    candidates: table.entries(query.from),
    numberOf: ({ slot }) => slot,
    from: query.from,
    view: (entry) => {
      const nowMs = clock();
      if (table.expireMs !== undefined && table.expiresInMs(entry, nowMs) === 0) return undefined;
      const key = readableKey(table, entry);
      const server = table.serverKey(entry) ?? null;
      if (!isFound([key, server ?? ""], wanted)) return undefined;
      return {
        slot: entry.slot,
        key,
        server,
        expiresInMs:
          table.expireMs === undefined ? null : Math.floor(table.expiresInMs(entry, nowMs)),
        data: printEntryData(table, entry, nowMs),
      };
    },
  });
}

/** Strings as people read them; the page shows what is no letter by its number. */
function readableKey(table: StickTable, { key }: StickEntry): string {
  if (table.spec.keyType !== "string") return formatKey(table.spec, key);
  return Buffer.from(key, "latin1").toString("utf8");
}

interface Search<Thing, Row> {
  readonly candidates: Iterable<Thing>;
  readonly numberOf: (thing: Thing) => number;
  readonly from: number;
  /** `undefined` for what is not looked for. */
  readonly view: (thing: Thing) => Row | undefined;
}

function* pageOf<Thing, Row>(search: Search<Thing, Row>): Generator<string, void> {
  let rowCount = 0;
  let lookedAt = 0;
  yield '{"rows":[';
  for (const thing of search.candidates) {
    lookedAt += 1;
    if (lookedAt % SEARCH_LOOKED_AT_PER_PIECE_MAX === 0) yield "";
    const number = search.numberOf(thing);
    if (number < search.from) continue;
    const row = search.view(thing);
    if (row === undefined) continue;
    if (rowCount === SEARCH_ROWS_MAX) {
      yield `],"next":${number}}`;
      return;
    }
    yield `${rowCount === 0 ? "" : ","}${JSON.stringify(row)}`;
    rowCount += 1;
  }
  yield '],"next":null}';
}

function normalized(text: string): string {
  return text.slice(0, SEARCH_TEXT_CHARS_MAX).toLowerCase();
}

function isFound(texts: Iterable<string>, wanted: string): boolean {
  if (wanted === "") return true;
  for (const text of texts) if (text.toLowerCase().includes(wanted)) return true;
  return false;
}
