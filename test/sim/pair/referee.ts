// Watches a pair and says what must not be (design §6). A condition that may hold for a while has a
// bound; every disturbance from outside starts the time anew.
import type { Side } from "./network.ts";
import type { SimNode } from "./sim-node.ts";
import type { World } from "./world.ts";

/** Silence that a guard bears, its look at the kernel, the beat before, and the removal. */
const GUARD_ACTS_MS = 300 + 50 + 100 + 60;
/** From an agent's death to the end of its addresses: the news, the will, and a slow command. */
const ORPHANED_MS = 50;
/** What a command may take, and the process before it. */
const COMMAND_MS = 40;

interface Watch {
  sinceMs: number | undefined;
}

/** See the head of this file. */
export class Referee {
  /** What was found wrong first. */
  wrong: string | undefined;
  readonly #world: World;
  readonly #watches = new Map<string, Watch>();
  readonly #announcers = new Map<string, Side>();
  readonly #healthySinceMs: [number | undefined, number | undefined] = [undefined, undefined];
  #disturbedAtMs = 0;
  #movedAtMs = 0;
  #isOpen = true;

  constructor(world: World) {
    this.#world = world;
  }

  /** A fault begins or ends. */
  disturb(): void {
    this.#disturbedAtMs = this.#world.clock.nowMs;
    for (const watch of this.#watches.values()) watch.sinceMs = undefined;
    this.look();
  }

  /** Something changed: are the conditions as before? */
  look(): void {
    if (!this.#isOpen) return;
    const { nodes, vips, clock } = this.#world;
    for (const node of nodes) {
      if (!node.isHealthy) this.#healthySinceMs[node.side] = undefined;
      else this.#healthySinceMs[node.side] ??= clock.nowMs;
    }
    for (const vip of vips) this.#lookAt(vip);
  }

  /** A VIP came or went. */
  moved(): void {
    this.#movedAtMs = this.#world.clock.nowMs;
    this.look();
  }

  /** A gratuitous ARP was seen by the devices. */
  announced(vip: string, side: Side): void {
    if (!this.#world.nodes[side].isReached(vip)) return;
    this.#world.note(side, `announced ${vip}`);
    this.#announcers.set(vip, side);
    this.look();
  }

  /** A node's agent runs again after `frozenMs`: what it held and another holds by now goes at once. */
  resumed(node: SimNode, frozenMs: number): void {
    const { settings, clock, vips } = this.#world;
    if (frozenMs < settings.downMs + 2 * settings.intervalMs) return;
    const other = this.#world.other(node.side);
    const contested = vips.filter((vip) => node.isReached(vip) && other.isReached(vip));
    if (contested.length === 0 || !node.isAwake || node.agent?.isRunning !== true) return;
    const disturbedAtMs = this.#disturbedAtMs;
    clock.after(COMMAND_MS, () => {
      if (this.#disturbedAtMs !== disturbedAtMs || !node.isAwake || !other.isAwake) return;
      const vip = contested.find((each) => node.isReached(each) && other.isReached(each));
      if (vip === undefined) return;
      this.#fail(`${vip} is on both nodes ${COMMAND_MS} ms after ${name(node)} ran again`);
    });
  }

  /** At the end of a calm time: one owner, and the right one. */
  checkCalm(): void {
    const { nodes, vips, settings, clock } = this.#world;
    const settledMs = 2 * settings.downMs + GUARD_ACTS_MS + 600;
    const isSettled = this.#healthySinceMs.every(
      (sinceMs) => sinceMs !== undefined && clock.nowMs - sinceMs >= settledMs,
    );
    // Where adverts are lost, a backup may take over for a moment at any time.
    if (!isSettled || settings.quality.lossOneIn > 0) return;
    for (const vip of vips) {
      const owners = nodes.filter(({ kernel }) => kernel.has(vip));
      if (owners.length !== 1) this.#fail(`${owners.length} nodes have ${vip} in calm`);
      if (clock.nowMs - this.#movedAtMs < 200) this.#fail(`${vip} still moves in calm`);
      const [first, second] = nodes.map((node) => node.configuration.instances[0]!.priority);
      if (settings.isNopreempt || first === second) continue;
      const best = first! > second! ? nodes[0] : nodes[1];
      if (owners[0] !== best) this.#fail(`${vip} is not on ${name(best)}, which is stronger`);
    }
  }

  /** After both nodes were stopped. */
  checkStopped(): void {
    for (const node of this.#world.nodes) {
      const left = this.#world.vips.filter((vip) => node.kernel.has(vip));
      if (left.length > 0) this.#fail(`${name(node)} was stopped and has ${left.join()}`);
      if (node.guard !== undefined) this.#fail(`${name(node)} was stopped and still runs`);
    }
  }

  /** What comes now is not judged. */
  close(): void {
    this.#isOpen = false;
    for (const watch of this.#watches.values()) watch.sinceMs = undefined;
  }

  #lookAt(vip: string): void {
    const { nodes, network, settings } = this.#world;
    const { intervalMs, downMs, quality } = settings;
    const owners = nodes.filter((node) => node.isReached(vip));
    const areGuarded = owners.every((node) => node.guard?.isRunning === true);
    const areRunning = owners.every((node) => areGuarded && node.agent?.isRunning === true);
    const isShared = owners.length === 2 && network.connects;
    // A rival is heard within so long: losses in a row, and the way.
    const heardMs = (quality.lostInRowMax + 2) * intervalMs + quality.delayMaxMs + COMMAND_MS;
    const isBound = (text: string): string => `${vip} is on both nodes, ${text}`;
    this.#watch(`running ${vip}`, isShared && areRunning, heardMs, isBound("which all run"));
    this.#watch(
      `guarded ${vip}`,
      isShared && areGuarded,
      GUARD_ACTS_MS + heardMs,
      isBound("whose guards run"),
    );
    const isMissed =
      !owners.some((node) => node.isServing) &&
      nodes.some((node) => node.isHealthy) &&
      nodes.every((node) => !node.isAwake || node.agent === undefined || isGuarded(node));
    const takenMs = GUARD_ACTS_MS + downMs + heardMs;
    for (const node of nodes) {
      const isOrphaned = owners.includes(node) && isGuarded(node) && node.agent?.isAlive !== true;
      const text = `${name(node)} has ${vip}, and no agent`;
      this.#watch(`orphaned ${vip} ${node.side}`, isOrphaned, ORPHANED_MS, text);
    }
    this.#watch(`missed ${vip}`, isMissed, takenMs, `nobody serves ${vip}, though a node could`);
    const owner = owners.length === 1 ? owners[0]! : undefined;
    const isBlack =
      this.#world.hearsEveryAdvert &&
      owner?.agent?.isRunning === true &&
      this.#announcers.get(vip) !== owner.side;
    this.#watch(`black ${vip}`, isBlack, heardMs + 2 * intervalMs, `devices miss ${vip}`);
  }

  #watch(key: string, isTrue: boolean, boundMs: number, text: string): void {
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      watch = { sinceMs: undefined };
      this.#watches.set(key, watch);
    }
    if (!isTrue) watch.sinceMs = undefined;
    else if (watch.sinceMs === undefined) {
      const sinceMs = this.#world.clock.nowMs;
      const begun = watch;
      watch.sinceMs = sinceMs;
      this.#world.clock.after(boundMs, () => {
        if (begun.sinceMs === sinceMs) this.#fail(`${text}, for ${Math.round(boundMs)} ms`);
      });
    }
  }

  #fail(text: string): void {
    this.wrong ??= `at ${this.#world.clock.nowMs.toFixed(1)} ms: ${text}`;
  }
}

function isGuarded(node: SimNode): boolean {
  return node.guard?.isRunning === true;
}

function name(node: SimNode): string {
  return `node ${node.side + 1}`;
}
