// Packets of MQTT by type, as `option mqtt-packets` counts them: of a proxy, a server, a session.
import type { ServerPackets } from "../balance/counters.ts";
import { PACKET_TYPE_COUNT } from "../mqtt/frames.ts";
import type { PacketCounts } from "./mover.ts";

/** Packets so far, by type. */
export class PacketCounters implements PacketCounts {
  readonly toServer = new Float64Array(PACKET_TYPE_COUNT);
  readonly toClient = new Float64Array(PACKET_TYPE_COUNT);

  /** Adds what has come since a relay was last looked at. */
  add(now: PacketCounts, before: PacketCounts | undefined): void {
    addTo(this.toServer, now.toServer, before?.toServer);
    addTo(this.toClient, now.toClient, before?.toClient);
  }
}

/** Something that packets may be counted for. */
export interface CountsPackets {
  /** `undefined` until the first. */
  packets: ServerPackets | undefined;
}

/** Counts packets for all of these. */
export function countPackets(
  counted: readonly (CountsPackets | undefined)[],
  now: PacketCounts,
  before: PacketCounts | undefined,
): void {
  for (const each of counted) {
    if (each !== undefined) (each.packets ??= new PacketCounters()).add(now, before);
  }
}

/** All packets of one direction. */
export function packetTotal(counts: Float64Array | undefined): number {
  return counts?.reduce((sum, count) => sum + count, 0) ?? 0;
}

const PINGREQ = 12;
const PINGRESP = 13;

/** The same without those that only say that a connection lives. */
export function messageTotal(counts: PacketCounts | undefined): number {
  if (counts === undefined) return 0;
  const { toServer, toClient } = counts;
  const pings = toServer[PINGREQ]! + toClient[PINGRESP]!;
  return packetTotal(toServer) + packetTotal(toClient) - pings;
}

function addTo(sum: Float64Array, now: Float64Array, before: Float64Array | undefined): void {
  for (let type = 0; type < sum.length; type++) sum[type]! += now[type]! - (before?.[type] ?? 0);
}
