// Server keys on the wire (haproxy peers.txt, "server_key"): a string is sent once and has a small
// number from then on. Each direction of each session has its own numbers, 1..128.
import { PEER_DICTIONARY_SLOTS, PEER_SERVER_KEY_BYTES_MAX } from "../limits.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/** The sender's half: the slots are given out in turn. */
export class SentDictionary {
  readonly #ids = new Map<string, number>();
  readonly #texts: (string | undefined)[] = [];
  #lastId = 0;
  readonly #scratch: WireWriter;

  /** `scratch`: a writer that nothing else uses meanwhile. */
  constructor(scratch: WireWriter) {
    this.#scratch = scratch;
  }

  /** Writes a value: no key, the number of a known one, or a new one with its number. */
  write(out: WireWriter, text: string | undefined): void {
    if (text === undefined) {
      out.varint(0);
      return;
    }
    const known = this.#ids.get(text);
    if (known !== undefined) {
      // The length of a number of 1..128, and the number.
      out.u8(1);
      out.u8(known);
      return;
    }
    const payload = this.#scratch;
    payload.reset();
    const bytes = Buffer.from(text, "utf8");
    payload.varint(this.#define(text));
    payload.varint(bytes.length);
    payload.bytes(bytes);
    out.varint(payload.length);
    out.append(payload);
  }

  /** Takes back a definition whose message is not sent after all. */
  forget(text: string | undefined): void {
    const id = text === undefined ? undefined : this.#ids.get(text);
    if (id === undefined) return;
    this.#ids.delete(text!);
    this.#texts[id] = undefined;
  }

  #define(text: string): number {
    this.#lastId = (this.#lastId % PEER_DICTIONARY_SLOTS) + 1;
    const former = this.#texts[this.#lastId];
    if (former !== undefined) this.#ids.delete(former);
    this.#texts[this.#lastId] = text;
    this.#ids.set(text, this.#lastId);
    return this.#lastId;
  }
}

/** The receiver's half. */
export class ReceivedDictionary {
  readonly #texts: (string | undefined)[] = [];

  /** Reads a value; no text for no key or a number never defined, `malformed` as HAProxy judges. */
  read(reader: WireReader): { readonly text: string | undefined } | "malformed" {
    const payloadBytes = reader.varint();
    if (reader.isShort || payloadBytes > reader.remaining) return "malformed";
    if (payloadBytes === 0) return NO_TEXT;
    const end = reader.remaining - payloadBytes;
    const id = reader.varint();
    if (id < 1 || id > PEER_DICTIONARY_SLOTS || reader.remaining < end) return "malformed";
    if (reader.remaining === end) return { text: this.#texts[id] };
    const byteCount = reader.varint();
    if (reader.remaining - byteCount < end) return "malformed";
    const bytes = reader.byteString(byteCount);
    reader.skip(reader.remaining - end);
    const text = byteCount > PEER_SERVER_KEY_BYTES_MAX || byteCount === 0 ? undefined : utf8(bytes);
    this.#texts[id] = text;
    return { text };
  }
}

const NO_TEXT = { text: undefined };

function utf8(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
