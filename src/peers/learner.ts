// What a peer teaches in one session: its tables, its entries, and which of them are taken.
import type { Millis } from "../base/units.ts";
import { PEER_SILENCE_MS_MAX, PEER_TABLES_MAX } from "../limits.ts";
import type { StickEntry } from "../stick/entry.ts";
import { compareDefinitions, type DecodedDefinition, type WireDefinition } from "./definition.ts";
import { ReceivedDictionary } from "./dictionary-cache.ts";
import { type PlannedType, planOf, readVersion, ReceivedEntry } from "./entry-codec.ts";
import type { Lane } from "./lane.ts";
import { type PeerMessage, writeAck } from "./messages.ts";
import type { WireWriter } from "./wire-writer.ts";

type Update = Extract<PeerMessage, { readonly kind: "update" }>;

interface RemoteTable {
  readonly definition: WireDefinition;
  readonly plan: readonly PlannedType[];
  readonly lane: Lane;
  lastId: number;
  ackedId: number;
  receivedCount: number;
}

/** What has been received of one table. */
export interface ReceivedStatus {
  readonly lastId: number;
  readonly count: number;
}

/** Tells of a table that one side drops without a word. `name`: on the wire. */
export type TellMismatch = (name: string, text: string) => void;

/** The incoming half of a session. */
export class Learner {
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #isTandem: boolean;
  readonly #tell: TellMismatch;
  readonly #tables = new Map<number, RemoteTable>();
  readonly #dictionary = new ReceivedDictionary();
  readonly #entry = new ReceivedEntry();
  #current: RemoteTable | undefined;

  /** `lanes`: the tables of this node by name on the wire. `isTandem`: the peer appends versions. */
  constructor(lanes: ReadonlyMap<string, Lane>, isTandem: boolean, tell: TellMismatch) {
    this.#lanes = lanes;
    this.#isTandem = isTandem;
    this.#tell = tell;
  }

  /** What has been received of a table; `undefined` while the peer has not defined it. */
  receivedOf(lane: Lane): ReceivedStatus | undefined {
    for (const remote of this.#tables.values()) {
      if (remote.lane === lane) return { lastId: remote.lastId, count: remote.receivedCount };
    }
    return undefined;
  }

  /** Takes a definition: the updates after it are about that table, or are dropped. */
  define(decoded: Exclude<DecodedDefinition, { readonly kind: "malformed" }>): void {
    this.#current = undefined;
    if (decoded.kind === "unusable-definition") {
      this.#tables.delete(decoded.tableId);
      this.#tell(decoded.name, `${decoded.reason}, so it is ignored here`);
      return;
    }
    const { definition } = decoded;
    const known = this.#tables.get(definition.tableId);
    this.#tables.delete(definition.tableId);
    const lane = this.#lanes.get(definition.name);
    if (lane === undefined) {
      const names = [...this.#lanes.keys()].map((name) => `"${name}"`).join(", ") || "none";
      this.#tell(
        definition.name,
        `no table has this name here, so it is ignored; tables here: ${names}`,
      );
      return;
    }
    const mismatch = compareDefinitions(lane.definition, definition);
    if (mismatch !== undefined) {
      const { what, here, there } = mismatch;
      this.#tell(
        definition.name,
        `its ${what} is ${here} here and ${there} there, so both sides ignore it`,
      );
      return;
    }
    if (this.#tables.size >= PEER_TABLES_MAX) return;
    const fresh = { lastId: 0, ackedId: 0, receivedCount: 0 };
    const kept = known?.lane === lane ? known : fresh;
    const plan = planOf(lane.shared.table, definition.types);
    this.#current = { ...kept, definition, plan, lane };
    this.#tables.set(definition.tableId, this.#current);
  }

  /** Goes back to a table that has been defined. */
  switchTo(tableId: number): void {
    this.#current = this.#tables.get(tableId);
  }

  /** Takes an update; `false` if it is malformed. One about a table that is ignored is dropped. */
  update(update: Update, nowMs: Millis): boolean {
    const remote = this.#current;
    if (remote === undefined) return true;
    if (!this.#entry.read(update.reader, remote.definition, this.#dictionary)) return false;
    remote.lastId = update.updateId ?? (remote.lastId + 1) >>> 0;
    remote.receivedCount += 1;
    const version = this.#isTandem ? readVersion(update.reader) : undefined;
    this.#take(remote, this.#leftMs(remote, update.leftMs), update.leftMs, version, nowMs);
    return true;
  }

  /** Whether updates are to be acknowledged. */
  get owesAcks(): boolean {
    for (const remote of this.#tables.values()) if (remote.lastId !== remote.ackedId) return true;
    return false;
  }

  /** Acknowledges the last update of each table. */
  writeAcks(out: WireWriter): void {
    for (const remote of this.#tables.values()) {
      if (remote.lastId === remote.ackedId) continue;
      writeAck(out, remote.definition.tableId, remote.lastId);
      remote.ackedId = remote.lastId;
    }
  }

  /** How long an entry is to live. The peer's own `expire` may be longer, or none. */
  #leftMs(remote: RemoteTable, toldMs: Millis | undefined): Millis {
    const expireMs = remote.lane.shared.table.expireMs ?? 0;
    if (toldMs === undefined || (toldMs === 0 && remote.definition.expireMs === 0)) return expireMs;
    return Math.min(toldMs, expireMs);
  }

  #take(
    remote: RemoteTable,
    leftMs: Millis,
    toldMs: Millis | undefined,
    toldVersion: number | undefined,
    nowMs: Millis,
  ): void {
    const { lane } = remote;
    const { table, versions } = lane.shared;
    if (leftMs <= 0 && table.expireMs !== undefined) return;
    const { bytes, start, end } = this.#entry.keyRange;
    const known = table.lookupBytes(bytes, start, end, nowMs);
    const version = toldVersion ?? this.#versionOf(remote, known, toldMs, nowMs);
    if (known !== undefined) {
      if (toldVersion === undefined && toldMs === undefined && keepsOwn(lane, known, nowMs)) return;
      const ownVersion = versions.of(known, nowMs);
      if (ownVersion >= version) {
        if (toldVersion !== undefined && ownVersion > version) repair(lane, known, nowMs);
        return;
      }
    }
    const entry = known ?? table.createBytes(bytes, start, end, nowMs);
    if (entry === undefined) return;
    this.#entry.apply(table, entry, remote.plan, nowMs);
    table.touchUntil(entry, nowMs + leftMs, "peer");
    versions.set(entry, version);
  }

  /**
   * The version of an update that tells none: with the time left it is as old as that says, so that
   * of a lesson and what a file held the younger one stays; without, it is the latest.
   */
  #versionOf(
    remote: RemoteTable,
    known: StickEntry | undefined,
    toldMs: Millis | undefined,
    nowMs: Millis,
  ): number {
    const { versions } = remote.lane.shared;
    const { expireMs } = remote.definition;
    if (toldMs !== undefined && expireMs > 0) {
      return versions.at(nowMs - Math.max(0, expireMs - toldMs));
    }
    const latest = versions.at(nowMs);
    return known === undefined
      ? latest
      : Math.max(latest, versions.after(versions.of(known, nowMs)));
  }
}

/**
 * Whether a live update without a version crosses this node's own change of the entry: its sender
 * takes that one in its place, and taking the sender's here would swap the two.
 */
function keepsOwn(lane: Lane, entry: StickEntry, nowMs: Millis): boolean {
  const { table } = lane.shared;
  if (!lane.isUnacked(entry)) return false;
  const { expireMs } = table;
  const ageMs =
    expireMs === undefined
      ? -table.savedTimeLeftMs(entry, nowMs)
      : expireMs - table.expiresInMs(entry, nowMs);
  return ageMs <= PEER_SILENCE_MS_MAX;
}

/** A peer has an older value. Unless this one is on its way, it is sent again as it is. */
function repair(lane: Lane, entry: StickEntry, nowMs: Millis): void {
  if (lane.isUnacked(entry)) return;
  const { table, versions } = lane.shared;
  const version = versions.of(entry, nowMs);
  const leftMs =
    table.expireMs === undefined
      ? table.savedTimeLeftMs(entry, nowMs)
      : table.expiresInMs(entry, nowMs);
  table.touchUntil(entry, nowMs + leftMs, "local");
  versions.set(entry, version);
}
