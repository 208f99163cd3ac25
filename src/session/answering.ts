// Between the connection to a server and the relay: what is sent ahead, and the server's first bytes
// where a rule looks at them.
import type { Millis } from "../base/units.ts";
import { INSPECT_DELAY_DEFAULT_MS } from "../limits.ts";
import type { AccountedParts } from "./accounts.ts";
import type { ClientSide } from "./client-side.ts";
import type { Pipeline } from "./pipeline.ts";

/** One session's last step before the relay. */
export class Answering {
  readonly #parts: AccountedParts;
  readonly #client: ClientSide;
  readonly #pipeline: Pipeline;

  constructor(parts: AccountedParts, client: ClientSide, pipeline: Pipeline) {
    this.#parts = parts;
    this.#client = client;
    this.#pipeline = pipeline;
  }

  /** The server is there: until when its first bytes are waited for; `undefined` to relay at once. */
  begin(nowMs: Millis): Millis | undefined {
    const { context, effects } = this.#parts;
    const { stream, request } = context;
    if (!this.#pipeline.inspectsResponse) {
      const ahead = stream.replacement;
      if (ahead !== undefined) this.#sendOn(ahead.bytes, ahead.heldCount);
      return undefined;
    }
    const { content } = context.backend!.proxy;
    this.#sendOn(request.bytes, stream.heldCount);
    this.#client.inspect(content.inspectBytesMax);
    effects.push({ kind: "inspect-server", bytesMax: content.inspectBytesMax });
    return nowMs + (content.responseInspectDelayMs ?? INSPECT_DELAY_DEFAULT_MS);
  }

  /** The client sends more meanwhile: that goes on to the server. */
  onClientBytes(bytes: Uint8Array): void {
    this.#sendOn(bytes);
  }

  #sendOn(bytes: Uint8Array, heldCount?: number): void {
    const { context, log } = this.#parts;
    context.framing?.take(bytes);
    log.noteSent(this.#client.sendOn(bytes, heldCount));
  }
}
