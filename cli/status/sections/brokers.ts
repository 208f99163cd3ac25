// Listeners, brokers and stick tables on the screen.
import type {
  BackendReport,
  BalancerStatus,
  ServerReport,
} from "../../../src/stats/balancer-status.ts";
import { type Line, type Piece, piece, type Tone } from "../line.ts";
import { type Column, tableLines } from "../table.ts";
import { durationText } from "../../../src/base/duration-text.ts";
import { countWords, plural, printable } from "../words.ts";

const TONES: Readonly<Record<string, Tone>> = {
  up: "good",
  unchecked: "good",
  down: "bad",
  drain: "warn",
  maintenance: "warn",
  stopping: "warn",
};

/** How many rows are shown. */
export interface Extent {
  readonly width: number;
  /** Brokers of one backend; the ones in trouble come first. */
  readonly brokersMax: number;
  /** Listeners, tables. */
  readonly rowsMax: number;
}

/** Where is listened, and how many connections each address has. */
export function listenerLines({ listeners }: BalancerStatus, { rowsMax }: Extent): Line[] {
  const shown = listeners.slice(0, rowsMax).map(({ address, frontend, sessionCount }): Line => {
    const words =
      frontend === null
        ? "statistics"
        : `${printable(frontend)}, ${plural(sessionCount ?? 0, "connection")}`;
    return [piece(`  ${printable(address)}`), piece("  "), piece(words, "dim")];
  });
  return [...shown, ...more(listeners.length - rowsMax, "")];
}

const BROKER_COLUMNS: readonly Column[] = [
  { title: "backend", widthMin: 6, keepsEnd: true },
  { title: "broker", widthMin: 6, keepsEnd: true },
  { title: "state", widthMin: 6 },
  { title: "for", isRight: true },
  { title: "weight", isRight: true },
  { title: "sessions", isRight: true },
  { title: "queue", isRight: true },
  { title: "last check", widthMin: 8 },
];

/** Every backend's brokers. */
export function brokerLines({ backends }: BalancerStatus, extent: Extent): Line[] {
  const rows: (readonly Piece[])[] = [];
  const hidden: Line[] = [];
  for (const backend of backends) {
    if (backend.servers.length === 0) continue;
    const sorted = inOrderOfConcern(backend.servers);
    rows.push(...sorted.slice(0, extent.brokersMax).map((server) => brokerRow(backend, server)));
    const rest = sorted.slice(extent.brokersMax);
    const states = [...new Set(rest.map(({ state }) => state))].join(" or ");
    const backendName = printable(backend.name);
    hidden.push(...more(rest.length, ` of ${backendName}, ${states} (--all shows them)`));
  }
  if (rows.length === 0) return [];
  return [...tableLines(BROKER_COLUMNS, rows, "  ", extent.width), ...hidden];
}

/** Those in trouble first, else as in the file. */
function inOrderOfConcern(servers: readonly ServerReport[]): readonly ServerReport[] {
  const concern = ({ state }: ServerReport): number =>
    state === "down" ? 0 : state === "up" || state === "unchecked" ? 2 : 1;
  return [...servers].sort((one, other) => concern(one) - concern(other));
}

function brokerRow(backend: BackendReport, server: ServerReport): readonly Piece[] {
  const { check, queueCount } = server;
  const result = check === null ? "" : `${check.code} ${check.tookMs} ms`;
  return [
    piece(printable(backend.name), "dim"),
    piece(printable(server.name)),
    piece(
      printable(server.isBackup ? `${server.status} backup` : server.status),
      TONES[server.state],
    ),
    piece(durationText(server.stateForMs)),
    piece(String(server.weight)),
    piece(countWords(server.sessionCount)),
    piece(countWords(queueCount), queueCount > 0 ? "warn" : undefined),
    piece(printable(result), "dim"),
  ];
}

const TABLE_COLUMNS: readonly Column[] = [
  { title: "table", widthMin: 8, keepsEnd: true },
  { title: "type", widthMin: 6 },
  { title: "entries", isRight: true },
  { title: "size", isRight: true },
  { title: "shared by peers", widthMin: 6 },
];

/** The stick tables of this node. */
export function tableSection({ tables }: BalancerStatus, { width, rowsMax }: Extent): Line[] {
  if (tables.length === 0) return [];
  const rows = tables
    .slice(0, rowsMax)
    .map((table) => [
      piece(printable(table.name)),
      piece(printable(`${table.type} ${table.keyBytesMax}`)),
      piece(countWords(table.entryCount), table.entryCount >= table.entriesMax ? "bad" : undefined),
      piece(countWords(table.entriesMax)),
      piece(table.peers === null ? "-" : printable(table.peers), "dim"),
    ]);
  return [...tableLines(TABLE_COLUMNS, rows, "  ", width), ...more(tables.length - rowsMax, "")];
}

function more(count: number, what: string): Line[] {
  return count <= 0 ? [] : [[piece(`  and ${countWords(count)} more${what}`, "dim")]];
}
