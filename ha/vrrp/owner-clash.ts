// Two routers that both claim to be the address owner: a mistake in one of the two files.
import type { Millis } from "../../src/base/units.ts";
import { ROGUE_ADVERTS_MAX } from "../limits.ts";
import { PRIORITY_OWNER } from "./advert.ts";

/**
 * Which of two owners yields. The one with the lower address does at once; the other bears two
 * adverts more and then yields, too, since it seems to stand against a router that never does
 * (Keepalived; RFC 9568 erratum 8298).
 */
export class OwnerClash {
  #advertCount = 0;
  #lastMs = -Infinity;
  #hasYielded = false;

  /** Another owner was heard. Whether this router must yield now. */
  mustYield(isWeaker: boolean, forgottenAfterMs: Millis, nowMs: Millis): boolean {
    if (nowMs - this.#lastMs > forgottenAfterMs) this.#advertCount = 0;
    this.#lastMs = nowMs;
    this.#advertCount += 1;
    if (!isWeaker && this.#advertCount <= ROGUE_ADVERTS_MAX) return false;
    this.#hasYielded = true;
    return true;
  }

  /** What is left of a priority: a router that yielded stays below 255 until a reload changes it. */
  limit(priority: number): number {
    return this.#hasYielded ? Math.min(priority, PRIORITY_OWNER - 1) : priority;
  }

  /** A reload gave another priority. */
  end(): void {
    this.#hasYielded = false;
    this.#advertCount = 0;
  }
}
