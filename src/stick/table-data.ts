// What the entries of a table store: columns by data type, and for arrays by element.
import { addToRate, readRate, zeroRate, type RateState } from "../base/rate.ts";
import type { Millis } from "../base/units.ts";
import type { StickData } from "../config/model/stick.ts";
import { Column } from "./column.ts";
import { arrayAlias, dataTypeByName, type DataType } from "./data-types.ts";
import { Dictionary } from "./dictionary.ts";

/** A data type that a table stores. */
export interface StoredType {
  readonly type: DataType;
  /** Elements: 1 unless the type is an array. */
  readonly count: number;
  /** Of rates; 0 for the others. */
  readonly periodMs: Millis;
}

interface RateColumns {
  readonly startMs: Column<Float64Array>;
  readonly current: Column<Uint32Array>;
  readonly previous: Column<Uint32Array>;
}

/** One element of a stored type. */
interface Cell {
  readonly stored: StoredType;
  readonly numbers?: Column<Int32Array> | Column<Uint32Array> | Column<Float64Array>;
  readonly rate?: RateColumns;
}

/** The values of all entries, by slot. */
export class TableData {
  readonly #dictionary = new Dictionary();
  #cells = new Map<string, readonly Cell[]>();

  constructor(store: readonly StickData[]) {
    this.reconfigure(store);
  }

  /** What is stored, by ascending number. */
  get types(): readonly StoredType[] {
    return [...this.#cells.values()].map((cells) => cells[0]!.stored);
  }

  /** Distinct server keys held. */
  get stringCount(): number {
    return this.#dictionary.size;
  }

  /** Takes another set of types; values of types that stay are kept. `slots`: those in use. */
  reconfigure(store: readonly StickData[], slots: Iterable<number> = []): void {
    const old = this.#cells;
    const wanted = store.flatMap((data) => storedType(data));
    wanted.sort((a, b) => a.type.number - b.type.number);
    this.#cells = new Map();
    for (const stored of wanted) {
      const kept = old.get(stored.type.name) ?? [];
      const cells = Array.from({ length: stored.count }, (_, index) =>
        kept[index] === undefined ? makeCell(stored) : { ...kept[index], stored },
      );
      this.#cells.set(stored.type.name, cells);
    }
    const dropped = this.#cells.has("server_key") ? undefined : old.get("server_key")?.[0];
    if (dropped === undefined) return;
    for (const slot of slots) this.#dictionary.release(dropped.numbers!.get(slot));
  }

  /** The element that `name` and `index` mean, by its own name or as the first of an array. */
  stored(name: string, index = 0): StoredType | undefined {
    return this.#cell(name, index)?.stored;
  }

  /** A number, a rate over its period, or for `server_key` 0; `undefined` if not stored. */
  read(slot: number, name: string, index: number, nowMs: Millis): number | undefined {
    const cell = this.#cell(name, index);
    if (cell === undefined) return undefined;
    if (cell.rate === undefined)
      return cell.stored.type.kind === "dict" ? 0 : cell.numbers!.get(slot);
    return readRate(loadRate(cell.rate, slot), cell.stored.periodMs, nowMs);
  }

  /**
   * Sets a number. A rate takes the value as the events of a period that begins at `nowMs`, so that
   * it shows at once and fades as events do. `false` if not stored as a number.
   */
  write(slot: number, name: string, index: number, value: number, nowMs: Millis): boolean {
    const cell = this.#cell(name, index);
    if (cell === undefined || cell.stored.type.kind === "dict") return false;
    if (cell.rate === undefined) cell.numbers!.set(slot, wrap(cell.stored.type, value));
    else
      storeRate(cell.rate, slot, { startMs: Math.floor(nowMs), current: value >>> 0, previous: 0 });
    return true;
  }

  /** Adds to a number, or counts events of a rate; does nothing if not stored. */
  add(slot: number, name: string, index: number, amount: number, nowMs: Millis): void {
    const cell = this.#cell(name, index);
    if (cell === undefined || cell.stored.type.kind === "dict") return;
    if (cell.rate === undefined) {
      const numbers = cell.numbers!;
      numbers.set(slot, wrap(cell.stored.type, numbers.get(slot) + amount));
      return;
    }
    const rate = loadRate(cell.rate, slot);
    addToRate(rate, cell.stored.periodMs, nowMs, amount);
    storeRate(cell.rate, slot, rate);
  }

  /** The state of a rate, for other nodes and for files; `undefined` if not stored. */
  rateState(slot: number, name: string, index: number): RateState | undefined {
    const cell = this.#cell(name, index);
    return cell?.rate === undefined ? undefined : loadRate(cell.rate, slot);
  }

  setRateState(slot: number, name: string, index: number, state: Readonly<RateState>): boolean {
    const cell = this.#cell(name, index);
    if (cell?.rate === undefined) return false;
    storeRate(cell.rate, slot, state);
    return true;
  }

  serverKey(slot: number): string | undefined {
    const cell = this.#cell("server_key", 0);
    return cell === undefined ? undefined : this.#dictionary.text(cell.numbers!.get(slot));
  }

  setServerKey(slot: number, text: string | undefined): boolean {
    const numbers = this.#cell("server_key", 0)?.numbers;
    if (numbers === undefined) return false;
    const old = numbers.get(slot);
    numbers.set(slot, text === undefined ? 0 : this.#dictionary.acquire(text));
    this.#dictionary.release(old);
    return true;
  }

  /** Zeroes a slot that is given back. */
  clearSlot(slot: number): void {
    this.setServerKey(slot, undefined);
    for (const cells of this.#cells.values()) {
      for (const { numbers, rate } of cells) {
        numbers?.set(slot, 0);
        if (rate !== undefined) storeRate(rate, slot, ZERO_RATE);
      }
    }
  }

  /** Gives the memory back. Only when no slot is in use. */
  reset(): void {
    for (const cells of this.#cells.values()) {
      for (const { numbers, rate } of cells) {
        numbers?.clear();
        rate?.startMs.clear();
        rate?.current.clear();
        rate?.previous.clear();
      }
    }
  }

  #cell(name: string, index: number): Cell | undefined {
    const cells = this.#cells.get(name);
    if (cells !== undefined) return cells[index];
    const alias = arrayAlias(name);
    return alias === undefined ? undefined : this.#cells.get(alias.name)?.[alias.index + index];
  }
}

const ZERO_RATE: Readonly<RateState> = zeroRate();

/** None for a name that is no data type: the configuration's reader has refused it before. */
function storedType(data: StickData): StoredType[] {
  const type = dataTypeByName(data.type);
  if (type === undefined) return [];
  return [{ type, count: type.isArray ? (data.count ?? 1) : 1, periodMs: data.periodMs ?? 0 }];
}

function makeCell(stored: StoredType): Cell {
  switch (stored.type.kind) {
    case "sint":
    case "dict":
      return { stored, numbers: new Column(Int32Array) };
    case "uint":
      return { stored, numbers: new Column(Uint32Array) };
    case "ull":
      return { stored, numbers: new Column(Float64Array) };
    case "rate":
      return {
        stored,
        rate: {
          startMs: new Column(Float64Array),
          current: new Column(Uint32Array),
          previous: new Column(Uint32Array),
        },
      };
  }
}

/** 32-bit counters wrap; a 64-bit one stays exact to 2^53, which no counter of bytes reaches. */
function wrap(type: DataType, value: number): number {
  if (type.kind === "ull") return Math.min(Math.max(0, value), Number.MAX_SAFE_INTEGER);
  return type.kind === "sint" ? value | 0 : value >>> 0;
}

function loadRate(rate: RateColumns, slot: number): RateState {
  return {
    startMs: rate.startMs.get(slot),
    current: rate.current.get(slot),
    previous: rate.previous.get(slot),
  };
}

function storeRate(rate: RateColumns, slot: number, state: Readonly<RateState>): void {
  rate.startMs.set(slot, state.startMs);
  rate.current.set(slot, state.current);
  rate.previous.set(slot, state.previous);
}
