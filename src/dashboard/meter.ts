// Figures of one row from counters that only grow: what was added in the last second, and the past.
import { DASHBOARD_ROW_STEPS, DASHBOARD_ROW_STEP_SECONDS } from "./limits.ts";
import type { Figures, RowPast } from "./document.ts";
import { Ring } from "./ring.ts";

/** The counters of a row at one instant. */
export interface CounterReading {
  readonly sessions: number;
  readonly queued: number;
  /** Since the start. */
  readonly connectsTotal: number;
  readonly bytesInTotal: number;
  readonly bytesOutTotal: number;
  readonly checkMs: number;
}

/** See the head of this file. */
export class RowMeter {
  readonly #sessions = newRing();
  readonly #connects = newRing();
  readonly #bytes = newRing();
  readonly #bytesIn = new ByteRate();
  readonly #bytesOut = new ByteRate();
  #last: CounterReading | undefined;
  #figures: Figures = [0, 0, 0, 0, 0, -1];

  get figures(): Figures {
    return this.#figures;
  }

  get past(): RowPast {
    return [this.#sessions.toArray(), this.#connects.toArray(), this.#bytes.toArray()];
  }

  /** Takes a reading, `seconds` after the last one; `second` is the time of the charts. */
  read(reading: CounterReading, second: number, seconds: number): void {
    const last = this.#last ?? reading;
    const connects = perSecond(reading.connectsTotal - last.connectsTotal, seconds);
    const bytesIn = this.#bytesIn.read(reading.bytesInTotal, seconds);
    const bytesOut = this.#bytesOut.read(reading.bytesOutTotal, seconds);
    this.#last = reading;
    const { sessions, queued, checkMs } = reading;
    this.#figures = [sessions, queued, connects, bytesIn, bytesOut, checkMs];
    this.#sessions.note(second, sessions);
    this.#connects.note(second, connects);
    this.#bytes.note(second, bytesIn + bytesOut);
  }
}

/**
 * Bytes a second over the last readings: relays tell of what they have moved every other second, and
 * between that the counters stand still.
 */
export class ByteRate {
  readonly #readings: { readonly total: number; readonly seconds: number }[] = [];

  /** Takes the counter, `seconds` after the last time. */
  read(total: number, seconds: number): number {
    const first = this.#readings[0] ?? { total, seconds: 0 };
    this.#readings.push({ total, seconds });
    let span = 0;
    for (const reading of this.#readings.slice(1)) span += reading.seconds;
    if (this.#readings.length > BYTE_READINGS) this.#readings.shift();
    return perSecond(total - first.total, span);
  }
}

/** An even number of seconds holds as many reports of relays at any time. */
const BYTE_READINGS = 4;

/** A rate in whole numbers; counters that an operator has cleared are no negative traffic. */
export function perSecond(count: number, seconds: number): number {
  return seconds <= 0 ? 0 : Math.max(0, Math.round(count / seconds));
}

function newRing(): Ring {
  return new Ring(DASHBOARD_ROW_STEPS, DASHBOARD_ROW_STEP_SECONDS);
}
