// What the packets of one session's client and server come to, where they are counted.
import type { Millis } from "../base/units.ts";
import type { PacketCounts } from "./mover.ts";
import { type CountsPackets, countPackets, messageTotal, packetTotal } from "./packet-counters.ts";

/** The packets of one relay. */
export class PacketAccount {
  /** So far. */
  now: PacketCounts;
  /** When packets other than pings were last seen to have moved. */
  busyMs: Millis;
  /** In both directions, between the last two looks at the running relay. */
  perSecond = 0;
  #counted: PacketCounts | undefined;
  #pacedCount = 0;

  /** `sinceMs`: nothing is known of the time before. */
  constructor(first: PacketCounts, sinceMs: Millis) {
    this.now = first;
    this.busyMs = sinceMs;
  }

  /** Counts for all of these what has come since the last call. */
  count(counted: readonly (CountsPackets | undefined)[], nowMs: Millis): void {
    const before = this.#counted;
    this.#counted = this.now;
    if (messageTotal(this.now) > messageTotal(before)) this.busyMs = nowMs;
    countPackets(counted, this.now, before);
  }

  /** Looks how fast they come; the last look was `seconds` ago. */
  notePace(seconds: number): void {
    const count = packetTotal(this.now.toServer) + packetTotal(this.now.toClient);
    this.perSecond = (count - this.#pacedCount) / seconds;
    this.#pacedCount = count;
  }
}
