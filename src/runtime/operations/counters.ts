// `clear counters` (haproxy management §9.3).
import type { StatsSource } from "../../stats/rows.ts";
import type { HealthMonitor } from "../../health/monitor.ts";

/** Forgets the highest values that were seen; with `all` also what has been summed up. */
export function clearCounters(stats: StatsSource, monitor: HealthMonitor, all: boolean): void {
  const { world } = stats;
  for (const frontend of world.frontends.values()) {
    frontend.counters.clear(all);
    frontend.listenerCounts.clear(all);
  }
  for (const backend of world.backends.values()) {
    backend.counters.clear(all);
    backend.balancer.clearCounters(all);
    for (const server of backend.balancer.servers) {
      const rate = backend.serverRates.get(server);
      if (rate !== undefined) rate.highest = 0;
      backend.serverTimes.get(server)?.clear(all);
    }
  }
  for (const page of stats.pages.values()) {
    page.frontend.clear(all);
    page.listenerCounts.clear(all);
  }
  if (all) monitor.clearCounters();
}
