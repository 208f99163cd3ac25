// What a step of a chaos run does, by chance alone: nothing that happens in the pair changes it.
import { BROKER_NAMES, NODE_NAMES } from "../../lab/configuration.ts";
import type { Random } from "./random.ts";

/** Faults of a node. */
export const NODE_FAULTS = [
  "kill-balancer",
  "hang-balancer",
  "kill-agent",
  "hang-agent",
  "kill-guard",
  "stop-and-start",
  "power-off",
  "freeze",
  "cut-cable",
  "lose-vrrp",
  "reload",
] as const;
/** Faults of a broker. */
export const BROKER_FAULTS = ["kill-broker", "freeze-broker", "cut-broker"] as const;

/** A fault, where it happens, and how long what lasts lasts, ms. */
export interface Fault {
  readonly kind: (typeof NODE_FAULTS)[number] | (typeof BROKER_FAULTS)[number];
  readonly where: string;
  readonly lastingMs: number;
}

/** Faults that begin one after the other, so many ms apart, whatever the first one did. */
export interface Step {
  readonly faults: readonly Fault[];
  readonly apartMs: number;
}

const BROKER_SHARE = 0.25;
const PAIR_SHARE = 0.25;
const LASTING_MS: readonly [number, number] = [50, 4_000];
const APART_MS_MAX = 1_500;

/** Draws the next step. The second fault of a step is of another place. */
export function drawStep(random: Random): Step {
  const first = drawFault(random);
  // All is drawn in any case, so that steps do not depend on each other.
  const second = drawFault(random);
  const isDouble = random.share() < PAIR_SHARE && second.where !== first.where;
  const apartMs = random.whole(0, APART_MS_MAX);
  return { faults: isDouble ? [first, second] : [first], apartMs };
}

function drawFault(random: Random): Fault {
  const isBroker = random.share() < BROKER_SHARE;
  const lastingMs = random.whole(...LASTING_MS);
  return isBroker
    ? { kind: random.oneOf(BROKER_FAULTS), where: random.oneOf(BROKER_NAMES), lastingMs }
    : { kind: random.oneOf(NODE_FAULTS), where: random.oneOf(NODE_NAMES), lastingMs };
}

/** A step for people. */
export function stepText({ faults, apartMs }: Step): string {
  return faults
    .map(({ kind, where, lastingMs }) => `${kind} ${where} (${lastingMs} ms)`)
    .join(`, ${apartMs} ms later `);
}
