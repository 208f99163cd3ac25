// One client of the runtime API (haproxy management §9.3).
//
// Theory of operation. Commands are taken one at a time from what has come. An answer leaves in
// pieces: the next one is made once the former has left this process, so that a client that does not
// read costs one piece, and others have their turn between two pieces. While an answer is under way
// nothing is read. The connection ends after the last answer unless `prompt` was given, and when its
// client is silent, or reads nothing, for too long.
import { assertNever } from "../base/assert.ts";
import { EffectQueue } from "../base/effect-queue.ts";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import { RUNTIME_PIECE_CHARS } from "./limits.ts";
import { levelNumber } from "../log/level.ts";
import {
  type Answer,
  type ConnectionSettings,
  DENIED,
  isAllowed,
  refuse,
  type RuntimeCommand,
  type RuntimeContext,
  type RuntimeEffect,
  tell,
} from "./command.ts";
import { findCommand, unknownCommand } from "./find-command.ts";
import { RequestReader, type RuntimeRequest } from "./request.ts";

/** What happens to a connection. */
export type ConnectionEvent =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** The client sends nothing more; it may still read. */
  | { readonly kind: "ended" }
  /** What was written has left this process. */
  | { readonly kind: "drained" }
  /** The turn that was asked for. */
  | { readonly kind: "turn" }
  /** Nobody is there any more. */
  | { readonly kind: "closed" }
  | { readonly kind: "timeout" };

/** What is to be done for a connection. */
export type ConnectionEffect =
  /** `drained` is expected once it has left. */
  | { readonly kind: "write"; readonly text: string }
  /** Give `turn` once others have had theirs. */
  | { readonly kind: "turn" }
  | { readonly kind: "run"; readonly effect: RuntimeEffect }
  /** A command has failed for a defect of ours; its client knows. */
  | { readonly kind: "defect"; readonly command: string; readonly error: unknown }
  /** Close, after what has been written unless the client is too slow for that. */
  | { readonly kind: "close"; readonly manner: "finish" | "reset" };

/** What a connection begins with. */
export interface ConnectionOptions {
  readonly level: ConnectionSettings["level"];
  readonly timeoutMs: Millis;
  readonly commands: readonly RuntimeCommand[];
  readonly context: RuntimeContext;
}

/** What it waits for. */
type Stage = "input" | "drain" | "turn" | "closed";

const TOO_LONG =
  "Command too long: a line or its payload is longer than 64 kB, or lacks its line feed";

/** One client's dialogue. */
export class RuntimeConnection implements Machine<ConnectionEvent, ConnectionEffect> {
  readonly #options: ConnectionOptions;
  readonly #reader = new RequestReader();
  readonly #effects = new EffectQueue<ConnectionEffect>();
  #settings: ConnectionSettings;
  #stage: Stage = "input";
  #deadlineMs: Millis;
  #pieces: Iterator<string, void> | undefined;
  #hasEnded = false;
  #hasAnswered = false;
  #isQuitting = false;
  /** Whether the client knows that more of a payload is expected. */
  #isPrompted = false;

  constructor(options: ConnectionOptions, nowMs: Millis) {
    this.#options = options;
    this.#settings = {
      level: options.level,
      isInteractive: false,
      timeoutMs: options.timeoutMs,
      severityOutput: "none",
      isExperimental: false,
      isExpert: false,
    };
    this.#deadlineMs = nowMs + options.timeoutMs;
  }

  get settings(): ConnectionSettings {
    return this.#settings;
  }

  /** Whether bytes of the client are to be read at the moment. */
  get wantsInput(): boolean {
    return this.#stage === "input";
  }

  poll(): ConnectionEffect | undefined {
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    return this.#stage === "closed" ? undefined : this.#deadlineMs;
  }

  handle(event: ConnectionEvent, nowMs: Millis): void {
    if (this.#stage === "closed") return;
    if (event.kind === "timeout") {
      if (nowMs >= this.#deadlineMs) this.#close(this.#stage === "input" ? "finish" : "reset");
      return;
    }
    if (event.kind !== "turn") this.#deadlineMs = nowMs + this.#settings.timeoutMs;
    switch (event.kind) {
      case "bytes":
        this.#reader.push(event.bytes);
        this.#isPrompted = false;
        break;
      case "ended":
        this.#hasEnded = true;
        break;
      case "drained":
        if (this.#stage === "drain") this.#stage = "input";
        break;
      case "turn":
        if (this.#stage === "turn") this.#stage = "input";
        break;
      case "closed":
        return this.#close("reset");
      default:
        return assertNever(event);
    }
    this.#advance(nowMs);
  }

  /** Goes on until there is something to wait for. */
  #advance(nowMs: Millis): void {
    while (this.#stage === "input") {
      if (this.#pieces !== undefined) {
        this.#nextPiece(this.#pieces);
        continue;
      }
      if (this.#isQuitting) return this.#close("finish");
      const request = this.#reader.next();
      switch (request.kind) {
        case "more":
          return this.#onNoCommand();
        case "too-long":
          this.#isQuitting = true;
          this.#answer(refuse(TOO_LONG), "too long a line", nowMs);
          break;
        case "too-many-words":
          this.#answer(refuse("Too many words: a command has at most 64"), "many words", nowMs);
          break;
        case "command":
          this.#answer(this.#run(request, nowMs), request.words.join(" "), nowMs);
          break;
        default:
          return assertNever(request);
      }
    }
  }

  #onNoCommand(): void {
    const isDone = !this.#settings.isInteractive && this.#hasAnswered && this.#reader.isEmpty;
    // What a client leaves unfinished may be cut off anywhere, and is not run.
    if (this.#hasEnded || isDone) return this.#close("finish");
    if (!this.#settings.isInteractive || !this.#reader.isInPayload || this.#isPrompted) return;
    this.#isPrompted = true;
    this.#write("+ ");
  }

  #run(request: RuntimeRequest, nowMs: Millis): Answer {
    const { words, payload } = request;
    const { commands, context } = this.#options;
    const first = words[0];
    if (first?.startsWith("@") === true) {
      const what = "this socket is the process's own: leave the prefix out";
      return refuse(`'${first}' names a process for the socket of a master process; ${what}`);
    }
    const command = findCommand(commands, words);
    if (command === undefined) return tell(unknownCommand(commands, words));
    const { level } = this.#settings;
    if (!isAllowed(level, command.level)) return DENIED;
    const isOpen =
      command.mode === undefined ||
      (command.mode === "expert" ? this.#settings.isExpert : this.#settings.isExperimental);
    if (!isOpen) return refuse(`This command is restricted to ${command.mode} mode only.`);
    const args = words.slice(command.words.length);
    try {
      return command.run({ args, payload, level, connection: this.#settings, nowMs }, context);
    } catch (error) {
      return this.#failed(words.join(" "), error);
    }
  }

  #failed(command: string, error: unknown): Answer {
    this.#effects.push({ kind: "defect", command, error });
    return refuse("Internal error: this is a defect, see the log of the process");
  }

  #answer(answer: Answer, command: string, nowMs: Millis): void {
    this.#hasAnswered = true;
    for (const effect of (answer.kind === "output" ? undefined : answer.effects) ?? []) {
      this.#take(effect, nowMs);
    }
    if (this.#isQuitting && answer.kind === "done") return;
    this.#pieces = this.#guarded(this.#texts(answer), command);
  }

  #take(effect: RuntimeEffect, nowMs: Millis): void {
    if (effect.kind === "quit") this.#isQuitting = true;
    else if (effect.kind === "connection") {
      this.#settings = { ...this.#settings, ...effect.change };
      this.#deadlineMs = nowMs + this.#settings.timeoutMs;
    } else this.#effects.push({ kind: "run", effect });
  }

  /** All that is written for an answer, the empty line or the prompt after it included. */
  *#texts(answer: Answer): Generator<string, void> {
    const end = (): string => (this.#settings.isInteractive ? "\n> " : "\n");
    if (answer.kind === "done") yield end();
    else if (answer.kind === "message") {
      const { text } = answer;
      const body = text === "" || text.endsWith("\n") ? text : `${text}\n`;
      yield this.#severityPrefix(answer.severity) + body + end();
    } else {
      let held = "";
      for (const piece of answer.pieces) {
        held += piece;
        if (held.length >= RUNTIME_PIECE_CHARS || piece === "") {
          yield held;
          held = "";
        }
      }
      yield held + end();
    }
  }

  #severityPrefix(severity: Extract<Answer, { kind: "message" }>["severity"]): string {
    const { severityOutput } = this.#settings;
    if (severityOutput === "none") return "";
    return `[${severityOutput === "number" ? levelNumber(severity) : severity}]: `;
  }

  /** A defect ends the answer and nothing else. */
  *#guarded(texts: Generator<string, void>, command: string): Generator<string, void> {
    try {
      yield* texts;
    } catch (error) {
      const answer = this.#failed(command, error);
      if (answer.kind === "message") yield `\n${answer.text}\n\n`;
    }
  }

  #nextPiece(pieces: Iterator<string, void>): void {
    const { done, value } = pieces.next();
    if (done === true) {
      this.#pieces = undefined;
    } else if (value === "") {
      this.#stage = "turn";
      this.#effects.push({ kind: "turn" });
    } else this.#write(value);
  }

  #write(text: string): void {
    this.#stage = "drain";
    this.#effects.push({ kind: "write", text });
  }

  #close(manner: "finish" | "reset"): void {
    this.#stage = "closed";
    this.#pieces?.return?.();
    this.#pieces = undefined;
    this.#effects.push({ kind: "close", manner });
  }
}
