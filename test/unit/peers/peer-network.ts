// Nodes with real groups and real tables on a network of its own time: bytes keep their order,
// connections break. Everything that happens follows from the calls made and the options given.
import { PeerGroup } from "../../../src/peers/group.ts";
import type { ConnectionId, GroupEffect, GroupEvent } from "../../../src/peers/group-events.ts";
import { StickTable } from "../../../src/stick/table.ts";
import type { StickTableSpec } from "../../../src/config/model/stick.ts";

/** What a node is made of. */
export interface NodeOptions {
  readonly name: string;
  readonly specs: readonly StickTableSpec[];
  /** How far its monotonic clock is ahead of the network's time, ms. */
  readonly clockMs?: number;
  /** How far its wall clock is wrong, ms. */
  readonly skewMs?: number;
  readonly expectsOldProcess?: boolean;
  /** Its name in greetings, when the network knows it by another one. */
  readonly localName?: string;
  readonly remoteNames?: readonly string[];
}

interface End {
  readonly node: NetworkNode;
  readonly connection: ConnectionId;
}

interface Wire {
  readonly ends: readonly [End, End];
  readonly delayMs: number;
  isOpen: boolean;
}

interface Item {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A node. */
export class NetworkNode {
  readonly name: string;
  readonly group: PeerGroup;
  readonly tables: readonly StickTable[];
  readonly clockMs: number;
  readonly reports: string[] = [];
  readonly done: string[] = [];
  isAlive = true;
  /** Whether it reads what it is sent; a node that does not lets its peers' bytes wait. */
  isReading = true;
  /** Bytes written to it and not read. */
  waitingBytes = 0;

  constructor(name: string, group: PeerGroup, tables: readonly StickTable[], clockMs: number) {
    this.name = name;
    this.group = group;
    this.tables = tables;
    this.clockMs = clockMs;
  }
}

/** The network. */
export class PeerNetwork {
  nowMs = 0;
  readonly nodes = new Map<string, NetworkNode>();
  readonly #names: readonly string[];
  readonly #queue: Item[] = [];
  readonly #wires: Wire[] = [];
  readonly #down = new Set<string>();
  #order = 0;
  #seed: number;
  #lifeCount = 0;

  /** `names`: of all nodes that there may be. */
  constructor(names: readonly string[], seed = 1) {
    this.#names = names;
    this.#seed = seed;
  }

  random(): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return this.#seed / 2 ** 32;
  }

  /** Starts a node; one of the same name ends before. */
  start(options: NodeOptions): NetworkNode {
    const { name, clockMs = 0, skewMs = 0 } = options;
    this.kill(name);
    const tables = options.specs.map((spec) => new StickTable(spec));
    const localName = options.localName ?? name;
    this.#lifeCount += 1;
    const group = new PeerGroup(
      {
        section: "mypeers",
        localName,
        remoteNames: options.remoteNames ?? this.#names.filter((other) => other !== localName),
        tables: tables.map((table) => ({ table })),
        pid: 100 + this.#lifeCount,
        instance: this.#lifeCount,
        random: () => this.random(),
        wallOffsetMs: 1_700_000_000_000 + skewMs - clockMs,
        expectsOldProcess: options.expectsOldProcess ?? false,
      },
      this.nowMs + clockMs,
    );
    const node = new NetworkNode(name, group, tables, clockMs);
    this.nodes.set(name, node);
    return node;
  }

  /** Ends a node's process: its connections end. */
  kill(name: string): void {
    const node = this.nodes.get(name);
    if (node === undefined) return;
    node.isAlive = false;
    this.nodes.delete(name);
    for (const wire of this.#wires) {
      if (wire.ends.some((end) => end.node === node)) this.#cut(wire);
    }
  }

  /** Cuts all connections between two nodes, and all that are made until `heal`. */
  break(a: string, b: string): void {
    this.#down.add(linkOf(a, b));
    for (const wire of this.#wires) {
      const [first, second] = wire.ends;
      if (linkOf(first.node.name, second.node.name) === linkOf(a, b)) this.#cut(wire);
    }
  }

  heal(a: string, b: string): void {
    this.#down.delete(linkOf(a, b));
  }

  /** A node's own time. */
  timeOf(node: NetworkNode): number {
    return this.nowMs + node.clockMs;
  }

  /** Gives a node an event and carries out what follows. */
  tell(node: NetworkNode, event: GroupEvent): void {
    if (!node.isAlive) return;
    node.group.handle(event, this.timeOf(node));
    for (let effect = node.group.poll(); effect !== undefined; effect = node.group.poll()) {
      this.#carryOut(node, effect);
    }
  }

  /** Lets time pass. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.#earliest();
      const due = this.#dueNode();
      const atMs = Math.min(next?.atMs ?? Infinity, due?.atMs ?? Infinity);
      if (atMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (next !== undefined && next.atMs <= atMs) {
        this.#queue.splice(this.#queue.indexOf(next), 1);
        next.run();
      } else if (due !== undefined) this.tell(due.node, { kind: "timeout" });
    }
    this.nowMs = endMs;
  }

  #earliest(): Item | undefined {
    let best = this.#queue[0];
    for (const item of this.#queue) {
      if (item.atMs < best!.atMs || (item.atMs === best!.atMs && item.order < best!.order)) {
        best = item;
      }
    }
    return best;
  }

  #dueNode(): { readonly node: NetworkNode; readonly atMs: number } | undefined {
    let best: { readonly node: NetworkNode; readonly atMs: number } | undefined;
    for (const node of this.nodes.values()) {
      const atMs = node.group.nextTimeout();
      if (atMs === undefined) continue;
      if (best === undefined || atMs - node.clockMs < best.atMs) {
        best = { node, atMs: atMs - node.clockMs };
      }
    }
    return best;
  }

  #later(ms: number, run: () => void): void {
    this.#order += 1;
    this.#queue.push({ atMs: this.nowMs + ms, order: this.#order, run });
  }

  #carryOut(node: NetworkNode, effect: GroupEffect): void {
    switch (effect.kind) {
      case "dial":
        this.#dial(node, effect.connection, effect.peer);
        break;
      case "write":
        this.#write(node, effect.connection, effect.bytes);
        break;
      case "turn":
        this.#later(0, () => this.tell(node, effect));
        break;
      case "close": {
        const wire = this.#wireOf(node, effect.connection);
        if (wire === undefined) break;
        const other = otherEnd(wire, node, effect.connection);
        // What was written before arrives before the end does.
        this.#later(wire.delayMs, () => {
          if (!wire.isOpen) return;
          this.#forget(wire);
          this.tell(other.node, { kind: "closed", connection: other.connection, reason: "closed" });
        });
        break;
      }
      case "report":
        node.reports.push(effect.text);
        break;
      case "resync-done":
        node.done.push(effect.outcome);
        break;
      case "handed-over":
        node.done.push("handed-over");
    }
  }

  #dial(node: NetworkNode, connection: ConnectionId, peer: string): void {
    const delayMs = 1 + Math.floor(this.random() * 40);
    this.#later(delayMs, () => {
      const target = this.nodes.get(peer);
      if (!node.isAlive) return;
      if (target === undefined || this.#down.has(linkOf(node.name, peer))) {
        this.tell(node, { kind: "closed", connection, reason: "nobody answers" });
        return;
      }
      const accepted = target.group.newConnection();
      const ends = [
        { node, connection },
        { node: target, connection: accepted },
      ] as const;
      this.#wires.push({ ends, delayMs, isOpen: true });
      this.tell(target, { kind: "accepted", connection: accepted });
      this.tell(node, { kind: "connected", connection });
    });
  }

  #write(node: NetworkNode, connection: ConnectionId, bytes: Uint8Array): void {
    const wire = this.#wireOf(node, connection);
    if (wire === undefined) return;
    const other = otherEnd(wire, node, connection);
    const cutAt = Math.floor(bytes.length / 3);
    other.node.waitingBytes += bytes.length;
    const arrive = (): void => {
      if (!wire.isOpen) return;
      if (!other.node.isReading) {
        this.#later(10, arrive);
        return;
      }
      other.node.waitingBytes -= bytes.length;
      for (const piece of [bytes.subarray(0, cutAt), bytes.subarray(cutAt)]) {
        if (piece.length === 0) continue;
        this.tell(other.node, { kind: "bytes", connection: other.connection, bytes: piece });
      }
      this.tell(node, { kind: "drained", connection });
    };
    this.#later(wire.delayMs, arrive);
  }

  #cut(wire: Wire): void {
    if (!wire.isOpen) return;
    this.#forget(wire);
    for (const { node, connection } of wire.ends) {
      this.#later(wire.delayMs, () =>
        this.tell(node, { kind: "closed", connection, reason: "connection reset" }),
      );
    }
  }

  #forget(wire: Wire): void {
    wire.isOpen = false;
  }

  #wireOf(node: NetworkNode, connection: ConnectionId): Wire | undefined {
    return this.#wires.find(
      (wire) =>
        wire.isOpen && wire.ends.some((end) => end.node === node && end.connection === connection),
    );
  }
}

function otherEnd(wire: Wire, node: NetworkNode, connection: ConnectionId): End {
  const [first, second] = wire.ends;
  return first.node === node && first.connection === connection ? second : first;
}

function linkOf(a: string, b: string): string {
  return [a, b].sort().join(" ");
}

/** A table's live entries by key: their data as text, and the time left. */
export function contents(
  table: StickTable,
  nowMs: number,
): Map<string, { readonly data: string; readonly leftMs: number }> {
  const found = new Map<string, { readonly data: string; readonly leftMs: number }>();
  table.expire(nowMs, Infinity);
  for (const entry of table.entries()) {
    const data = table.types
      .filter(({ type }) => !type.isLocal)
      .map(({ type }) =>
        type.kind === "dict"
          ? (table.serverKey(entry) ?? "-")
          : String(table.read(entry, type.name, 0, nowMs)),
      );
    found.set(entry.key, { data: data.join(" "), leftMs: table.expiresInMs(entry, nowMs) });
  }
  return found;
}
