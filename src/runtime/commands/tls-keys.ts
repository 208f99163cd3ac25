// Commands about the keys of TLS session tickets (haproxy management §9.3).
import type { TicketKeyRing } from "../../tickets/key-ring.ts";
import { readTicketKey } from "../../tickets/read-keys.ts";
import {
  type Answer,
  type CommandCall,
  DENIED,
  isAllowed,
  output,
  refuse,
  type RuntimeCommand,
  type RuntimeContext,
  tell,
} from "../command.ts";

/** These commands. */
export const TLS_KEY_COMMANDS: readonly RuntimeCommand[] = [
  {
    words: ["show", "tls-keys"],
    usage: "show tls-keys [id|*]",
    help: "show tls keys references or dump tls ticket keys when id specified",
    level: "user",
    run: showKeys,
  },
  {
    words: ["set", "ssl", "tls-key"],
    usage: "set ssl tls-key [id|file] <key>",
    help: "set the next TLS key for the <id> or <file> listener to <key>",
    level: "admin",
    run: setKey,
  },
];

/** Which files there are; with a word, also their keys, the one that was set first ahead. */
function showKeys({ args, level }: CommandCall, context: RuntimeContext): Answer {
  const [word] = args;
  const rings = [...context.ticketKeys().entries()];
  if (word === undefined || word === "") {
    return output(`# id (file)\n${rings.map(([id, { file }]) => `${id} (${file})\n`).join("")}`);
  }
  // Whoever has the keys can read what was said under them.
  if (!isAllowed(level, "admin")) return DENIED;
  const shown = word.startsWith("*") ? rings : rings.filter((entry) => isNamed(entry, word));
  if (shown.length === 0 && !word.startsWith("*")) {
    return refuse("'show tls-keys' unable to locate referenced filename");
  }
  return output(`# id secret\n${shown.map(linesOf).join("")}`);
}

function linesOf([id, { file, keys }]: readonly [number, TicketKeyRing]): string {
  const lines = keys.map((key, index) => `${id}.${index} ${Buffer.from(key).toString("base64")}\n`);
  return `# ${id} (${file})\n${lines.join("")}`;
}

/** A file is named by itself or by `#<id>`. */
function isNamed([id, { file }]: readonly [number, TicketKeyRing], word: string): boolean {
  return word.startsWith("#") ? word === `#${id}` : word === file;
}

function setKey({ args }: CommandCall, context: RuntimeContext): Answer {
  const [name = "", word = ""] = args;
  if (name === "" || word === "") {
    return refuse("'set ssl tls-key' expects a filename and the new TLS key in base64 encoding.");
  }
  const found = [...context.ticketKeys().entries()].find((entry) => isNamed(entry, name));
  if (found === undefined) return refuse("'set ssl tls-key' unable to locate referenced filename");
  const [, ring] = found;
  const outcome = readTicketKey(word);
  if (!outcome.ok) {
    return refuse(
      outcome.why === "base64"
        ? "'set ssl tls-key' received invalid base64 encoded TLS key."
        : "'set ssl tls-key' received a key of wrong size.",
    );
  }
  if (ring.isFixed) {
    return refuse("Keys cannot be set with this Node.js: append it to the file and reload.");
  }
  ring.push(outcome.key);
  return tell("TLS ticket key updated!");
}
