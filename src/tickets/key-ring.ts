// The keys that seal and open TLS session tickets (RFC 5077 §4, RFC 8446 §4.6.1), as `tls-ticket-keys`
// names them (haproxy configuration §5.1).
import { assert } from "../base/assert.ts";
import { TICKET_KEY_BYTES, TICKET_KEYS } from "../limits.ts";

/** One key, in its parts of 16 bytes each. */
export interface TicketKey {
  /** Stands in front of every ticket that the key has sealed, for all to read. */
  readonly name: Uint8Array;
  /** Of AES-128-CBC. */
  readonly aes: Uint8Array;
  /** Of HMAC-SHA256. */
  readonly hmac: Uint8Array;
}

/** The keys of one file. All of them open tickets, the penultimate one seals. */
export class TicketKeyRing {
  readonly file: string;
  /** Whether keys may be added: not where the TLS library has taken the sealing one for good. */
  isFixed = false;
  /** The oldest one first. */
  #keys: readonly Uint8Array[];

  /** `keys`: the last `TICKET_KEYS` of the file in its order, of `TICKET_KEY_BYTES` each. */
  constructor(file: string, keys: readonly Uint8Array[]) {
    assert(keys.length === TICKET_KEYS, "a ring of ticket keys is always complete");
    assert(keys.every(isWhole), "a ticket key has 48 bytes");
    this.file = file;
    this.#keys = keys;
  }

  /** As in the file, the oldest one first. */
  get keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  /** The key for new tickets. */
  get sealing(): TicketKey {
    return partsOf(this.#keys[TICKET_KEYS - 2]!);
  }

  /** The key of this name, to open a ticket. */
  find(name: Uint8Array): TicketKey | undefined {
    const found = this.#keys.find((key) => Buffer.compare(nameOf(key), name) === 0);
    return found && partsOf(found);
  }

  /** Adds the newest key. The one that was newest seals from here on, and the oldest one is forgotten. */
  push(key: Uint8Array): void {
    assert(!this.isFixed, "a fixed ring takes no keys");
    assert(isWhole(key), "a ticket key has 48 bytes");
    this.#keys = [...this.#keys.slice(1), key];
  }
}

function isWhole(key: Uint8Array): boolean {
  return key.length === TICKET_KEY_BYTES;
}

function nameOf(key: Uint8Array): Uint8Array {
  return key.subarray(0, 16);
}

/** HAProxy's order: name, AES, HMAC. */
function partsOf(key: Uint8Array): TicketKey {
  return { name: nameOf(key), aes: key.subarray(16, 32), hmac: key.subarray(32, 48) };
}
