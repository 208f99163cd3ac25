// Invariant: whatever the order of operations, the table holds the entries, the values, the time
// left, the counts of use and the order of changes that a plain map of records would.
import fc from "fast-check";
import { expect, test } from "vitest";
import { StickTable } from "../../src/stick/table.ts";
import { tableSpec } from "../unit/stick/spec.ts";

const KEYS = ["a", "b", "c", "d", "e", "f", "g", "h"];

interface TwinEntry {
  dueMs: number;
  order: number;
  pins: number;
  holds: number;
  value: number;
  server: string | undefined;
  updateId: number | undefined;
}

/** The slow, obvious twin. */
class Twin {
  readonly entries = new Map<string, TwinEntry>();
  lastUpdateId = 0;
  readonly size: number;
  readonly expireMs: number | undefined;
  readonly noPurge: boolean;

  constructor(size: number, expireMs: number | undefined, noPurge: boolean) {
    this.size = size;
    this.expireMs = expireMs;
    this.noPurge = noPurge;
  }

  isExpired(entry: TwinEntry, nowMs: number): boolean {
    return this.expireMs !== undefined && !isUsed(entry) && entry.dueMs <= nowMs;
  }

  lookup(key: string, nowMs: number): TwinEntry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || !this.isExpired(entry, nowMs)) return entry;
    this.entries.delete(key);
    return undefined;
  }

  /** What may be evicted: the unused entries that are due first. */
  evictable(): string[] {
    const free = [...this.entries].filter(([, entry]) => !isUsed(entry));
    const firstMs = Math.min(...free.map(([, entry]) => entry.dueMs));
    return free.filter(([, entry]) => entry.dueMs === firstMs).map(([key]) => key);
  }

  create(key: string, nowMs: number): TwinEntry {
    const entry: TwinEntry = {
      dueMs: nowMs + (this.expireMs ?? 0),
      order: 0,
      pins: 0,
      holds: 0,
      value: 0,
      server: undefined,
      updateId: undefined,
    };
    this.entries.set(key, entry);
    return entry;
  }

  updatesSince(id: number): string[] {
    return [...this.entries]
      .filter(([, { updateId }]) => updateId !== undefined && updateId > id)
      .sort(([, a], [, b]) => a.updateId! - b.updateId!)
      .map(([key]) => key);
  }
}

function isUsed(entry: TwinEntry): boolean {
  return entry.pins > 0 || entry.holds > 0;
}

type Operation =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "touchUntil"; readonly key: string; readonly ms: number }
  | { readonly kind: "setServer"; readonly key: string; readonly server: string | undefined }
  | { readonly kind: "expire"; readonly countMax: number }
  | { readonly kind: "retouch"; readonly countMax: number }
  | { readonly kind: "clear" }
  | { readonly kind: KeyOperation; readonly key: string };

type KeyOperation = (typeof KEY_OPERATIONS)[number];
const KEY_OPERATIONS = [
  "lookup",
  "create",
  "create",
  "touch",
  "learn",
  "pin",
  "unpin",
  "hold",
  "release",
  "add",
  "delete",
] as const;

const key = fc.constantFrom(...KEYS);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constantFrom(...KEY_OPERATIONS), key }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(60) }) },
  {
    arbitrary: fc.record({ kind: fc.constant("touchUntil" as const), key, ms: fc.nat(100) }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("setServer" as const),
      key,
      server: fc.constantFrom("b1", "b2", undefined),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({ kind: fc.constant("expire" as const), countMax: fc.nat(3) }),
    weight: 1,
  },
  {
    arbitrary: fc.record({ kind: fc.constant("retouch" as const), countMax: fc.nat(3) }),
    weight: 1,
  },
  { arbitrary: fc.constant({ kind: "clear" as const }), weight: 1 },
);

/** Runs operations on both and compares as it goes. */
class Pair {
  readonly table: StickTable;
  readonly twin: Twin;
  nowMs = 0;

  constructor(size: number, expireMs: number | undefined, noPurge: boolean) {
    const spec = tableSpec({ size, noPurge, store: "server_key,gpc0" });
    this.table = new StickTable(expireMs === undefined ? spec : { ...spec, expireMs });
    this.twin = new Twin(size, expireMs, noPurge);
  }

  run(step: Operation): void {
    switch (step.kind) {
      case "wait":
        this.nowMs += step.ms;
        break;
      case "expire":
        this.expire(step.countMax);
        break;
      case "retouch":
        this.retouch(step.countMax);
        break;
      case "clear": {
        const free = [...this.twin.entries].filter(([, entry]) => entry.holds === 0);
        expect(this.table.clear()).toBe(free.length);
        for (const [name] of free) this.twin.entries.delete(name);
        break;
      }
      case "delete": {
        const entry = this.twin.entries.get(step.key);
        const wanted = entry === undefined ? "missing" : entry.holds > 0 ? "in-use" : "deleted";
        expect(this.table.delete(step.key)).toBe(wanted);
        if (wanted === "deleted") this.twin.entries.delete(step.key);
        break;
      }
      case "create":
        this.create(step.key);
        break;
      default:
        this.change(step);
    }
  }

  create(name: string): void {
    const { table, twin, nowMs } = this;
    const isKnown = twin.lookup(name, nowMs) !== undefined;
    const isFull = !isKnown && twin.entries.size >= twin.size;
    const victims = isFull ? twin.evictable() : [];
    const isRefused =
      isFull &&
      (victims.length === 0 ||
        (twin.noPurge && !twin.isExpired(twin.entries.get(victims[0]!)!, nowMs)));
    const created = table.getOrCreate(name, nowMs);
    expect(created === undefined).toBe(isRefused);
    if (isRefused || isKnown) return;
    if (isFull) {
      const kept = new Set([...table.entries()].map((entry) => entry.key));
      const gone = [...twin.entries.keys()].filter((other) => !kept.has(other));
      expect(gone).toHaveLength(1);
      expect(victims).toContain(gone[0]);
      twin.entries.delete(gone[0]!);
    }
    twin.create(name, nowMs);
  }

  change(step: Exclude<Operation, { kind: "wait" | "expire" | "retouch" | "clear" }>): void {
    const { table, twin, nowMs } = this;
    const handle = table.lookup(step.key, nowMs);
    const record = twin.lookup(step.key, nowMs);
    expect(handle?.key).toBe(record === undefined ? undefined : step.key);
    if (handle === undefined || record === undefined) return;
    const fullDueMs = nowMs + (twin.expireMs ?? 0);
    switch (step.kind) {
      case "touch":
        table.touch(handle, nowMs, "local");
        record.dueMs = fullDueMs;
        record.updateId = ++twin.lastUpdateId;
        break;
      case "learn":
        table.touch(handle, nowMs, "peer");
        record.dueMs = fullDueMs;
        break;
      case "touchUntil":
        record.dueMs = nowMs + step.ms;
        table.touchUntil(handle, record.dueMs, "peer");
        break;
      case "pin":
        table.pin(handle);
        record.pins += 1;
        break;
      case "hold":
        table.hold(handle);
        record.holds += 1;
        break;
      case "unpin":
        if (record.pins === 0) break;
        table.unpin(handle, nowMs);
        record.pins -= 1;
        record.dueMs = fullDueMs;
        break;
      case "release":
        if (record.holds === 0) break;
        table.release(handle, nowMs);
        record.holds -= 1;
        record.dueMs = fullDueMs;
        break;
      case "add":
        table.add(handle, "gpc0", 0, 1, nowMs);
        record.value += 1;
        break;
      case "setServer":
        table.setServerKey(handle, step.server);
        record.server = step.server;
        break;
      default:
      // A lookup: done above.
    }
  }

  expire(countMax: number): void {
    const { table, twin, nowMs } = this;
    const due = [...twin.entries].filter(([, entry]) => twin.isExpired(entry, nowMs));
    const count = table.expire(nowMs, countMax);
    expect(count).toBe(Math.min(countMax, due.length));
    const kept = new Set([...table.entries()].map((entry) => entry.key));
    const gone = due.filter(([name]) => !kept.has(name));
    expect(gone).toHaveLength(count);
    const lastGoneMs = Math.max(...gone.map(([, entry]) => entry.dueMs));
    for (const [name, entry] of due) {
      if (kept.has(name)) expect(entry.dueMs).toBeGreaterThanOrEqual(lastGoneMs);
      else twin.entries.delete(name);
    }
  }

  retouch(countMax: number): void {
    const { table, twin, nowMs } = this;
    const { expireMs } = twin;
    const stale = [...twin.entries].filter(
      ([, entry]) =>
        expireMs !== undefined && isUsed(entry) && entry.dueMs - nowMs <= (expireMs * 2) / 3,
    );
    const touched = table.retouchPinned(nowMs, countMax);
    expect(touched).toHaveLength(Math.min(countMax, stale.length));
    for (const { key: name } of touched) {
      expect(stale.map(([other]) => other)).toContain(name);
      const record = twin.entries.get(name)!;
      record.dueMs = nowMs + expireMs!;
      record.updateId = ++twin.lastUpdateId;
    }
  }

  compare(): void {
    const { table, twin, nowMs } = this;
    const handles = [...table.entries()];
    expect(handles.map((entry) => entry.key).sort()).toEqual([...twin.entries.keys()].sort());
    expect(table.usedCount).toBe(twin.entries.size);
    expect(table.lastUpdateId).toBe(twin.lastUpdateId);
    for (const handle of handles) {
      const record = twin.entries.get(handle.key)!;
      expect(table.read(handle, "gpc0", 0, nowMs)).toBe(record.value);
      expect(table.serverKey(handle)).toBe(record.server);
      expect(table.holdCount(handle)).toBe(record.holds);
      expect(table.updateId(handle)).toBe(record.updateId);
      if (twin.expireMs !== undefined) {
        expect(table.expiresInMs(handle, nowMs)).toBe(Math.max(0, record.dueMs - nowMs));
      }
    }
    for (let id = 0; id <= twin.lastUpdateId; id += 1) {
      expect([...table.updatesSince(id)].map((entry) => entry.key)).toEqual(twin.updatesSince(id));
    }
    this.compareTimeout();
  }

  compareTimeout(): void {
    const { expireMs, entries } = this.twin;
    if (expireMs === undefined) {
      expect(this.table.nextTimeout()).toBeUndefined();
      return;
    }
    const nextMs = Math.min(
      ...[...entries.values()].map((entry) =>
        isUsed(entry) ? entry.dueMs - (expireMs * 2) / 3 : entry.dueMs,
      ),
    );
    expect(this.table.nextTimeout() ?? Infinity).toBe(nextMs);
  }
}

test("StickTable does what a plain map of records does", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(undefined, 60, 300),
      fc.boolean(),
      fc.array(operation, { maxLength: 60 }),
      (size, expireMs, noPurge, operations) => {
        const pair = new Pair(size, expireMs, noPurge);
        for (const step of operations) pair.run(step);
        pair.compare();
      },
    ),
    { numRuns: 400 },
  );
});
