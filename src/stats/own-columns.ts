// The columns that HAProxy does not have: they stand behind its own, and are empty where they do not apply.
import type { ServerPackets } from "../balance/counters.ts";
import { PACKET_TYPE_NAMES } from "../mqtt/packet-types.ts";
import { type LimitCounts, type LimitReason, LIMIT_REASONS } from "../session/limit-counts.ts";

type Underscored<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Text;

type LimitColumn = `mqtt_refused_${Underscored<LimitReason>}`;

function limitColumn(reason: LimitReason): LimitColumn {
  return `mqtt_refused_${reason.replaceAll("-", "_")}` as LimitColumn;
}

/** Packets of clients that may be, by type (MQTT 5.0 §2.1.2); all others are counted as one. */
const FROM_CLIENTS = [
  "mqtt_in_connect",
  "mqtt_in_publish",
  "mqtt_in_puback",
  "mqtt_in_pubrec",
  "mqtt_in_pubrel",
  "mqtt_in_pubcomp",
  "mqtt_in_subscribe",
  "mqtt_in_unsubscribe",
  "mqtt_in_pingreq",
  "mqtt_in_disconnect",
  "mqtt_in_auth",
  "mqtt_in_other",
] as const;

/** The same of servers. */
const FROM_SERVERS = [
  "mqtt_out_connack",
  "mqtt_out_publish",
  "mqtt_out_puback",
  "mqtt_out_pubrec",
  "mqtt_out_pubrel",
  "mqtt_out_pubcomp",
  "mqtt_out_suback",
  "mqtt_out_unsuback",
  "mqtt_out_pingresp",
  "mqtt_out_disconnect",
  "mqtt_out_auth",
  "mqtt_out_other",
] as const;

/** All of them, in their order. */
export const OWN_COLUMN_NAMES = [
  ...LIMIT_REASONS.map(limitColumn),
  ...FROM_CLIENTS,
  ...FROM_SERVERS,
] as const;

/** The name of one. */
export type OwnColumnName = (typeof OWN_COLUMN_NAMES)[number];

/** Its cells in a row. */
export type OwnCells = Partial<Record<OwnColumnName, number>>;

/** What a column means, in few words; `undefined` for one of HAProxy's. */
export function describeOwnColumn(name: string): string | undefined {
  const [, kind, what] = /^mqtt_(refused|in|out)_(.*)$/.exec(name) ?? [];
  if (kind === undefined || what === undefined) return undefined;
  if (kind === "refused") return `Clients kept out by the limit ${what.replaceAll("_", "-")}`;
  return `MQTT packets from ${kind === "in" ? "clients" : "servers"}: ${what}`;
}

/** Whom limits have kept out; where no limit is set, only what has been counted. */
export function limitCells(limited: LimitCounts, hasLimits: boolean): OwnCells {
  const cells: OwnCells = {};
  for (const reason of LIMIT_REASONS) {
    const count = limited.of(reason);
    if (hasLimits || count > 0) cells[limitColumn(reason)] = count;
  }
  return cells;
}

const IN_COLUMNS = columnsByType("mqtt_in_", FROM_CLIENTS);
const OUT_COLUMNS = columnsByType("mqtt_out_", FROM_SERVERS);

/** Packets by type, where they are counted. */
export function packetCells(packets: ServerPackets | undefined): OwnCells {
  const cells: OwnCells = {};
  if (packets === undefined) return cells;
  addPackets(cells, IN_COLUMNS, packets.toServer);
  addPackets(cells, OUT_COLUMNS, packets.toClient);
  return cells;
}

/** The column of each type; the last name is for types that have none of their own. */
function columnsByType(prefix: string, names: readonly OwnColumnName[]): readonly OwnColumnName[] {
  return PACKET_TYPE_NAMES.map(
    (type) => names.find((name) => name === prefix + type) ?? names.at(-1)!,
  );
}

function addPackets(
  cells: OwnCells,
  columns: readonly OwnColumnName[],
  counts: Float64Array,
): void {
  for (const [type, column] of columns.entries()) {
    cells[column] = (cells[column] ?? 0) + counts[type]!;
  }
}
