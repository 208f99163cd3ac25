// What a session writes: updates with the definitions that they need, in a buffer that is used again.
import type { Millis } from "../base/units.ts";
import { PEER_SENT_MESSAGE_BYTES_MAX } from "../limits.ts";
import type { StickEntry } from "../stick/entry.ts";
import { SentDictionary } from "./dictionary-cache.ts";
import { writeEntry, writeVersion } from "./entry-codec.ts";
import { writeFramed } from "./framing.ts";
import type { MinorVersion } from "./handshake.ts";
import type { Lane } from "./lane.ts";
import { beginUpdate, CLASS, TABLE } from "./messages.ts";
import type { PeerCounters } from "./peer-memory.ts";
import { WireWriter } from "./wire-writer.ts";

/** A live change that has waited this long is sent with its time left, ms: it is not as young as it arrives. */
const FRESH_MS = 1_000;

/** What the peer understands. */
export interface Dialect {
  readonly minorVersion: MinorVersion;
  /** Whether the peer reads versions after the data. */
  readonly isTandem: boolean;
}

/** The outgoing bytes of a session. */
export class UpdateWriter {
  readonly out = new WireWriter();
  readonly #dialect: Dialect;
  readonly #counters: PeerCounters;
  readonly #body = new WireWriter();
  readonly #dictionary = new SentDictionary(new WireWriter());
  #current: Lane | undefined;

  constructor(dialect: Dialect, counters: PeerCounters) {
    this.#dialect = dialect;
    this.#counters = counters;
  }

  /**
   * Writes an entry; one that has expired is left out. Ids are always explicit: HAProxy 3.3 garbles
   * acknowledgements of implicit ones. `isTaught`: of a lesson, whose updates tell the time left.
   */
  write(lane: Lane, entry: StickEntry, updateId: number, isTaught: boolean, nowMs: Millis): void {
    const { table, versions } = lane.shared;
    const { expireMs } = table;
    const leftMs = expireMs === undefined ? 0 : table.savedTimeLeftMs(entry, nowMs);
    if (expireMs !== undefined && leftMs <= 0) return;
    const isFresh = expireMs === undefined || leftMs > expireMs - FRESH_MS;
    const isTimed =
      this.#dialect.minorVersion > 0 && (isTaught || this.#dialect.isTandem || !isFresh);
    const body = this.#body;
    body.reset();
    const toldMs = expireMs === undefined ? 0 : Math.max(1, Math.floor(leftMs));
    const type = beginUpdate(body, updateId, isTimed ? toldMs : undefined);
    writeEntry(body, table, lane.definition.types, this.#dictionary, entry, nowMs);
    if (this.#dialect.isTandem) writeVersion(body, versions.stamp(entry, nowMs));
    if (body.length > PEER_SENT_MESSAGE_BYTES_MAX) {
      this.#dictionary.forget(table.serverKey(entry));
      this.#counters.tooLargeCount += 1;
      return;
    }
    if (this.#current !== lane) {
      writeFramed(this.out, CLASS.table, TABLE.definition, lane.definitionBody);
      this.#current = lane;
    }
    writeFramed(this.out, CLASS.table, type, body);
    lane.onSent(updateId);
    this.#counters.sentUpdateCount += 1;
  }
}
