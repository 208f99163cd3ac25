// What a client of the runtime API sends: lines of commands separated by `;`, words separated by
// blanks, `\` before a character that is meant literally, and `<<` at the end of a line when lines of
// payload follow, up to an empty one (haproxy management §9.3).
import { RUNTIME_REQUEST_BYTES_MAX, RUNTIME_WORDS_MAX } from "./limits.ts";

/** One command. */
export interface RuntimeRequest {
  readonly kind: "command";
  /** Bytes, one a character (latin1); empty when the client sent none. */
  readonly words: readonly string[];
  /** Lines with their line feeds; `undefined` without `<<`. */
  readonly payload: string | undefined;
}

/** What is in hand. */
export type RequestOutcome =
  | RuntimeRequest
  | { readonly kind: "more" }
  /** The line, or its payload, is longer than may be: what follows cannot be told apart from it. */
  | { readonly kind: "too-long" }
  | { readonly kind: "too-many-words" };

const MORE: RequestOutcome = { kind: "more" };

/** Cuts bytes into commands. Holds at most `RUNTIME_REQUEST_BYTES_MAX` and one read. */
export class RequestReader {
  #text = "";
  #commands: string[] = [];
  /** Of the command whose payload is coming. */
  #words: readonly string[] | undefined;
  #payload = "";

  /** Whether lines are a payload. */
  get isInPayload(): boolean {
    return this.#words !== undefined;
  }

  /** Whether nothing is left of what came. */
  get isEmpty(): boolean {
    return this.#text === "" && this.#commands.length === 0 && !this.isInPayload;
  }

  /** Takes bytes as they come. */
  push(bytes: Uint8Array): void {
    this.#text += Buffer.from(bytes).toString("latin1");
  }

  /** The next command, oldest first. */
  next(): RequestOutcome {
    for (;;) {
      const command = this.#commands.shift();
      if (command !== undefined) {
        const request = this.#request(command);
        if (request !== undefined) return request;
        continue;
      }
      const line = this.#line();
      if (typeof line !== "string") return line;
      if (this.#words === undefined) this.#commands = splitCommands(line);
      else if (line !== "") {
        this.#payload += `${line}\n`;
        if (this.#payload.length > RUNTIME_REQUEST_BYTES_MAX) return { kind: "too-long" };
      } else {
        const request: RuntimeRequest = {
          kind: "command",
          words: this.#words,
          payload: this.#payload,
        };
        this.#words = undefined;
        this.#payload = "";
        return request;
      }
    }
  }

  /** Nothing if the command's payload has yet to come. */
  #request(command: string): RequestOutcome | undefined {
    const words = splitWords(command);
    if (words.length > RUNTIME_WORDS_MAX) return { kind: "too-many-words" };
    // Only the last command of a line can have a payload: the lines after it are its.
    if (words.at(-1) !== "<<" || this.#commands.length > 0) {
      return { kind: "command", words, payload: undefined };
    }
    this.#words = words.slice(0, -1);
    return undefined;
  }

  #line(): string | RequestOutcome {
    const end = this.#text.indexOf("\n");
    if ((end < 0 ? this.#text.length : end) > RUNTIME_REQUEST_BYTES_MAX) {
      return { kind: "too-long" };
    }
    if (end < 0) return MORE;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }
}

/** Cuts a line at each `;` that has no `\` before it; nothing after the last one is no command. */
export function splitCommands(line: string): string[] {
  const commands: string[] = [];
  let start = 0;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === "\\") i++;
    else if (line[i] === ";") {
      commands.push(line.slice(start, i));
      start = i + 1;
    }
  }
  const rest = line.slice(start);
  if (commands.length === 0 || rest.trim() !== "") commands.push(rest);
  return commands;
}

/** Cuts a command at blanks and takes the `\` away from what it protects. */
export function splitWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < command.length; i++) {
    const char = command[i]!;
    if (char === " " || char === "\t") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "\\") {
      i++;
      if (i < command.length) word = (word ?? "") + command[i]!;
    } else word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}
