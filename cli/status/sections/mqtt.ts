// What is counted of MQTT on the screen: whom limits have kept out, and packets by broker and type.
import type {
  BalancerStatus,
  PacketReport,
  ServerReport,
} from "../../../src/stats/balancer-status.ts";
import { type Line, type Piece, piece } from "../line.ts";
import { type Column, tableLines } from "../table.ts";
import { countWords, plural, printable } from "../words.ts";
import type { Extent } from "./brokers.ts";

/** Whom limits have kept out: a line for each frontend that has kept out anybody. */
export function refusedLines({ refused }: BalancerStatus, { rowsMax }: Extent): Line[] {
  const frontends = [...new Set(refused.map(({ frontend }) => frontend))];
  const lines = frontends.slice(0, rowsMax).map((name): Line => {
    const counts = refused
      .filter(({ frontend }) => frontend === name)
      .sort((one, other) => other.count - one.count)
      .map(({ reason, count }) => `${printable(reason)} ${countWords(count)}`);
    return [piece(`  ${printable(name)}`), piece("  "), piece(counts.join(", "), "dim")];
  });
  const more = frontends.length - lines.length;
  if (more > 0) lines.push([piece(`  and ${plural(more, "more listener")}`, "dim")]);
  return lines;
}

const PACKET_COLUMNS: readonly Column[] = [
  { title: "backend", widthMin: 6, keepsEnd: true },
  { title: "broker", widthMin: 6, keepsEnd: true },
  { title: "to server", isRight: true },
  { title: "to client", isRight: true },
  { title: "by type, to server/to client", widthMin: 12 },
];

/** Packets of each broker, where they are counted. */
export function packetLines({ backends }: BalancerStatus, { width, brokersMax }: Extent): Line[] {
  const counted = backends.flatMap(({ name, servers }) =>
    servers.filter(({ packets }) => packets.length > 0).map((server) => ({ name, server })),
  );
  if (counted.length === 0) return [];
  const rows = counted.slice(0, brokersMax).map(({ name, server }) => packetRow(name, server));
  const lines = tableLines(PACKET_COLUMNS, rows, "  ", width);
  const more = counted.length - rows.length;
  if (more > 0) lines.push([piece(`  and ${plural(more, "more broker")}`, "dim")]);
  return lines;
}

function packetRow(backend: string, { name, packets }: ServerReport): readonly Piece[] {
  const sum = (of: (packet: PacketReport) => number): string =>
    countWords(packets.reduce((total, packet) => total + of(packet), 0));
  const types = [...packets]
    .sort((one, other) => other.toServer + other.toClient - one.toServer - one.toClient)
    .map(({ type, toServer, toClient }) => `${printable(type)} ${toServer}/${toClient}`);
  return [
    piece(printable(backend), "dim"),
    piece(printable(name)),
    piece(sum(({ toServer }) => toServer)),
    piece(sum(({ toClient }) => toClient)),
    piece(types.join(", "), "dim"),
  ];
}
