import type { StickKey } from "./key.ts";

/**
 * A handle of one entry. It stays valid until the entry is removed; after that the table takes it
 * for what it is and every use of it does nothing.
 */
export interface StickEntry {
  /** Empty once the entry has been removed. */
  readonly key: StickKey;
  /** The entry's place in the table. */
  readonly slot: number;
  /** Tells this entry from others that had the same place. */
  readonly serial: number;
}

/** Who changed an entry: this node, or another one whose change must not be sent on. */
export type TouchOrigin = "local" | "peer";

/** What became of a request to remove an entry. */
export type DeleteOutcome = "deleted" | "missing" | "in-use";
