// What priority 0 is worth. VRRP has neither sequence numbers nor, in practice, signatures: an
// advert sent before priority 0 may arrive after it on another path, and anybody may send priority
// 0 in the master's name.
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import { FALSE_RESIGNATION_INTERVALS } from "../limits.ts";
import { PRIORITY_OWNER } from "./advert.ts";
import { compareIp } from "./rivalry.ts";

/** What one virtual router remembers of resignations. */
export class ResignationWatch {
  #address: IpBytes | undefined;
  #staleUntilMs = -Infinity;
  /** From then on a resignation opens another window of stale adverts: the master gets a hearing between. */
  #againAtMs = -Infinity;
  #heardAtMs = -Infinity;
  #distrustedUntilMs = -Infinity;

  /** Priority 0 came from `source`. Whether it is believed at once. */
  note(source: IpBytes, intervalMs: Millis, nowMs: Millis): boolean {
    this.hear(source, nowMs);
    // Who is not believed has not resigned, so its adverts are not older than that.
    if (nowMs < this.#distrustedUntilMs) return false;
    if (nowMs >= this.#againAtMs) {
      this.#staleUntilMs = nowMs + intervalMs / 2;
      this.#againAtMs = this.#staleUntilMs + 1.5 * intervalMs;
    }
    return true;
  }

  /** Priority 0 came from `source`, and nothing follows from it yet. */
  hear(source: IpBytes, nowMs: Millis): void {
    this.#address = source;
    this.#heardAtMs = nowMs;
  }

  /** Whether an advert is older than the resignation of its sender, who takes longer to come back. */
  isStale(source: IpBytes, priority: number, nowMs: Millis): boolean {
    if (nowMs >= this.#staleUntilMs || priority === PRIORITY_OWNER) return false;
    return this.#address !== undefined && compareIp(source, this.#address) === 0;
  }

  /** A master spoke. If it had just resigned, somebody else said so: distrust such news for a while. */
  noteMaster(source: IpBytes, intervalMs: Millis, nowMs: Millis): void {
    if (this.#address === undefined || compareIp(source, this.#address) !== 0) return;
    if (nowMs - this.#heardAtMs > 3 * intervalMs) return;
    this.#staleUntilMs = -Infinity;
    this.distrust(nowMs + FALSE_RESIGNATION_INTERVALS * intervalMs);
  }

  /** Until then, priority 0 does not move a backup at once. */
  distrust(untilMs: Millis): void {
    this.#distrustedUntilMs = Math.max(this.#distrustedUntilMs, untilMs);
  }
}
