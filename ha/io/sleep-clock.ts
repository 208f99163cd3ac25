// Notices that the machine slept (suspend, a snapshot of a virtual machine): the monotonic clock may
// stand still meanwhile, CLOCK_BOOTTIME does not (clock_gettime(2)).
import { readFileSync } from "node:fs";
import type { Millis } from "../../src/base/units.ts";
import { SLEPT_MS_MIN } from "../limits.ts";
import { monotonicMs } from "./clock.ts";
import { loadNative } from "./native.ts";

/** Compares the two clocks whenever it is asked. */
export class SleepClock {
  #offsetMs = bootTimeMs() - monotonicMs();

  /** The sleep since the last question, ms; 0 when there was none worth mentioning. */
  sleptMs(): Millis {
    const offsetMs = bootTimeMs() - monotonicMs();
    const sleptMs = offsetMs - this.#offsetMs;
    if (sleptMs < SLEPT_MS_MIN) return 0;
    this.#offsetMs = offsetMs;
    return sleptMs;
  }
}

function bootTimeMs(): Millis {
  const native = loadNative();
  if (native !== undefined) return native.bootTimeMs();
  // Hundredths of a second: good enough, as nothing below the bound is told.
  return Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 1_000;
}
