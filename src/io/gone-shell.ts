// Ends the sessions of addresses that have left this node, some in each turn of the event loop.
import type { Millis } from "../base/units.ts";
import { GONE_SESSIONS_STEP_MAX } from "../limits.ts";
import { addressKey } from "../live/address-key.ts";
import { type GoneEvent, GoneAddresses } from "../live/gone-addresses.ts";
import type { Session } from "../session/session.ts";
import { monotonicMs } from "./clock.ts";
import { localAddresses } from "./local-addresses.ts";
import type { SessionShell } from "./session-shell.ts";
import { TimerDriver } from "./timer-driver.ts";

/** What is needed of the process. */
export interface GoneHost {
  /** `gone-address-grace`, 0 for none. */
  graceMs(): Millis;
  readonly sessions: Pick<SessionShell, "sessions" | "kill" | "has">;
  /** The connections at this address (`addressKey`) are lost, and are not told of as closed. */
  lost(address: string): void;
  /** So many sessions of an address that has been away for so long have been ended. */
  ended(address: string, sessionCount: number, awayMs: Millis): void;
}

/** See the head of this file. */
export class GoneShell {
  readonly #host: GoneHost;
  readonly #addresses: GoneAddresses;
  readonly #timer: TimerDriver<GoneAddresses>;
  #isClosed = false;
  #endedCount = 0;

  constructor(host: GoneHost) {
    this.#host = host;
    this.#addresses = new GoneAddresses(() => host.graceMs());
    this.#timer = new TimerDriver(() => this.#tell({ kind: "timeout" }));
  }

  /** Sessions that were ended so far. */
  get endedCount(): number {
    return this.#endedCount;
  }

  /** This node holds these virtual addresses, all of them. */
  onVips(held: readonly string[]): void {
    this.#tell({ kind: "vips", held });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.close();
  }

  #tell(event: GoneEvent): void {
    this.#addresses.handle(event, monotonicMs());
    for (let gone = this.#addresses.poll(); gone; gone = this.#addresses.poll()) {
      this.#end(gone.address, gone.awayMs);
    }
    this.#timer.update(this.#addresses);
  }

  #end(address: string, awayMs: Millis): void {
    const key = addressKey(address);
    // An address owner's is the machine's own, and one that could not be removed still works.
    if (key === undefined || [...localAddresses()].some((one) => addressKey(one) === key)) return;
    const { sessions } = this.#host;
    const lost = [...sessions.sessions].filter(({ context: { localEnd } }) => {
      return localEnd.kind === "ip" && addressKey(localEnd.host) === key;
    });
    if (lost.length === 0) return;
    this.#host.lost(key);
    const formerCount = this.#endedCount;
    this.#endNext(lost, () => {
      this.#host.ended(address, this.#endedCount - formerCount, awayMs);
    });
  }

  #endNext(lost: readonly Session[], done: () => void): void {
    if (this.#isClosed) return;
    const { sessions } = this.#host;
    const some = lost.slice(0, GONE_SESSIONS_STEP_MAX).filter((session) => sessions.has(session));
    this.#endedCount += sessions.kill(some, "address-gone", monotonicMs());
    const rest = lost.slice(GONE_SESSIONS_STEP_MAX);
    if (rest.length > 0) setImmediate(() => this.#endNext(rest, done));
    else done();
  }
}
