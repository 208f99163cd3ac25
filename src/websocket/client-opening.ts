// One client that comes through WebSocket, until its relay begins: the upgrade, then the MQTT stream inside
// its first frames.
import { CLOSE_CODE, FrameReader, serverClose, serverMessage } from "./frames.ts";
import { readUpgrade, type Upgrade } from "./upgrade.ts";

const NOTHING = new Uint8Array(0);

/** What the client is to be told in HTTP, and how many of its bytes that is the answer to. */
export interface UpgradeReply {
  readonly bytes: Uint8Array;
  readonly byteCount: number;
}

/** One client. Its owner bounds what is in hand, and the time. */
export class WebSocketOpening {
  /** The frames behind the upgrade. */
  readonly frames = new FrameReader();
  #upgrade: Upgrade | undefined;
  #reply: UpgradeReply | undefined;
  #isRefused = false;
  /** The relay has begun: what is sent from here might stand within a frame of the server. */
  isRelayed = false;
  /** Of the close frame, should it be this side that ends it. */
  closeCode = CLOSE_CODE.later;

  /** The upgrade, once the client has asked for it. */
  get upgrade(): Upgrade | undefined {
    return this.#upgrade;
  }

  /** Whether the client cannot be served: it speaks something else, or has closed. */
  get isOver(): boolean {
    return this.#isRefused || this.frames.isClosed || this.frames.fault !== undefined;
  }

  /** Takes all bytes in hand; those that are no request any more. */
  read(held: Uint8Array): { readonly rest: Uint8Array; readonly payload: Uint8Array } {
    if (this.#isRefused) return { rest: NOTHING, payload: NOTHING };
    let rest = held;
    if (this.#upgrade === undefined) {
      const request = readUpgrade(held);
      if (request.kind === "need-more") return { rest, payload: NOTHING };
      if (request.kind === "refused") {
        this.#isRefused = true;
        this.#reply = { bytes: request.response, byteCount: 0 };
        return { rest, payload: NOTHING };
      }
      const { response, byteCount } = (this.#upgrade = request.upgrade);
      this.#reply = { bytes: response, byteCount };
      rest = held.subarray(byteCount);
    }
    const payload = this.frames.read(rest);
    if (this.frames.fault !== undefined) this.closeCode = this.frames.fault.code;
    return { rest, payload };
  }

  /** What is to be told now, once. */
  takeReply(): UpgradeReply | undefined {
    const reply = this.#reply;
    this.#reply = undefined;
    return reply;
  }

  /** Bytes of MQTT as the client is to get them from here. */
  wrap(bytes: Uint8Array): Uint8Array {
    return serverMessage(bytes);
  }

  /** All that is said behind the relay: a packet of MQTT, if any, and that this side goes away. */
  lastWords(packet: Uint8Array | undefined): Uint8Array {
    const close = serverClose(CLOSE_CODE.goingAway);
    return packet === undefined ? close : Buffer.concat([serverMessage(packet), close]);
  }

  /** What to say before closing; nothing to who is no WebSocket client, or is in a relay. */
  farewell(): Uint8Array | undefined {
    return this.#upgrade === undefined || this.isRelayed ? undefined : serverClose(this.closeCode);
  }
}
