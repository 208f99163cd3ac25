// From the state of all tracked objects to the faults and the priority of one instance.
import { contributionOf, fileContribution, type Verdict } from "./contribution.ts";
import type { Binding, BoundInstance } from "./bindings.ts";

/** What is known of the tracked objects. */
export interface TrackedWorld {
  isRunning(interfaceName: string): boolean;
  script(name: string): ScriptStanding;
  process(name: string): Verdict;
  /** 0 while missing. */
  file(name: string): number;
  /** Why the balancer forbids to serve. */
  readonly balancerFault: string | undefined;
  /** Why the balancer makes this node the last choice. */
  readonly unfitness: string | undefined;
}

/** What is known of a script. */
export interface ScriptStanding {
  readonly verdict: Verdict;
  /** Why it is down. */
  readonly failure: string;
  /** Whether its first result is still to come: then `down` is only assumed (`init_fail`). */
  readonly isAwaited: boolean;
}

/** The standing of one instance. */
export interface InstanceStanding {
  /** 1..254, or 255 for the owner. */
  readonly priority: number;
  readonly faults: readonly string[];
  /** There are faults, and all of them are results still to come. */
  readonly isAwaiting: boolean;
}

const OWNER_PRIORITY = 255;
const PRIORITY_MIN = 1;
const PRIORITY_MAX = 254;

/** Sums up; an address owner's priority is never changed, so its unfitness is a fault. */
export function standingOf(instance: BoundInstance, world: TrackedWorld): InstanceStanding {
  const isOwner = instance.basePriority === OWNER_PRIORITY;
  const faults: string[] = [];
  let isAwaiting = true;
  let sum = instance.basePriority;
  for (const binding of instance.bindings) {
    const { isFault, delta, text, isUnknown } = weigh(binding, world);
    sum += delta;
    if (!isFault) continue;
    faults.push(text);
    isAwaiting &&= isUnknown;
  }
  const balancerFault = world.balancerFault ?? (isOwner ? world.unfitness : undefined);
  if (balancerFault !== undefined) faults.push(balancerFault);
  isAwaiting &&= balancerFault === undefined && faults.length > 0;
  if (isOwner) return { priority: OWNER_PRIORITY, faults, isAwaiting };
  const priority =
    world.unfitness === undefined
      ? Math.min(Math.max(sum, PRIORITY_MIN), PRIORITY_MAX)
      : PRIORITY_MIN;
  return { priority, faults, isAwaiting };
}

interface Weighed {
  readonly isFault: boolean;
  readonly delta: number;
  /** The fault for people. */
  readonly text: string;
  readonly isUnknown: boolean;
}

function weigh(binding: Binding, world: TrackedWorld): Weighed {
  const { kind, name, weight, isReversed } = binding;
  switch (kind) {
    case "interface": {
      const verdict = world.isRunning(name) ? "up" : "down";
      const text = `interface ${name} is ${verdict}`;
      return { ...contributionOf(weight, isReversed, verdict), text, isUnknown: false };
    }
    case "script": {
      const { verdict, failure, isAwaited } = world.script(name);
      const text = {
        up: `script ${name} succeeds`,
        down: `script ${name} ${failure}`.trimEnd(),
        unknown: `script ${name} has no result yet`,
      }[verdict];
      return { ...contributionOf(weight, isReversed, verdict), text, isUnknown: isAwaited };
    }
    case "process": {
      const verdict = world.process(name);
      const text = {
        up: `process ${name} has its quorum`,
        down: `process ${name} lacks its quorum`,
        unknown: `process ${name} was not looked for yet`,
      }[verdict];
      const isUnknown = verdict === "unknown";
      return { ...contributionOf(weight, isReversed, verdict), text, isUnknown };
    }
    case "file": {
      const contribution = fileContribution(weight, isReversed, world.file(name));
      return { ...contribution, text: `file ${name} says so`, isUnknown: false };
    }
  }
}
