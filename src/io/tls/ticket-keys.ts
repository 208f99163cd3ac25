// Gives secure contexts their ticket keys.
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import type tls from "node:tls";
import type { BindTls } from "../../config/model/tls.ts";
import { TICKET_KEY_FILE_BYTES_MAX } from "../../limits.ts";
import { TicketKeyRing } from "../../tickets/key-ring.ts";
import { readTicketKeys } from "../../tickets/read-keys.ts";
import { systemErrorText } from "./system-error.ts";

/** The keys of a file, or why there are none in HAProxy's words. */
export type RingOutcome =
  | { readonly ok: true; readonly ring: TicketKeyRing }
  | { readonly ok: false; readonly message: string };

/** The files of one configuration. Lines that name the same one share its ring. */
export class TicketKeyFiles {
  readonly #outcomes = new Map<string, RingOutcome>();

  /** The keys of a file, which is read once. */
  load(file: string): RingOutcome {
    const known = this.#outcomes.get(file);
    if (known !== undefined) return known;
    const outcome = readRing(file);
    this.#outcomes.set(file, outcome);
    return outcome;
  }

  /** The rings that could be read. The file that was named first is the last one, as in HAProxy's list. */
  get rings(): readonly TicketKeyRing[] {
    return [...this.#outcomes.values()].reverse().flatMap((one) => (one.ok ? [one.ring] : []));
  }
}

function readRing(file: string): RingOutcome {
  let text: string;
  try {
    const { size } = fs.statSync(file);
    if (size > TICKET_KEY_FILE_BYTES_MAX) {
      const why = `${size} bytes, expected at most ${TICKET_KEY_FILE_BYTES_MAX}`;
      return cannotLoad(file, why);
    }
    text = fs.readFileSync(file, "latin1");
  } catch (error) {
    return cannotLoad(file, systemErrorText(error));
  }
  const outcome = readTicketKeys(text);
  if (!outcome.ok) return { ok: false, message: `'${file}' : ${outcome.problem}` };
  return { ok: true, ring: new TicketKeyRing(file, outcome.keys) };
}

function cannotLoad(file: string, why: string): RingOutcome {
  const text = `unable to load ssl tickets keys file '${file}' (${why})`;
  return { ok: false, message: `'tls-ticket-keys' : ${text}` };
}

/** The key for new tickets as Node takes one: its parts in another order. */
export function nodeTicketKeys(ring: TicketKeyRing): Buffer {
  const { name, hmac, aes } = ring.sealing;
  return Buffer.concat([name, hmac, aes]);
}

/** HAProxy's own, so that its tickets are good here and ours there. */
const HAPROXY_SESSION_CONTEXT = "haproxy";

/**
 * What tickets of other lines and nodes must have been issued under. A client's certificate is verified
 * when a ticket is issued and not again when it comes back: where certificates are asked for, only lines
 * that trust the same authorities, and know the same revocations, take each other's tickets. At most 32
 * bytes, as OpenSSL wants.
 */
export function sharedSessionContext(
  verify: BindTls["verify"],
  trust: Pick<tls.SecureContextOptions, "ca" | "crl">,
): string {
  if (verify === "none") return HAPROXY_SESSION_CONTEXT;
  const hash = createHash("sha256").update(verify);
  for (const part of [trust.ca, trust.crl]) {
    const pieces = part === undefined ? [] : [part].flat();
    hash.update(`;${pieces.length}`);
    for (const piece of pieces.map(digestOf).sort()) hash.update(piece);
  }
  return hash.digest("base64").slice(0, 32);
}

/** Folders are read in any order. */
function digestOf(piece: string | Buffer): string {
  return createHash("sha256").update(piece).digest("hex");
}

/** What Node asks a context for: its verdict, the two keys and, to seal, a name and a vector. */
type TicketAnswer = readonly [verdict: number, ...parts: readonly Uint8Array[]];

/** Of OpenSSL's SSL_CTX_set_tlsext_ticket_key_cb(3). */
const UNKNOWN_KEY = 0;
const SEALED = 1;
/**
 * The client gets a new ticket, too. With TLS 1.3 clients of OpenSSL use a ticket once, and those that got
 * none back would do every second handshake in full.
 */
const OPENED_RENEW = 2;

interface TicketCallbackContext {
  enableTicketKeyCallback?: () => void;
  onticketkeycallback?: (name: Uint8Array, vector: Uint8Array, isSealing: boolean) => TicketAnswer;
}

/**
 * Lets a context seal and open with all keys of a ring, as they are at that moment. `false` where Node
 * cannot: it then does with the one key that it was given.
 */
export function useTicketKeys(context: tls.SecureContext, ring: TicketKeyRing): boolean {
  // QUIRK: Node documents one key; several can only be had by the callback that its own tests use.
  const inner = context.context as TicketCallbackContext | undefined;
  if (typeof inner?.enableTicketKeyCallback !== "function") return false;
  inner.onticketkeycallback = (name, _vector, isSealing) =>
    isSealing ? sealTicket(ring) : openTicket(ring, name);
  inner.enableTicketKeyCallback();
  return true;
}

/** The same for the context that a `tls.Server` makes for itself. */
export function useTicketKeysOfServer(server: tls.Server, ring: TicketKeyRing): void {
  const own = (server as unknown as { readonly _sharedCreds?: tls.SecureContext })._sharedCreds;
  if (own !== undefined) useTicketKeys(own, ring);
}

function sealTicket(ring: TicketKeyRing): TicketAnswer {
  const { name, hmac, aes } = ring.sealing;
  return [SEALED, hmac, aes, name, randomBytes(16)];
}

function openTicket(ring: TicketKeyRing, name: Uint8Array): TicketAnswer {
  const found = ring.find(name);
  // Node wants keys whatever the verdict.
  const { hmac, aes } = found ?? ring.sealing;
  return [found === undefined ? UNKNOWN_KEY : OPENED_RENEW, hmac, aes];
}
