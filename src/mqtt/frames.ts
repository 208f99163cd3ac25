// Where the packets of one direction of MQTT begin (MQTT 5.0 §2.1), however their bytes are split. The
// twin of src/native/frames.c, for Node's sockets and for bytes that go ahead of a relay.

/** Types of packets: four bits (MQTT 5.0 §2.1.2). */
export const PACKET_TYPE_COUNT = 16;

// What comes next. From 1 to 4 it is that byte of the remaining length.
const BOUNDARY = 0;
const LENGTH_LAST = 4;
const BODY = 5;
const OFF = 6;

/** Where a direction stands: the stage, the packet's type, a number; as in `struct frames` of src/native/frames.h. */
export type FramePosition = readonly [stage: number, type: number, value: number];

/** Follows the packets of one direction, whatever they are wrapped in. */
export interface PacketTracker {
  /** Packets whose length is known, by type. */
  readonly counts: Float64Array;
  /** Whether a packet of our own may follow. */
  readonly isAtBoundary: boolean;
  /** Whether it has given up: what came cannot be followed, or nothing may follow it. */
  readonly isOff: boolean;
  /** Where the native part goes on with it; `undefined` if it cannot. */
  readonly position: FramePosition | undefined;
  /** Takes bytes; how many. All, unless it `stops` at the first place where a packet of our own may stand. */
  take(bytes: Uint8Array, stops?: boolean): number;
  /** One for the other direction, from its first byte on. */
  opposite(): PacketTracker;
}

/** The framing of one direction. */
export class FrameTracker implements PacketTracker {
  readonly counts = new Float64Array(PACKET_TYPE_COUNT);
  #stage = BOUNDARY;
  #type = 0;
  /** Of the length so far, or the bytes of the body that are still to come. */
  #value = 0;

  get isAtBoundary(): boolean {
    return this.#stage === BOUNDARY;
  }

  get isOff(): boolean {
    return this.#stage === OFF;
  }

  get position(): FramePosition {
    return [this.#stage, this.#type, this.#value];
  }

  /** Bytes of the packet's body that are still to come, which are not looked at. */
  get bodyLeft(): number {
    return this.#stage === BODY ? this.#value : 0;
  }

  opposite(): FrameTracker {
    return new FrameTracker();
  }

  /**
   * Takes bytes; how many. All, unless it `stops` at the first end of a packet. What cannot be MQTT (a
   * remaining length of more than four bytes, the reserved type 0) ends the framing for good.
   */
  take(bytes: Uint8Array, stops = false): number {
    let at = 0;
    while (at < bytes.length) {
      switch (this.#stage) {
        case OFF:
          return bytes.length;
        case BODY: {
          const rest = bytes.length - at;
          if (this.#value > rest) {
            this.#value -= rest;
            return bytes.length;
          }
          at += this.#value;
          this.#stage = BOUNDARY;
          break;
        }
        case BOUNDARY:
          this.#type = bytes[at++]! >> 4;
          this.#value = 0;
          this.#stage = this.#type === 0 ? OFF : 1;
          continue;
        default:
          this.#takeLength(bytes[at++]!);
      }
      if (stops && this.isAtBoundary) return at;
    }
    return at;
  }

  /** Takes one byte of a remaining length (MQTT 5.0 §1.5.5). */
  #takeLength(byte: number): void {
    this.#value |= (byte & 0x7f) << (7 * (this.#stage - 1));
    if ((byte & 0x80) !== 0) {
      this.#stage = this.#stage === LENGTH_LAST ? OFF : this.#stage + 1;
      return;
    }
    this.counts[this.#type]!++;
    this.#stage = this.#value === 0 ? BOUNDARY : BODY;
  }
}
