// Mistakes 1 and 2: weights that cannot move the VIP.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration } from "../model/instance.ts";
import { notice, warning, type LintFacts } from "./lint.ts";
import { heardRivals } from "./rivals.ts";
import { trackedBy, type Tracked } from "./tracked.ts";

/** What the examples of most manuals give the backup. */
const USUAL_BACKUP_PRIORITY = 100;

/**
 * Mistake 1: a failed check must bring the node below the other one. The other one's priority is
 * what was heard; otherwise 100 is taken for a node that its file calls MASTER.
 */
export function* lintSmallWeights(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  for (const instance of configuration.instances) {
    const heard = heardRivals(instance, facts).map(({ priority }) => priority);
    for (const tracked of weighted(instance, configuration)) {
      const rival = heard.length > 0 ? Math.max(...heard) : USUAL_BACKUP_PRIORITY;
      const isKnown = heard.length > 0;
      if (!isKnown && instance.initialState !== "MASTER") continue;
      yield* findSmallWeight(instance, tracked, { priority: rival, isKnown });
    }
  }
}

function* findSmallWeight(
  instance: InstanceConfiguration,
  tracked: Tracked,
  rival: { readonly priority: number; readonly isKnown: boolean },
): Iterable<Diagnostic> {
  const difference = instance.priority - rival.priority;
  if (instance.priority === 255 || difference <= 0) return;
  const weight = Math.abs(tracked.weight);
  if (weight > difference) return;
  const other = rival.isKnown
    ? `the other node's priority, ${rival.priority}`
    : `${rival.priority}, the usual priority of a backup`;
  const tell = rival.isKnown ? warning : notice;
  yield tell(
    tracked.reference.position,
    `(${instance.name}) weight ${tracked.weight} of ${tracked.kind} ${tracked.name} moves priority ` +
      `${instance.priority} by ${weight}, not past ${other}: this node keeps the VIP although the ` +
      `check fails.`,
    adviseWeight(difference, tracked),
  );
}

/** What to write so that a weight passes a difference of priorities. */
export function adviseWeight(difference: number, tracked: Pick<Tracked, "weight">): string {
  const needed = Math.min(253, difference + 1);
  const weight = tracked.weight < 0 ? `weight -${needed}` : `weight ${needed}`;
  return (
    `Write '${weight}' or more on both nodes, bring the priorities closer together, or leave ` +
    `'weight' out: then a failure is FAULT and gives the VIP away at once.`
  );
}

/** Mistake 2: with nopreempt a lowered priority takes nothing from the master. */
export function* lintWeightWithNopreempt(configuration: AgentConfiguration): Iterable<Diagnostic> {
  for (const instance of configuration.instances) {
    if (!instance.isNopreempt) continue;
    for (const tracked of weighted(instance, configuration)) {
      yield warning(
        tracked.reference.position,
        `(${instance.name}) weight ${tracked.weight} of ${tracked.kind} ${tracked.name} has no ` +
          `effect together with nopreempt: the other node does not take the VIP from a master ` +
          `whose priority fell.`,
        `Leave out 'weight' (or write 'weight 0'), so that a failure is FAULT, or leave out 'nopreempt'.`,
      );
    }
  }
}

/** What changes priority by a fixed amount; a file's number is not known. */
export function weighted(
  instance: InstanceConfiguration,
  configuration: AgentConfiguration,
): readonly Tracked[] {
  return trackedBy(instance, configuration).filter(
    ({ kind, weight }) => kind !== "file" && weight !== 0,
  );
}
