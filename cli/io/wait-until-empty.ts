// Waits for servers to lose their sessions.
import { setTimeout as sleep } from "node:timers/promises";
import type { BalancerStatus } from "../../src/stats/balancer-status.ts";
import { namedServers } from "../operator/resolve-servers.ts";
import { plural } from "../status/words.ts";
import { ProgressBar } from "./progress-bar.ts";

const LOOK_PERIOD_MS = 500;

/** Sessions that are left on the servers when none is, or when the time is over. */
export async function waitUntilEmpty(
  names: readonly string[],
  look: () => Promise<BalancerStatus>,
  timeoutSeconds: number | undefined,
): Promise<number> {
  const deadlineMs = performance.now() + (timeoutSeconds ?? Infinity) * 1_000;
  const bar = new ProgressBar("waiting");
  let mostCount = 0;
  for (;;) {
    const wanted = new Set(names);
    const servers = namedServers(await look()).filter(({ name }) => wanted.has(name));
    const leftCount = servers.reduce((sum, { report }) => sum + report.sessionCount, 0);
    mostCount = Math.max(mostCount, leftCount);
    if (leftCount === 0) {
      bar.end("no session is left");
      return 0;
    }
    if (performance.now() >= deadlineMs) {
      bar.end(`${plural(leftCount, "session")} left after ${timeoutSeconds ?? 0} s`);
      return leftCount;
    }
    bar.show(mostCount - leftCount, mostCount, `${leftCount} left`);
    await sleep(LOOK_PERIOD_MS);
  }
}
