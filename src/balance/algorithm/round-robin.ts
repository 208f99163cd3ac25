// `balance roundrobin`: dynamic weighted round robin.
//
// Theory of operation. A cycle has as many positions as the group has weight. Each server is
// queued at the position of its next turn, one share of the cycle after its last one, so turns of
// heavy and light servers interleave smoothly. `current` holds the turns of this cycle; servers
// whose turn falls behind its end wait in `next`, heaviest first. `initial` holds servers without
// a turn yet in this cycle: they fill every hole between two turns of `current`. When `current`
// and `initial` are used up, `next` becomes `initial` and a cycle begins. A server that comes up
// enters at the place its weight gives it within what is left of the cycle.
import { OrderedServers } from "../ordered-servers.ts";
import type { Place } from "../ordered-servers.ts";
import type { ServerState } from "../server.ts";
import { EFFECTIVE_WEIGHT_MAX, WEIGHT_MAX, WEIGHT_SCALE } from "../weight.ts";
import { hasRoom } from "./algorithm.ts";
import type { Algorithm, BackendView, Choice } from "./algorithm.ts";

interface Turn extends Place<Turn> {
  /** The effective weight that `position` was computed with; 0 while the server is not in use. */
  weight: number;
  /** Where in the cycle its next turn is; 0 before the first. */
  position: number;
  /** Where its last turn was. */
  lastPosition: number;
  /** What dividing the cycle by the weight left over, collected until it makes a position. */
  remainder: number;
}

/** The servers of one kind, active or backup, that take turns with one another. */
class TurnGroup {
  initial = new OrderedServers<Turn>();
  next = new OrderedServers<Turn>();
  readonly current = new OrderedServers<Turn>();
  /** Positions of this cycle. */
  currentWeight = 0;
  /** Positions of the next cycle: the weight of all usable servers. */
  nextWeight = 0;
  /** Where the cycle stands. */
  position = 0;
}

/** `balance roundrobin`. */
export class RoundRobin implements Algorithm {
  readonly #view: BackendView;
  readonly #turns = new Map<ServerState, Turn>();
  readonly #active = new TurnGroup();
  readonly #backup = new TurnGroup();

  constructor(view: BackendView) {
    this.#view = view;
    for (const server of view.election.servers) {
      const turn = createTurn(server);
      this.#turns.set(server, turn);
      if (!server.isUsable()) continue;
      const group = this.#groupOf(server);
      turn.weight = server.effectiveWeight;
      group.nextWeight += turn.weight;
      queueByWeight(group.initial, turn);
    }
    for (const group of [this.#active, this.#backup]) {
      group.position = group.currentWeight = group.nextWeight;
    }
  }

  choose(choice: Choice): ServerState | undefined {
    const { election } = this.#view;
    if (election.soleBackup !== undefined) return election.soleBackup;
    if (election.usedCount === 0) return undefined;
    return this.#chooseFrom(election.usesBackups ? this.#backup : this.#active, choice.avoid);
  }

  onServerChanged(server: ServerState): void {
    const turn = this.#turns.get(server);
    if (turn === undefined) return;
    const group = this.#groupOf(server);
    const isUsable = server.isUsable();
    if (turn.weight > 0 && isUsable) reweigh(group, turn);
    else if (turn.weight > 0) leave(group, turn);
    else if (isUsable) enter(group, turn);
  }

  onLoadChanged(): void {
    // Turns do not depend on load.
  }

  #chooseFrom(group: TurnGroup, avoid: ServerState | undefined): ServerState | undefined {
    const passed: Turn[] = [];
    let avoided: Turn | undefined;
    let chosen: Turn | undefined;
    let hasSwitched = false;
    if (group.currentWeight === 0) group.position = group.currentWeight = group.nextWeight;
    for (;;) {
      const turn = nextTurn(group);
      if (turn === undefined) {
        if (hasSwitched) break;
        hasSwitched = true;
        switchCycle(group);
        continue;
      }
      advance(group, turn);
      if (hasRoom(this.#view, turn.server)) {
        if (turn.server !== avoid || avoided !== undefined) {
          chosen = turn;
          break;
        }
        avoided = turn;
      }
      passed.push(turn);
    }
    chosen ??= avoided;
    if (chosen !== undefined) queueByPosition(group, chosen);
    for (const turn of passed.reverse()) {
      if (turn === chosen) continue;
      // After a switch their places are lost and only their weights count.
      if (hasSwitched) queueByWeight(group.initial, turn);
      else queueByPosition(group, turn);
    }
    return chosen?.server;
  }

  #groupOf(server: ServerState): TurnGroup {
    return server.isBackup ? this.#backup : this.#active;
  }
}

function createTurn(server: ServerState): Turn {
  return {
    server,
    key: 0,
    sequence: 0,
    list: undefined,
    weight: 0,
    position: 0,
    lastPosition: 0,
    remainder: 0,
  };
}

/** The turn that is due, or one from `initial` to fill a hole. */
function nextTurn(group: TurnGroup): Turn | undefined {
  const due = group.current.first();
  if (due !== undefined && due.position <= group.position) return due;
  const fresh = group.initial.first();
  if (fresh === undefined) return due;
  fresh.position = fresh.remainder = 0;
  return fresh;
}

function switchCycle(group: TurnGroup): void {
  [group.initial, group.next] = [group.next, group.initial];
  group.position = group.currentWeight = group.nextWeight;
}

/** Takes the turn out of its list and computes the one after it. */
function advance(group: TurnGroup, turn: Turn): void {
  turn.lastPosition = turn.position === 0 ? group.position : turn.position;
  turn.position = turn.lastPosition + Math.floor(group.nextWeight / turn.weight);
  turn.remainder += group.nextWeight % turn.weight;
  if (turn.remainder >= turn.weight) {
    turn.remainder -= turn.weight;
    turn.position += 1;
  }
  turn.list?.remove(turn);
  group.position += 1;
}

function queueByWeight(list: OrderedServers<Turn>, turn: Turn): void {
  list.insert(turn, EFFECTIVE_WEIGHT_MAX - turn.weight);
}

function queueByPosition(group: TurnGroup, turn: Turn): void {
  const { position, weight } = turn;
  if (position >= 2 * group.currentWeight || position >= group.currentWeight + group.nextWeight) {
    turn.position -= group.currentWeight;
    queueByWeight(group.next, turn);
    return;
  }
  const urgency = Math.floor((EFFECTIVE_WEIGHT_MAX + turn.remainder - weight) / WEIGHT_SCALE);
  group.current.insert(turn, WEIGHT_MAX * position + urgency);
}

/** Makes `position` count from the start of this cycle, wherever the turn is queued. */
function takePosition(group: TurnGroup, turn: Turn): void {
  if (turn.list === group.initial) turn.position = turn.remainder = 0;
  else if (turn.list === group.next) turn.position += group.currentWeight;
  else if (turn.list === undefined) turn.position = group.position;
}

function enter(group: TurnGroup, turn: Turn): void {
  turn.weight = turn.server.effectiveWeight;
  group.nextWeight += turn.weight;
  takePosition(group, turn);
  const left = group.nextWeight + group.currentWeight - group.position;
  turn.position = group.position + Math.trunc(left / turn.weight);
  queueByPosition(group, turn);
}

function leave(group: TurnGroup, turn: Turn): void {
  group.nextWeight -= turn.weight;
  turn.weight = 0;
  turn.list?.remove(turn);
}

function reweigh(group: TurnGroup, turn: Turn): void {
  const weight = turn.server.effectiveWeight;
  if (weight === turn.weight) return;
  group.nextWeight += weight - turn.weight;
  turn.weight = weight;
  if (turn.list === group.initial) {
    turn.list.remove(turn);
    queueByWeight(group.initial, turn);
    return;
  }
  takePosition(group, turn);
  const step = Math.floor(group.nextWeight / weight);
  turn.position = Math.min(turn.lastPosition + step, turn.position);
  turn.remainder = 0;
  if (turn.position < group.position + 2) turn.position = group.position + step;
  turn.list?.remove(turn);
  queueByPosition(group, turn);
}
