// Looks after stick tables: collects what has expired, re-touches what live connections keep, and
// writes them to disk.
import type { Millis } from "../base/units.ts";
import { FullTables } from "../stick/full-tables.ts";
import type { StickTable } from "../stick/table.ts";
import type { World } from "../session/world.ts";
import { monotonicMs } from "./clock.ts";
import { TableStore } from "./table-store.ts";

/** How often tables are looked after. */
const UPKEEP_INTERVAL_MS: Millis = 1_000;

/** Entries of one table handled in one turn of the event loop: a few ms, so that no client waits. */
const UPKEEP_ENTRIES_MAX = 500;

/** Tells what could not be read or written. */
export type TableWarning = (message: string) => void;

/** Keeps all tables of a world. */
export class TableKeeper {
  readonly #world: World;
  readonly #warn: TableWarning;
  readonly #upkeep: NodeJS.Timeout;
  #store: TableStore | undefined;
  #saving: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #loaded = new Set<StickTable>();
  readonly #full = new FullTables();

  constructor(world: World, warn: TableWarning) {
    this.#world = world;
    this.#warn = warn;
    this.#upkeep = setInterval(() => this.#look(), UPKEEP_INTERVAL_MS);
    this.#upkeep.unref();
  }

  /** Takes `table-directory` and `table-save-interval`, and loads tables that are not known yet. */
  async reconfigure(): Promise<void> {
    const global = this.#world.global;
    clearInterval(this.#saving);
    this.#store = undefined;
    if (global?.tableDirectory === undefined) return;
    this.#store = new TableStore(global.tableDirectory);
    await this.#load();
    this.#saving = setInterval(() => void this.save(), global.tableSaveIntervalMs);
    this.#saving.unref();
  }

  /** Writes every table, one after the other. */
  async save(): Promise<void> {
    for (const table of this.#world.tables.values()) {
      const result = await this.#store?.save(table);
      if (result?.kind === "failed") this.#warn(result.message);
    }
  }

  /** Writes every table once more, and never again: the files are the next process's. */
  async saveForGood(): Promise<void> {
    clearInterval(this.#saving);
    await this.save();
    this.#store = undefined;
  }

  /** Ends the upkeep. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#upkeep);
    clearInterval(this.#saving);
  }

  async #load(): Promise<void> {
    for (const table of this.#world.tables.values()) {
      if (this.#loaded.has(table)) continue;
      this.#loaded.add(table);
      const result = await this.#store?.load(table);
      if (result?.kind === "failed") this.#warn(result.message);
    }
  }

  #look(): void {
    const nowMs = monotonicMs();
    let isBehind = false;
    for (const [name, table] of this.#world.tables) {
      const notice = this.#full.look(name, table, nowMs);
      if (notice !== undefined) this.#warn(notice);
      const expiredCount = table.expire(nowMs, UPKEEP_ENTRIES_MAX);
      const touchedCount = table.retouchPinned(nowMs, UPKEEP_ENTRIES_MAX).length;
      isBehind ||= Math.max(expiredCount, touchedCount) === UPKEEP_ENTRIES_MAX;
    }
    if (isBehind && !this.#isClosed) setImmediate(() => this.#look());
  }
}
