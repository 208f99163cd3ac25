// One second heartbeat path to one peer: who is believed.
//
// Whoever has the key may speak, but a recording of it must not. So each run of a node has a nonce,
// and a sender is believed only once it has sent back the nonce of this run; from then on its
// sequence numbers must grow. A peer that restarts has a new nonce and must prove itself again; what
// is recorded of its earlier runs is refused. Once trusted, a peer is heard even if it hears nothing.
import type { Millis } from "../../src/base/units.ts";
import { HEARTBEAT_RETIRED_MAX } from "../limits.ts";
import { decodeHeartbeat, encodeHeartbeat, NONCE_BYTES, type HeartbeatEntry } from "./codec.ts";

/** What a path needs. */
export interface HeartbeatPathSettings {
  /** The shared secret. */
  readonly key: Uint8Array;
  /** 8 random bytes, new at each start of the process. */
  readonly nonce: Uint8Array;
}

/** What became of a datagram. */
export type HeartbeatOutcome =
  /** From the trusted peer. */
  | { readonly kind: "adverts"; readonly entries: readonly HeartbeatEntry[] }
  /** Has the key, and waits for an answer: one `encode` sent back makes both sides trust each other. */
  | { readonly kind: "hello" }
  | { readonly kind: "dropped"; readonly reason: HeartbeatDropReason };

/**
 * Why a datagram does not count. `format`, `version`, `tag`: no datagram of ours, another version, another key.
 * `own`: our own came back. `replay`: heard before, or overtaken by a newer one.
 */
export type HeartbeatDropReason = "format" | "version" | "tag" | "own" | "replay";

/** Counters of one path. They only grow. */
export interface HeartbeatCounters {
  sent: number;
  received: number;
  hellos: number;
  /** By reason. */
  readonly dropped: Record<HeartbeatDropReason, number>;
}

interface Peer {
  readonly nonce: Uint8Array;
  sequence: bigint;
}

/** See the head of this file. */
export class HeartbeatPath {
  readonly counters: HeartbeatCounters = {
    sent: 0,
    received: 0,
    hellos: 0,
    dropped: { format: 0, version: 0, tag: 0, own: 0, replay: 0 },
  };
  readonly #key: Uint8Array;
  readonly #nonce: Uint8Array;
  /** Nonces of earlier runs of the peer, oldest first, in hex. */
  readonly #retired = new Set<string>();
  #heardNonce: Uint8Array = new Uint8Array(NONCE_BYTES);
  #sequence = 0n;
  #peer: Peer | undefined;
  #lastHeardMs: Millis | undefined;

  constructor({ key, nonce }: HeartbeatPathSettings) {
    if (nonce.length !== NONCE_BYTES) throw new RangeError("a heartbeat nonce has 8 bytes");
    this.#key = Uint8Array.from(key);
    this.#nonce = Uint8Array.from(nonce);
  }

  /** Whether the peer has proved that it lives now. */
  get isTrusted(): boolean {
    return this.#peer !== undefined;
  }

  /** When the trusted peer was last heard. */
  get lastHeardMs(): Millis | undefined {
    return this.#lastHeardMs;
  }

  /** The next datagram. An empty list says no more than that this node lives. */
  encode(entries: readonly HeartbeatEntry[]): Uint8Array {
    this.#sequence += 1n;
    this.counters.sent += 1;
    return encodeHeartbeat(
      {
        senderNonce: this.#nonce,
        receiverNonce: this.#heardNonce,
        sequence: this.#sequence,
        entries,
      },
      this.#key,
    );
  }

  /** Judges a datagram. Never throws on what it holds. */
  receive(bytes: Uint8Array, nowMs: Millis): HeartbeatOutcome {
    const decoded = decodeHeartbeat(bytes, this.#key);
    if (decoded.kind === "malformed") return this.#drop(decoded.reason);
    const { senderNonce, receiverNonce, sequence, entries } = decoded.heartbeat;
    if (areEqual(senderNonce, this.#nonce)) return this.#drop("own");
    if (this.#peer !== undefined && areEqual(senderNonce, this.#peer.nonce)) {
      if (sequence <= this.#peer.sequence) return this.#drop("replay");
      this.#peer.sequence = sequence;
      // An echo of something else says that a stranger's nonce was in between, or that it restarted.
      this.#heardNonce = senderNonce;
      return this.#accept(entries, nowMs);
    }
    if (this.#retired.has(hex(senderNonce))) return this.#drop("replay");
    this.#heardNonce = senderNonce;
    if (!areEqual(receiverNonce, this.#nonce)) return this.#hello();
    this.#trust({ nonce: senderNonce, sequence });
    // The peer cannot know yet that it is trusted, nor trust without an answer.
    if (entries.length === 0) return this.#hello();
    return this.#accept(entries, nowMs);
  }

  #trust(peer: Peer): void {
    if (this.#peer !== undefined) this.#retired.add(hex(this.#peer.nonce));
    this.#peer = peer;
    if (this.#retired.size <= HEARTBEAT_RETIRED_MAX) return;
    const [oldest] = this.#retired;
    if (oldest !== undefined) this.#retired.delete(oldest);
  }

  #accept(entries: readonly HeartbeatEntry[], nowMs: Millis): HeartbeatOutcome {
    this.#lastHeardMs = nowMs;
    this.counters.received += 1;
    return { kind: "adverts", entries };
  }

  #hello(): HeartbeatOutcome {
    this.counters.hellos += 1;
    return { kind: "hello" };
  }

  #drop(reason: HeartbeatDropReason): HeartbeatOutcome {
    this.counters.dropped[reason] += 1;
    return { kind: "dropped", reason };
  }
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
