// Between the connection to a server and the relay: what is sent ahead, and the server's first bytes, where
// a rule looks at them or where they answer an upgrade to WebSocket that the client has had already.
import type { Millis } from "../base/units.ts";
import { INSPECT_DELAY_DEFAULT_MS } from "../limits.ts";
import { readUpgradeAnswer, type Upgrade } from "../websocket/upgrade.ts";
import type { AccountedParts } from "./accounts.ts";
import type { ClientSide } from "./client-side.ts";
import type { Pipeline } from "./pipeline.ts";
import type { ServerSide } from "./server-side.ts";
import type { PendingStore } from "./sticking.ts";

/** What the server's first bytes came to. */
export type AnswerVerdict =
  | { readonly kind: "wait" }
  | { readonly kind: "relay"; readonly stores: readonly PendingStore[] }
  | { readonly kind: "end"; readonly termination: string };

const WAIT: AnswerVerdict = { kind: "wait" };

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

  get #upgrade(): Upgrade | undefined {
    return this.#parts.context.stream.webSocket?.upgrade;
  }

  /** The server is there: until when its first bytes are waited for; `undefined` to relay at once. */
  begin(nowMs: Millis): Millis | undefined {
    const { context, effects, log } = this.#parts;
    const { stream, request } = context;
    const { content } = context.backend!.proxy;
    if (this.#upgrade !== undefined) log.noteSent(this.#client.sendOn(this.#upgrade.replay, 0));
    else if (this.#pipeline.inspectsResponse) {
      this.#sendOn(request.bytes, stream.heldCount);
      this.#client.inspect(content.inspectBytesMax);
    } else {
      this.#sendReplacement();
      return undefined;
    }
    effects.push({ kind: "inspect-server", bytesMax: content.inspectBytesMax });
    return nowMs + (content.responseInspectDelayMs ?? INSPECT_DELAY_DEFAULT_MS);
  }

  /** The client sends more meanwhile: that goes on to the server, or waits until the upgrade is there. */
  onClientBytes(bytes: Uint8Array, isEnded: boolean): void {
    if (this.#upgrade === undefined) this.#sendOn(bytes);
    else this.#parts.context.noteRequest(bytes, isEnded);
  }

  /** Judges the server's first bytes, and counts what is refused. */
  judge(serverSide: ServerSide): AnswerVerdict {
    if (this.#upgrade !== undefined) return this.#judgeUpgrade(this.#upgrade, serverSide);
    const answer = this.#pipeline.judgeResponse();
    if (answer === "wait") return WAIT;
    if (answer === "closed") return { kind: "end", termination: "--" };
    if (answer === "rejected") {
      serverSide.countDeniedResponse();
      return { kind: "end", termination: "PD" };
    }
    return { kind: "relay", stores: answer };
  }

  #judgeUpgrade(upgrade: Upgrade, serverSide: ServerSide): AnswerVerdict {
    const { context, effects } = this.#parts;
    const answer = readUpgradeAnswer(context.response.bytes, upgrade);
    if (answer.kind === "need-more" && !context.response.final) return WAIT;
    if (answer.kind !== "accepted") {
      serverSide.countServerAbort(true);
      return { kind: "end", termination: answer.kind === "refused" ? "SD" : "sD" };
    }
    effects.push({ kind: "consume-server", count: answer.byteCount });
    this.#sendReplacement();
    context.stream.webSocket!.isRelayed = true;
    return { kind: "relay", stores: [] };
  }

  #sendReplacement(): void {
    const ahead = this.#parts.context.stream.replacement;
    if (ahead === undefined) return;
    this.#sendOn(ahead.bytes, ahead.heldCount);
  }

  #sendOn(bytes: Uint8Array, heldCount?: number): void {
    const { context, log } = this.#parts;
    context.framing?.take(bytes);
    log.noteSent(this.#client.sendOn(bytes, heldCount));
  }
}
