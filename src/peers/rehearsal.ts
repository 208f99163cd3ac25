// A lesson between two nodes that exist in memory only. What a program does for the first time, it
// does slowly: code is compiled as it is needed. A process that waits to be needed has the time to
// learn a table of nobody's before it learns the real one (docs/performance.md, "Peers").
import type { StickTableSpec } from "../config/model/stick.ts";
import { StickTable } from "../stick/table.ts";
import { PeerGroup } from "./group.ts";
import type { ConnectionId, GroupEffect, GroupEvent } from "./group-events.ts";

interface Actor {
  readonly name: string;
  readonly group: PeerGroup;
  readonly table: StickTable;
}

/** Entries that the teacher gets in one step. */
const ENTRIES_A_STEP = 200;

/** See the head of this file. */
export class LessonRehearsal {
  readonly #entryCount: number;
  readonly #learner: Actor;
  readonly #teacher: Actor;
  /** What is to happen next, in order. */
  readonly #pending: (readonly [Actor, GroupEvent])[] = [];
  /** The number that each gives to the one connection. */
  readonly #connections = new Map<Actor, ConnectionId>();
  #filledCount = 0;
  #nowMs = 0;

  /** `entryCount`: entries that are taught. */
  constructor(entryCount: number) {
    this.#entryCount = entryCount;
    this.#teacher = newActor("teacher", "learner", entryCount);
    this.#learner = newActor("learner", "teacher", entryCount);
  }

  /** Entries that have been learned. */
  get learnedCount(): number {
    return this.#learner.table.usedCount;
  }

  /** Does one small piece, of a few milliseconds; `false` when there is nothing left to do. */
  step(): boolean {
    if (this.#filledCount < this.#entryCount) {
      this.#fill();
      return true;
    }
    if (this.learnedCount >= this.#entryCount) return false;
    const next = this.#pending.shift();
    if (next !== undefined) {
      this.#tell(...next);
      return true;
    }
    // Nothing is on its way: the next thing is a call, or a deadline.
    const actors = [this.#teacher, this.#learner];
    const times = actors.map(({ group }) => group.nextTimeout() ?? Infinity);
    const nextMs = Math.min(...times);
    if (nextMs === Infinity) return false;
    this.#nowMs = Math.max(this.#nowMs, nextMs);
    this.#tell(actors[times.indexOf(nextMs)]!, { kind: "timeout" });
    return true;
  }

  #fill(): void {
    const { table } = this.#teacher;
    const endCount = Math.min(this.#filledCount + ENTRIES_A_STEP, this.#entryCount);
    for (; this.#filledCount < endCount; this.#filledCount += 1) {
      const i = this.#filledCount;
      const entry = table.getOrCreate(`rehearsal-device-${i}`, 0);
      if (entry === undefined) continue;
      table.write(entry, "server_id", 0, 1 + (i % 3), 0);
      table.setServerKey(entry, `server${i % 3}`);
      table.touch(entry, 0, "local");
    }
  }

  #tell(actor: Actor, event: GroupEvent): void {
    actor.group.handle(event, this.#nowMs);
    for (let effect = actor.group.poll(); effect !== undefined; effect = actor.group.poll()) {
      this.#carryOut(actor, effect);
    }
  }

  #carryOut(actor: Actor, effect: GroupEffect): void {
    const other = actor === this.#teacher ? this.#learner : this.#teacher;
    switch (effect.kind) {
      case "dial":
        this.#dial(actor, other, effect.connection);
        break;
      case "write": {
        const connection = this.#connections.get(other)!;
        this.#pending.push([other, { kind: "bytes", connection, bytes: effect.bytes }]);
        this.#pending.push([actor, { kind: "drained", connection: effect.connection }]);
        break;
      }
      case "turn":
        this.#pending.push([actor, effect]);
        break;
      case "close":
      case "report":
      case "resync-done":
      case "handed-over":
        break;
    }
  }

  /** Only the learner's first call is answered, so that there is one connection. */
  #dial(actor: Actor, other: Actor, connection: ConnectionId): void {
    if (actor === this.#teacher || this.#connections.size > 0) {
      this.#pending.push([actor, { kind: "closed", connection, reason: "nobody answers" }]);
      return;
    }
    const accepted = other.group.newConnection();
    this.#connections.set(actor, connection).set(other, accepted);
    this.#pending.push([other, { kind: "accepted", connection: accepted }]);
    this.#pending.push([actor, { kind: "connected", connection }]);
  }
}

function newActor(name: string, other: string, entryCount: number): Actor {
  const table = new StickTable(tableSpec(entryCount));
  const group = new PeerGroup(
    {
      section: "rehearsal",
      localName: name,
      remoteNames: [other],
      tables: [{ table }],
      pid: 1,
      instance: name === "teacher" ? 1 : 2,
      random: () => 0,
      wallOffsetMs: 0,
      expectsOldProcess: false,
    },
    0,
  );
  return { name, group, table };
}

function tableSpec(entryCount: number): StickTableSpec {
  return {
    name: "rehearsal",
    keyType: "string",
    keyLengthMax: 64,
    hasLength: true,
    size: entryCount,
    expireMs: 3_600_000,
    noPurge: false,
    serverKey: "name",
    store: [{ type: "server_id" }, { type: "server_key" }],
    position: { file: "", line: 0 },
  };
}
