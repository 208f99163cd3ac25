// The list of `tandem sessions`.
import type { SessionList, SessionRow } from "../../src/operator/session-list.ts";
import { type Line, piece } from "../status/line.ts";
import { type Column, tableLines } from "../status/table.ts";
import { durationText } from "../../src/base/duration-text.ts";
import { plural, printable } from "../status/words.ts";
import { byteWords } from "./byte-words.ts";

/** From here on there is room for each direction, and for the listener. */
const WIDE_COLUMNS = 110;

interface SessionColumn extends Column {
  readonly isWide?: boolean;
  readonly isNarrow?: boolean;
  /** Gives way to rates and rivals where there is no room for all. */
  readonly isSpare?: boolean;
  /** Only where there is anything of that. */
  readonly isRare?: "packets" | "contested" | "rates" | "packet rates";
  readonly cell: (row: SessionRow) => string;
}

const COLUMNS: readonly SessionColumn[] = [
  { title: "client id", widthMin: 12, cell: ({ clientId }) => clientText(clientId) },
  { title: "user", isSpare: true, widthMin: 4, cell: ({ username }) => clientText(username) },
  { title: "address", widthMin: 15, keepsEnd: true, cell: ({ source }) => printable(source) },
  { title: "listener", isWide: true, widthMin: 4, cell: ({ listener }) => printable(listener) },
  { title: "server", widthMin: 8, keepsEnd: true, cell: placeText },
  { title: "age", isSpare: true, isRight: true, cell: ({ ageMs }) => durationText(ageMs) },
  { title: "idle", isSpare: true, isRight: true, cell: ({ idleMs }) => durationText(idleMs) },
  {
    title: "bytes",
    isSpare: true,
    isRight: true,
    isNarrow: true,
    cell: ({ bytesToServer, bytesToClient }) => byteWords(bytesToServer + bytesToClient),
  },
  {
    title: "to server",
    isRight: true,
    isWide: true,
    cell: ({ bytesToServer }) => byteWords(bytesToServer),
  },
  {
    title: "to client",
    isRight: true,
    isWide: true,
    cell: ({ bytesToClient }) => byteWords(bytesToClient),
  },
  {
    title: "packets",
    isSpare: true,
    isRight: true,
    isRare: "packets",
    cell: ({ packetsToServer, packetsToClient }) =>
      packetsToServer === null ? "-" : String(packetsToServer + (packetsToClient ?? 0)),
  },
  {
    title: "bytes/s",
    isRight: true,
    isRare: "rates",
    cell: ({ bytesPerSecond }) => byteWords(bytesPerSecond),
  },
  {
    title: "packets/s",
    isRight: true,
    isRare: "packet rates",
    cell: ({ packetsPerSecond }) => (packetsPerSecond === null ? "-" : String(packetsPerSecond)),
  },
  {
    title: "contested by",
    isRare: "contested",
    widthMin: 12,
    keepsEnd: true,
    cell: ({ contestedBy }) => (contestedBy === null ? "" : printable(contestedBy)),
  },
];

/** Lines for a screen of a width, with rates if it is about those; whatever clients chose is escaped. */
export function sessionLines(list: SessionList, width: number, hasRates = false): Line[] {
  const { sessions, sessionCount, matchCount } = list;
  if (sessions.length === 0) {
    return [[piece(`none of ${plural(sessionCount, "session")} matches`)]];
  }
  const isWide = width >= WIDE_COLUMNS;
  const hasPackets = sessions.some(({ packetsToServer }) => packetsToServer !== null);
  const there: Readonly<Record<NonNullable<SessionColumn["isRare"]>, boolean>> = {
    packets: hasPackets,
    rates: hasRates,
    "packet rates": hasRates && hasPackets,
    contested: sessions.some(({ contestedBy }) => contestedBy !== null),
  };
  const columns = COLUMNS.filter((column) => {
    if (column.isRare !== undefined && !there[column.isRare]) return false;
    if (column.isSpare === true && !isWide && (there.rates || there.contested)) return false;
    return isWide ? column.isNarrow !== true : column.isWide !== true;
  });
  const rows = sessions.map((row) => columns.map(({ cell }) => piece(cell(row))));
  const lines = tableLines(columns, rows, "", width);
  if (sessions.length === matchCount) return lines;
  const rest = `the first ${sessions.length} of ${plural(matchCount, "session")}; --limit shows more`;
  return [...lines, [piece(rest, "dim")]];
}

/** `-`: not known; `""`: empty. */
function clientText(text: string | null): string {
  return text === null ? "-" : text === "" ? '""' : printable(text);
}

/** The server, or what the session waits for. */
function placeText({ backend, server, state }: SessionRow): string {
  return printable(backend === null || server === null ? state : `${backend}/${server}`);
}
