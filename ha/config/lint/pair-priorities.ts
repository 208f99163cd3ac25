// Mistakes 1, 3 and 12 with both files at hand.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration } from "../model/instance.ts";
import { warning } from "./lint.ts";
import type { InstancePair } from "./pairing.ts";
import { equalPriorities } from "./rivals.ts";
import { adviseWeight, weighted } from "./weights.ts";

/** Equal priorities, weights that do not pass the difference, nopreempt on the wrong node. */
export function* lintPairPriorities(
  pair: InstancePair,
  first: AgentConfiguration,
  second: AgentConfiguration,
): Iterable<Diagnostic> {
  const { first: a, second: b } = pair;
  const isFirstHigher = a.priority >= b.priority;
  const [high, low] = isFirstHigher ? [a, b] : [b, a];
  if (high.priority === 255 && low.priority === 255) {
    yield warning(
      b.position,
      `(${b.name}) both nodes have priority 255, the address owner's: neither gives way, and both ` +
        `become master for a while.`,
      "Write priorities below 255 in both files, such as 150 and 100.",
    );
  } else if (high.priority === low.priority) {
    yield equalPriorities(b, "the first file");
  }
  yield* lintWeights(high, low, isFirstHigher ? first : second);
  yield* lintNopreempt(high, low);
}

function* lintWeights(
  high: InstanceConfiguration,
  low: InstanceConfiguration,
  configuration: AgentConfiguration,
): Iterable<Diagnostic> {
  const difference = high.priority - low.priority;
  if (high.priority === 255 || difference === 0) return;
  for (const tracked of weighted(high, configuration)) {
    const weight = Math.abs(tracked.weight);
    if (weight > difference) continue;
    yield warning(
      tracked.reference.position,
      `(${high.name}) weight ${tracked.weight} of ${tracked.kind} ${tracked.name} is not more than the ` +
        `difference between the priorities ${high.priority} and ${low.priority}: the node keeps the ` +
        `VIP although the check fails.`,
      adviseWeight(difference, tracked),
    );
  }
}

/** nopreempt keeps its own node from taking: it matters on the one with the higher priority. */
function* lintNopreempt(
  high: InstanceConfiguration,
  low: InstanceConfiguration,
): Iterable<Diagnostic> {
  if (!low.isNopreempt || high.isNopreempt || high.priority === low.priority) return;
  yield warning(
    low.position,
    `(${low.name}) nopreempt stands only on the node with the lower priority, ${low.priority}: the ` +
      `other one still takes the VIP back whenever it returns.`,
    `Write 'nopreempt' and 'state BACKUP' on both nodes.`,
  );
}
