// Tells of limits that begin and cease to keep clients out.
import type { Millis } from "../base/units.ts";
import { LimitWatch } from "../session/limit-watch.ts";
import type { World } from "../session/world.ts";
import type { BalancerJournal } from "./balancer-journal.ts";
import { monotonicMs } from "./clock.ts";

/** How often the counters are looked at: as late as an event may be. */
const LOOK_INTERVAL_MS: Millis = 1_000;

/** Watches the frontends of a process until that ends. */
export function watchLimits({ frontends }: World, journal: Pick<BalancerJournal, "tell">): void {
  const watch = new LimitWatch();
  const look = (): void => {
    for (const { frontend, level, text, mark } of watch.look(frontends.values(), monotonicMs())) {
      journal.tell(level, text, mark, { frontend });
    }
  };
  setInterval(look, LOOK_INTERVAL_MS).unref();
}
