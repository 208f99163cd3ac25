// Ends sessions in groups, at a rate.
import { setTimeout as sleep } from "node:timers/promises";
import { askProcess } from "./balancer-asker.ts";
import { ProgressBar } from "./progress-bar.ts";

const GROUPS_PER_SECOND = 10;
const GROUP_MAX = 1_000;

/** Ends sessions by their ids, `rate` a second (`undefined`: at once); how many still lived. */
export async function endSessions(
  balancer: string,
  ids: readonly string[],
  rate: number | undefined,
): Promise<number> {
  const size =
    rate === undefined
      ? GROUP_MAX
      : Math.max(1, Math.min(GROUP_MAX, Math.floor(rate / GROUPS_PER_SECOND)));
  const periodMs = rate === undefined ? 0 : (1_000 * size) / rate;
  const bar = new ProgressBar("ending");
  let endedCount = 0;
  for (let at = 0; at < ids.length; at += size) {
    const group = ids.slice(at, at + size);
    const begunMs = performance.now();
    const { endedCount: count } = await askProcess<{ readonly endedCount: number }>(
      "balancer",
      balancer,
      "end-sessions",
      { ids: group },
    );
    endedCount += count;
    bar.show(at + group.length, ids.length);
    // From the start of a group to that of the next: late ones are not made up for.
    const restMs = periodMs - (performance.now() - begunMs);
    if (restMs > 0 && at + size < ids.length) await sleep(restMs);
  }
  bar.end(`ended ${endedCount} of ${ids.length}`);
  return endedCount;
}
