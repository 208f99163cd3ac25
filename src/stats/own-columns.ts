// The columns that HAProxy does not have: they stand behind its own, and are empty where they do not apply.
import type { ServerPackets } from "../balance/counters.ts";
import { PACKET_TYPE_NAMES } from "../mqtt/packet-types.ts";
import { type LimitCounts, LIMIT_REASONS } from "../session/limit-counts.ts";

const LIMITS = [
  "mqtt_refused_connect_size",
  "mqtt_refused_keepalive",
  "mqtt_refused_client_id",
  "mqtt_refused_client_rate",
  "mqtt_refused_source_rate",
  "mqtt_refused_listener_rate",
  "mqtt_refused_ban",
  "mqtt_refused_takeover",
  "mqtt_refused_connect_rate",
] as const;

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
export const OWN_COLUMN_NAMES = [...LIMITS, ...FROM_CLIENTS, ...FROM_SERVERS] as const;

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
  for (const [index, reason] of LIMIT_REASONS.entries()) {
    const count = limited.of(reason);
    if (hasLimits || count > 0) cells[LIMITS[index]!] = count;
  }
  return cells;
}

/** Packets by type, where they are counted. */
export function packetCells(packets: ServerPackets | undefined): OwnCells {
  if (packets === undefined) return {};
  return {
    ...byType("mqtt_in_", FROM_CLIENTS, packets.toServer),
    ...byType("mqtt_out_", FROM_SERVERS, packets.toClient),
  };
}

function byType(prefix: string, names: readonly OwnColumnName[], counts: Float64Array): OwnCells {
  const cells = Object.fromEntries(names.map((name) => [name, 0])) as Record<OwnColumnName, number>;
  for (const [type, count] of counts.entries()) {
    const own = names.find((name) => name === prefix + PACKET_TYPE_NAMES[type]!);
    cells[own ?? names.at(-1)!] += count;
  }
  return cells;
}
