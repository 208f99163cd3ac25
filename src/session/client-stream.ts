// A client's first bytes as they are in hand, and as rules see them: MQTT without the WebSocket around it
// (`option mqtt-websocket`). A CONNECT that was rewritten takes the place of the one that came, for rules at
// once and for the server when it is its turn.
import { WebSocketOpening } from "../websocket/client-opening.ts";

const NOTHING = new Uint8Array(0);

/** Bytes that go to the server in place of the first `heldCount` in hand. */
export interface Replacement {
  readonly bytes: Uint8Array;
  readonly heldCount: number;
}

/** One client's first bytes. */
export class ClientStream {
  #held: Uint8Array = NOTHING;
  /** The MQTT stream, as far as it is here. */
  #payload: Uint8Array = NOTHING;
  #replacement: Replacement | undefined;
  #rewritten: { readonly packet: Uint8Array; readonly byteCount: number } | undefined;
  #webSocket: WebSocketOpening | undefined;

  /** Takes all that is in hand; what rules see of it. */
  hold(bytes: Uint8Array): Uint8Array {
    const read = this.#webSocket?.read(bytes);
    this.#held = read?.rest ?? bytes;
    this.#payload = read?.payload ?? bytes;
    return this.#seen();
  }

  /** How many bytes are in hand. */
  get heldCount(): number {
    return this.#held.length;
  }

  /** Of a client that comes through WebSocket. */
  get webSocket(): WebSocketOpening | undefined {
    return this.#webSocket;
  }

  /** From here on the client speaks WebSocket; what rules see now. */
  expectWebSocket(): Uint8Array {
    this.#webSocket = new WebSocketOpening();
    return this.hold(this.#held);
  }

  /** Puts a packet in place of the first `byteCount` bytes; what rules see from now on. */
  replace(packet: Uint8Array, byteCount: number): Uint8Array {
    this.#rewritten = { packet, byteCount };
    this.#replacement = this.#webSocket?.frames.replace(packet, byteCount) ?? {
      bytes: packet,
      heldCount: byteCount,
    };
    return this.#seen();
  }

  /** What goes to the server in place of the first bytes in hand; nothing if they may go as they are. */
  get replacement(): Replacement | undefined {
    return this.#replacement;
  }

  #seen(): Uint8Array {
    const rewritten = this.#rewritten;
    if (rewritten === undefined) return this.#payload;
    return Buffer.concat([rewritten.packet, this.#payload.subarray(rewritten.byteCount)]);
  }
}
