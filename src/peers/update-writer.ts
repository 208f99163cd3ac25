// What a session writes: updates with the definitions that they need, in a buffer that is used again.
import type { Millis } from "../base/units.ts";
import { PEER_SENT_MESSAGE_BYTES_MAX } from "../limits.ts";
import type { StickEntry } from "../stick/entry.ts";
import { SentDictionary } from "./dictionary-cache.ts";
import { writeEntry, writeVersion } from "./entry-codec.ts";
import { beginFrame, endFrame, writeFramed } from "./framing.ts";
import type { MinorVersion } from "./handshake.ts";
import type { Lane } from "./lane.ts";
import { beginUpdate, CLASS, TABLE, updateType } from "./messages.ts";
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
  readonly #dictionary = new SentDictionary(new WireWriter());
  #current: Lane | undefined;

  constructor(dialect: Dialect, counters: PeerCounters) {
    this.#dialect = dialect;
    this.#counters = counters;
  }

  /** Announces a table, to which the updates after it belong. */
  define(lane: Lane): void {
    writeFramed(this.out, CLASS.table, TABLE.definition, lane.definitionBody);
    this.#current = lane;
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
    const { out } = this;
    if (this.#current !== lane) this.define(lane);
    const frameStart = out.length;
    const bodyStart = beginFrame(out, CLASS.table, updateType(true, isTimed));
    const toldMs = expireMs === undefined ? 0 : Math.max(1, Math.floor(leftMs));
    beginUpdate(out, updateId, isTimed ? toldMs : undefined);
    writeEntry(out, table, lane.definition.types, this.#dictionary, entry, nowMs);
    if (this.#dialect.isTandem) writeVersion(out, versions.stamp(entry, nowMs));
    if (out.length - bodyStart > PEER_SENT_MESSAGE_BYTES_MAX) {
      out.truncate(frameStart);
      this.#dictionary.forget(table.serverKey(entry));
      this.#counters.tooLargeCount += 1;
      return;
    }
    endFrame(out, bodyStart);
    lane.onSent(updateId);
    this.#counters.sentUpdateCount += 1;
  }
}
