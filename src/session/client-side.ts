// The client's half of a session: what is asked of the mover for it.
import type { WebSocketOpening } from "../websocket/client-opening.ts";
import type { ClientStream } from "./client-stream.ts";
import type { SessionEffect } from "./events.ts";
import type { CloseManner, SocketOptions, TlsContext } from "./mover.ts";

/** One session's requests about its client's connection. */
export class ClientSide {
  readonly #effects: SessionEffect[];
  #isGone = false;
  #webSocket: WebSocketOpening | undefined;
  /** What is asked for; 0 for nothing. */
  #inspectedBytesMax = 0;

  constructor(effects: SessionEffect[]) {
    this.#effects = effects;
  }

  configure(socket: SocketOptions | undefined): void {
    if (socket !== undefined) this.#effects.push({ kind: "configure-client", socket });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Sends MQTT of ours. */
  tell(bytes: Uint8Array): void {
    this.#send(this.#webSocket?.wrap(bytes) ?? bytes);
  }

  /** All that is sent to a client that leaves its relay, with a last packet or without. */
  lastWords(packet: Uint8Array | undefined): Uint8Array | undefined {
    return this.#webSocket === undefined ? packet : this.#webSocket.lastWords(packet);
  }

  /** Answers an upgrade to WebSocket; false if the client cannot be served by it. */
  follow({ webSocket }: ClientStream): boolean {
    if (webSocket === undefined) return true;
    this.#webSocket = webSocket;
    const reply = webSocket.takeReply();
    if (reply !== undefined) this.#send(reply.bytes);
    this.consume(reply?.byteCount ?? 0);
    return !webSocket.isOver;
  }

  #send(bytes: Uint8Array): void {
    this.#effects.push({ kind: "send-client", bytes });
  }

  /** The connection is there no more: nothing is to be asked for it. */
  vanish(): void {
    this.#isGone = true;
  }

  /** Asks for first bytes, once: they go on coming until the relay, which also tells of an end. */
  inspect(bytesMax: number): void {
    if (bytesMax <= this.#inspectedBytesMax) return;
    this.#inspectedBytesMax = bytesMax;
    this.#effects.push({ kind: "inspect-client", bytesMax });
  }

  /** Drops bytes that were for us. */
  consume(count: number): void {
    if (count > 0) this.#effects.push({ kind: "consume-client", count });
  }

  /**
   * Sends bytes to the server ahead of the relay: those in hand, or others in place of `heldCount`
   * that are. How many they are.
   */
  sendOn(bytes: Uint8Array, heldCount = bytes.length): number {
    if (bytes.length > 0) this.#effects.push({ kind: "send-server", bytes });
    this.consume(heldCount);
    return bytes.length;
  }

  /** Begins TLS; what was seen before is not what will be inspected after. */
  secure(context: TlsContext): void {
    this.#inspectedBytesMax = 0;
    this.#effects.push({ kind: "secure-client", context });
  }

  close(manner: CloseManner): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const farewell = manner === "finish" ? this.#webSocket?.farewell() : undefined;
    if (farewell !== undefined) this.#send(farewell);
    this.#effects.push({ kind: "close-client", manner });
  }
}
