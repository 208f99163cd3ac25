// What happens to a pair, by chance. Every fault ends before the calm begins.
import type { PathName, Side } from "./network.ts";
import type { SimNode } from "./sim-node.ts";
import { GUARD_SETTINGS } from "./settings.ts";
import type { World } from "./world.ts";

/** One kind of fault: does it, and gives what ends it. */
type Fault = (world: World, node: SimNode, lastsMs: number) => (() => void) | undefined;

const FAULTS: Readonly<Record<string, Fault>> = {
  "agent killed": (_world, node) => {
    node.killAgent();
    return undefined;
  },
  "agent hangs": (_world, node) => {
    const { agent } = node;
    agent?.freeze();
    return () => node.after(0, () => agent?.thaw());
  },
  "guard killed": (_world, node) => {
    node.killGuard();
    return undefined;
  },
  "guard frozen": (_world, node) => {
    const { guard } = node;
    guard?.freeze();
    return () => node.after(0, () => guard?.thaw());
  },
  "balancer killed": (_world, { balancer }) => {
    balancer?.kill();
    return undefined;
  },
  "balancer hangs": (_world, { balancer }) => {
    if (balancer !== undefined) balancer.isFrozen = true;
    return () => {
      if (balancer !== undefined) balancer.isFrozen = false;
    };
  },
  unfit: (_world, node) => {
    node.isFit = false;
    return () => (node.isFit = true);
  },
  "all frozen": (world, node, lastsMs) => freezeAll(world, node, lastsMs),
  paused: (world, node, lastsMs) => pause(world, node, lastsMs, false),
  "paused with its clock": (world, node, lastsMs) => pause(world, node, lastsMs, true),
  "power cut": (_world, node) => {
    node.powerOff();
    return () => {
      if (!node.isOn) node.powerOn();
    };
  },
  "clock leaps": (_world, node, lastsMs) => {
    if (node.isAwake) node.leap(lastsMs);
    return undefined;
  },
  "VIP stolen": (world, node) => {
    if (node.isAwake) node.steal(world.chance.pick(world.vips));
    return undefined;
  },
  partition: (world) => cut(world, [0, 1], world.network.paths),
  "one-way partition": (world, { side }) => {
    world.hearsEveryAdvert = false;
    return cut(world, [side], world.network.paths);
  },
  "path cut": (world) => cut(world, [0, 1], [world.chance.pick(world.network.paths)]),
  "link down": (world, node) => {
    node.setLink(false);
    // Nobody hears its last word on that path.
    world.hearsEveryAdvert = false;
    return () => node.setLink(true);
  },
  reload: (_world, node) => {
    node.guard?.deliver({ kind: "reload", settings: GUARD_SETTINGS });
    return undefined;
  },
  "handed over": (_world, { agent }, lastsMs) => {
    const holdMs = Math.min(lastsMs, 300);
    agent?.deliver({ kind: "resign", instance: undefined, reason: "asked", holdMs });
    return undefined;
  },
  "node stopped": (_world, node) => {
    node.stop();
    return () => {
      if (node.isAwake) node.startGuard();
    };
  },
};

const CUTS: ReadonlySet<string> = new Set(["partition", "one-way partition", "path cut"]);

/** Plans the faults of one run between two instants. */
export function planFaults(world: World, fromMs: number, toMs: number): void {
  const { chance, clock } = world;
  // Pauses are what is hardest to get right.
  const kinds = [...Object.keys(FAULTS), "all frozen", "paused", "paused with its clock"];
  const count = 1 + chance.below(4);
  for (let i = 0; i < count; i++) {
    const kind = chance.pick(kinds);
    const node = world.nodes[chance.below(2) as Side];
    const lastsMs = chance.pick([30, 150, 400, 700, 1_000, 1_500]) + chance.below(100);
    const atMs = fromMs + chance.below(toMs - fromMs);
    clock.at(atMs, () => {
      world.note(node.side, `* ${kind} for ${lastsMs} ms`);
      // A cut that begins or ends takes nobody away: what it hides must be found after it.
      const isCut = CUTS.has(kind);
      if (!isCut) world.noteFault();
      const end = FAULTS[kind]!(world, node, lastsMs);
      world.referee.disturb();
      if (end === undefined) return;
      clock.at(Math.min(atMs + lastsMs, toMs), () => {
        world.note(node.side, `* ${kind} ends`);
        end();
        if (!isCut) world.noteFault();
        world.referee.disturb();
      });
    });
  }
}

function freezeAll(world: World, node: SimNode, _lastsMs: number): () => void {
  const { guard, agent, balancer } = node;
  guard?.freeze();
  agent?.freeze();
  if (balancer !== undefined) balancer.isFrozen = true;
  return () => {
    if (balancer !== undefined) balancer.isFrozen = false;
    const isGuardFirst = world.chance.oneIn(2);
    // Not while the whole node is paused.
    node.after(0, () => {
      // Another fault's end may have thawed it before, or it was killed.
      const frozenMs = agent?.isFrozen === true ? world.clock.nowMs - agent.frozenAtMs : 0;
      if (isGuardFirst) guard?.thaw();
      agent?.thaw();
      guard?.thaw();
      world.referee.resumed(node, frozenMs);
    });
  };
}

function pause(world: World, node: SimNode, _lastsMs: number, standsStill: boolean): () => void {
  if (!node.isAwake) return () => undefined;
  const fromMs = world.clock.nowMs;
  node.pause();
  return () => {
    const pausedMs = world.clock.nowMs - fromMs;
    // A power cut ended this pause, and another may have begun.
    if (!node.isPaused || node.pausedAtMs !== fromMs) return;
    node.resume(pausedMs, standsStill);
    node.after(0, () => world.referee.resumed(node, pausedMs));
  };
}

function cut(world: World, senders: readonly Side[], paths: readonly PathName[]): () => void {
  const set = (isCut: boolean): void => {
    for (const path of paths) for (const side of senders) world.network.setCut(path, side, isCut);
  };
  set(true);
  return () => set(false);
}
