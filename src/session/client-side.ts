// The client's half of a session: what is asked of the mover for it.
import type { SessionEffect } from "./events.ts";
import type { CloseManner, SocketOptions, TlsContext } from "./mover.ts";

/** One session's requests about its client's connection. */
export class ClientSide {
  readonly #effects: SessionEffect[];
  #isInspected = false;

  constructor(effects: SessionEffect[]) {
    this.#effects = effects;
  }

  configure(socket: SocketOptions | undefined): void {
    if (socket !== undefined) this.#effects.push({ kind: "configure-client", socket });
  }

  /** Asks for first bytes, once: they go on coming until the relay, which also tells of an end. */
  inspect(bytesMax: number): void {
    if (this.#isInspected) return;
    this.#isInspected = true;
    this.#effects.push({ kind: "inspect-client", bytesMax });
  }

  /** Drops bytes that were for us. */
  consume(count: number): void {
    if (count > 0) this.#effects.push({ kind: "consume-client", count });
  }

  /** Begins TLS; what was seen before is not what will be inspected after. */
  secure(context: TlsContext): void {
    this.#isInspected = false;
    this.#effects.push({ kind: "secure-client", context });
  }

  close(manner: CloseManner): void {
    this.#effects.push({ kind: "close-client", manner });
  }
}
