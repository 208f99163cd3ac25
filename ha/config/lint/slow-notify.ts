// Mistake 15: work that the VIP does not wait for.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import { warning, type LintFacts } from "./lint.ts";
import { sourceOf } from "./script-source.ts";

/** Commands that take their time or bring a service up. */
const SLOW =
  /(?:^|[\s;|&(])(?:sleep\s+[\d.]+|(?:\S*\/)?(?:systemctl|rc-service)\s+(?:-\S+\s+)*(?:re)?start\b|(?:\S*\/)?service\s+\S+\s+(?:re)?start\b|(?:docker|podman)(?:\s+compose|-compose)?\s+(?:start|run|up)\b)[^\n;|&]*/m;

/** Mistake 15: `notify_master` that starts what clients then wait for. */
export function* lintSlowNotifyMaster(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  for (const owner of [...configuration.instances, ...configuration.syncGroups]) {
    const command = owner.notify.master;
    if (command === undefined) continue;
    const slow = SLOW.exec(sourceOf(command, facts))?.[0].trim();
    if (slow === undefined) continue;
    yield warning(
      command.position,
      `(${owner.name}) notify_master runs '${slow}' after the VIP is here, and nothing waits for it: ` +
        `clients are refused until it has ended.`,
      "Keep the service running on both nodes at all times, and leave only notices to notify_master.",
    );
  }
}
