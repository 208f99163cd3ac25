// The file of `tls-ticket-keys`: a key in base64 on each line, the newest one last.
import { TICKET_KEY_BYTES, TICKET_KEYS } from "../limits.ts";

/** The keys of a file, or what is wrong with it. */
export type TicketKeysOutcome =
  | {
      readonly ok: true;
      /** The last `TICKET_KEYS`, in the order of the file. */
      readonly keys: readonly Uint8Array[];
    }
  | { readonly ok: false; readonly problem: string };

/** One key, or what is wrong with it. */
export type TicketKeyOutcome =
  | { readonly ok: true; readonly key: Uint8Array }
  | { readonly ok: false; readonly why: "base64" }
  | { readonly ok: false; readonly why: "size"; readonly bytes: number };

/** Bytes of a key for AES-256, which HAProxy takes, too. */
const LARGE_KEY_BYTES = 80;

/** How to make a key that is taken. */
const RECIPE = "make keys by 'openssl rand -base64 48'";

/** Reads the text of a file. Texts of problems name the line, and never what stands in it. */
export function readTicketKeys(text: string): TicketKeysOutcome {
  const lines = text.split("\n");
  // What stands behind the last line feed is a line only if there is something.
  if (lines.at(-1) === "") lines.pop();
  const keys: Uint8Array[] = [];
  for (const [index, line] of lines.entries()) {
    const outcome = readTicketKey(line.replace(/\r$/, ""));
    if (!outcome.ok) return { ok: false, problem: problemOf(outcome, index + 1) };
    keys.push(outcome.key);
  }
  if (keys.length < TICKET_KEYS) {
    const problem = `please supply at least ${TICKET_KEYS} keys in the tls-tickets-file (found ${keys.length}; ${RECIPE})`;
    return { ok: false, problem };
  }
  return { ok: true, keys: keys.slice(-TICKET_KEYS) };
}

/** Reads one key in base64 with its padding (RFC 4648 §4), without blanks. */
export function readTicketKey(word: string): TicketKeyOutcome {
  const key = Buffer.from(word, "base64");
  // Node passes over what is no base64.
  if (key.toString("base64") !== word) return { ok: false, why: "base64" };
  if (key.length !== TICKET_KEY_BYTES) return { ok: false, why: "size", bytes: key.length };
  return { ok: true, key };
}

function problemOf(outcome: TicketKeyOutcome & { readonly ok: false }, line: number): string {
  if (outcome.why === "base64") return `unable to decode base64 key on line ${line} (${RECIPE})`;
  const found = `wrong sized key on line ${line} (found ${outcome.bytes} bytes, expected ${TICKET_KEY_BYTES}`;
  return outcome.bytes === LARGE_KEY_BYTES
    ? `${found}: keys of ${LARGE_KEY_BYTES} bytes are for AES-256, which Node.js does not seal tickets with; ${RECIPE}, for all nodes)`
    : `${found}; ${RECIPE})`;
}
