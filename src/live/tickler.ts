// Whom to wake after a takeover: a client that sends nothing does not notice that its balancer is
// dead. It is sent a bare ACK for its old connection, as Samba's CTDB does, and answers it, since the
// ACK is out of its window (RFC 9293 §3.10.7.4, RFC 5961 §5.2); the answer reaches a system that
// knows no such connection and resets it (RFC 9293 §3.10.7.1). Here it is decided who is sent one, and
// when: brokers see a bounded rate of devices that come back.
//
// Theory of operation: each takeover of addresses walks over the list of live connections twice, since
// packets are lost. What has been tickled twice is forgotten: should it live after all, the node
// that serves it tells of it again. Tokens bound the rate; a token is a tickle.
import { localAddressOf } from "../base/connection-key.ts";
import { EffectQueue } from "../base/effect-queue.ts";
import { TICKLES_PER_MESSAGE_MAX } from "../base/life.ts";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import {
  TICKLE_BATCH_MS,
  TICKLE_BURST_MS,
  TICKLE_ROUND_MS,
  TICKLE_SCAN_ENTRIES_MAX,
} from "../limits.ts";
import type { StickEntry } from "../stick/entry.ts";
import type { StickTable } from "../stick/table.ts";
import { addressKey } from "./address-key.ts";
import { isAbandoned } from "./live-list.ts";

/** How often one client is tickled. */
const ROUND_COUNT = 2;

/** What a tickler hears. */
export type TicklerEvent =
  /** The addresses that this node holds for others, numeric; all of them. */
  | { readonly kind: "vips"; readonly held: readonly string[] }
  /** The list has been learned from a peer as a whole: what is held may have been missed. */
  | { readonly kind: "learned" }
  | { readonly kind: "timeout" };

/** What a tickler asks for. */
export type TickleEffect =
  /** Send one ACK for each of these connections. */
  | {
      readonly kind: "tickle";
      /** Keys of src/base/connection-key.ts one after another, in base64. */
      readonly connections: string;
    }
  /** So many clients have been woken since a takeover; the walk took so long. */
  | { readonly kind: "woken"; readonly clientCount: number; readonly tookMs: Millis };

/** A walk over the list for some of the addresses that are held. */
interface Sweep {
  readonly addresses: Set<string>;
  readonly round: number;
  readonly startMs: Millis;
  readonly entries: Iterator<StickEntry>;
}

/** See the head of this file. */
export class Tickler implements Machine<TicklerEvent, TickleEffect> {
  readonly #table: StickTable;
  readonly #ratePerSecond: () => number;
  readonly #effects = new EffectQueue<TickleEffect>();
  /** IPv6 forms, one byte a character. */
  #held: ReadonlySet<string> = new Set();
  #sweep: Sweep | undefined;
  #tokens = 0;
  #filledMs: Millis = -Infinity;
  #dueMs: Millis | undefined;
  #begunMs: Millis = 0;
  /** Tickled for the last time. */
  #clientCount = 0;

  /** `ratePerSecond`: tickles; 0: none. It may change. */
  constructor(table: StickTable, ratePerSecond: () => number) {
    this.#table = table;
    this.#ratePerSecond = ratePerSecond;
  }

  handle(event: TicklerEvent, nowMs: Millis): void {
    if (event.kind === "vips") this.#hold(event.held, nowMs);
    else if (event.kind === "learned") this.#begin(this.#held, nowMs);
    else if (this.#dueMs !== undefined && this.#dueMs <= nowMs) this.#step(nowMs);
  }

  poll(): TickleEffect | undefined {
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    return this.#dueMs;
  }

  #hold(addresses: readonly string[], nowMs: Millis): void {
    const former = this.#held;
    const held = new Set(addresses.flatMap((address) => addressKey(address) ?? []));
    this.#held = held;
    const gained = [...held].filter((address) => !former.has(address));
    for (const address of this.#sweep?.addresses ?? []) {
      if (!held.has(address)) this.#sweep!.addresses.delete(address);
    }
    if (gained.length > 0) this.#begin(gained, nowMs);
    else if (this.#sweep?.addresses.size === 0) this.#end();
  }

  /** Begins anew, also for the addresses of a walk that is under way. */
  #begin(addresses: Iterable<string>, nowMs: Millis): void {
    const wanted = new Set([...(this.#sweep?.addresses ?? []), ...addresses]);
    if (wanted.size === 0) return;
    this.#begunMs = nowMs;
    this.#clientCount = 0;
    const entries = this.#table.entries();
    this.#sweep = { addresses: wanted, round: 1, startMs: nowMs, entries };
    this.#step(nowMs);
  }

  #end(): void {
    this.#sweep = undefined;
    this.#dueMs = undefined;
  }

  /** Tickles as many as may be now. */
  #step(nowMs: Millis): void {
    const sweep = this.#sweep;
    const rate = this.#ratePerSecond();
    if (sweep === undefined || rate <= 0) return this.#end();
    this.#fill(rate, nowMs);
    const keys: string[] = [];
    const keysMax = Math.min(Math.floor(this.#tokens), TICKLES_PER_MESSAGE_MAX);
    let lookedCount = 0;
    let isDone = false;
    while (keys.length < keysMax && lookedCount < TICKLE_SCAN_ENTRIES_MAX && !isDone) {
      const next = sweep.entries.next();
      lookedCount += 1;
      if (next.done === true) isDone = true;
      else if (this.#concerns(sweep, next.value, nowMs)) {
        keys.push(next.value.key);
        if (sweep.round === ROUND_COUNT) this.#table.delete(next.value.key);
      }
    }
    this.#tokens -= keys.length;
    if (sweep.round === ROUND_COUNT) this.#clientCount += keys.length;
    if (keys.length > 0) {
      const connections = Buffer.from(keys.join(""), "latin1").toString("base64");
      this.#effects.push({ kind: "tickle", connections });
    }
    if (isDone) return this.#endRound(sweep, nowMs);
    const isPaced = lookedCount < TICKLE_SCAN_ENTRIES_MAX;
    this.#dueMs = isPaced ? nowMs + Math.max(TICKLE_BATCH_MS, 1_000 / rate) : nowMs;
  }

  #endRound({ addresses, round, startMs }: Sweep, nowMs: Millis): void {
    if (round === ROUND_COUNT) {
      const clientCount = this.#clientCount;
      const tookMs = nowMs - this.#begunMs;
      if (clientCount > 0) this.#effects.push({ kind: "woken", clientCount, tookMs });
      return this.#end();
    }
    const nextMs = Math.max(nowMs, startMs + TICKLE_ROUND_MS);
    const entries = this.#table.entries();
    this.#sweep = { addresses, round: round + 1, startMs: nextMs, entries };
    this.#dueMs = nextMs;
  }

  #concerns({ addresses }: Sweep, entry: StickEntry, nowMs: Millis): boolean {
    return addresses.has(localAddressOf(entry.key)) && isAbandoned(this.#table, entry, nowMs);
  }

  #fill(rate: number, nowMs: Millis): void {
    const most = Math.max(1, (rate * TICKLE_BURST_MS) / 1_000);
    this.#tokens = Math.min(most, this.#tokens + ((nowMs - this.#filledMs) * rate) / 1_000);
    this.#filledMs = nowMs;
  }
}
