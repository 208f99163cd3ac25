// One seeded life of a pair: start, faults, calm, stop.
import { planFaults } from "./faults.ts";
import { World, type WorldOptions } from "./world.ts";

const FAULTS_FROM_MS = 600;
const FAULTS_MS = 2_600;
const STOPPED_WITHIN_MS = 2_600;

/** How a run ended. */
export interface PairOutcome {
  /** `undefined`: nothing was wrong. */
  readonly wrong: string | undefined;
  readonly trace: readonly string[];
}

/** Runs one seed. */
export function runPair(options: WorldOptions): PairOutcome {
  const world = new World(options);
  const { clock, referee, settings, nodes } = world;
  const isOver = (): boolean => referee.wrong !== undefined;
  for (const node of nodes) clock.at(world.chance.below(400), () => node.powerOn());
  const startedMs = FAULTS_FROM_MS + settings.downMs;
  const calmMs = startedMs + FAULTS_MS;
  planFaults(world, startedMs, calmMs);
  clock.run(calmMs + 2 * settings.downMs + 1_300, isOver);
  if (!isOver()) referee.checkCalm();
  referee.close();
  for (const node of nodes) node.retire();
  clock.run(clock.nowMs + STOPPED_WITHIN_MS, () => isOver() || isStopped(world));
  if (!isOver()) referee.checkStopped();
  return { wrong: referee.wrong, trace: world.trace };
}

function isStopped({ nodes, vips }: World): boolean {
  return nodes.every(
    ({ guard, kernel }) => guard === undefined && !vips.some((vip) => kernel.has(vip)),
  );
}
