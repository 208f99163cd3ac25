// The agent's end of the pipe to its guard.
import net from "node:net";
import { BeatTimer } from "../../src/base/io/beat-timer.ts";
import { LIFE_BEAT_MS, LIFE_BEAT_VARIABLE, LIFE_FD_VARIABLE } from "../../src/base/life.ts";
import { LineReader } from "../../src/base/line-reader.ts";
import type { Millis } from "../../src/base/units.ts";
import { BEATS_PER_SILENCE, GUARD_SILENCE_MS, LIFE_LINE_CHARS_MAX } from "../limits.ts";
import type { ToAgent, ToGuard } from "../supervise/messages.ts";
import { decodeToAgent, encodeMessage } from "../supervise/wire.ts";
import { monotonicMs } from "./clock.ts";

/** What an agent wants to hear from its guard. */
export interface GuardChannelOptions {
  onMessage(message: ToAgent): void;
  /** The guard is dead. Called once; never after `close`. */
  onEnd(): void;
  /** The guard said nothing for so long; called once for each silence. A reason to warn, no more. */
  onSilence?(silentMs: Millis): void;
}

/** A pipe to the guard; beats by itself, as often as the guard says. */
export class GuardChannel {
  readonly #socket: net.Socket;
  readonly #options: GuardChannelOptions;
  readonly #lines = new LineReader(LIFE_LINE_CHARS_MAX);
  readonly #beats: BeatTimer;
  #heardMs = monotonicMs();
  #tickedMs = monotonicMs();
  #isSilenceTold = false;
  #isOver = false;

  constructor(fd: number, options: GuardChannelOptions, beatMs: Millis = LIFE_BEAT_MS) {
    this.#options = options;
    this.#beats = new BeatTimer(beatMs, () => this.#beat());
    this.#socket = new net.Socket({ fd, readable: true, writable: true });
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (text: string) => this.#onText(text));
    this.#socket.on("error", () => this.#end());
    this.#socket.on("end", () => this.#end());
    this.#socket.on("close", () => this.#end());
    this.#beats.start();
  }

  /**
   * Hands a message to the kernel, where it outlives this process; false while it is only queued,
   * because the guard does not read, or after the end.
   */
  send(message: ToGuard): boolean {
    if (this.#isOver) return false;
    this.#socket.write(encodeMessage(message));
    return this.#socket.writableLength === 0;
  }

  /** Whether the guard was there when last heard of. */
  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** Says no more and hears no more. */
  close(): void {
    this.#isOver = true;
    this.#beats.stop();
    this.#socket.destroy();
  }

  #beat(): void {
    // Beats are not queued: one that arrives late says nothing.
    if (this.#socket.writableLength === 0) this.send({ kind: "beat" });
    this.#mindSilence();
  }

  #mindSilence(): void {
    const nowMs = monotonicMs();
    // A pause of this process is nobody's silence.
    this.#heardMs += Math.max(0, nowMs - this.#tickedMs - this.#beats.everyMs);
    this.#tickedMs = nowMs;
    const silentMs = nowMs - this.#heardMs;
    const boundMs = Math.max(GUARD_SILENCE_MS, BEATS_PER_SILENCE * this.#beats.everyMs);
    if (silentMs < boundMs || this.#isSilenceTold) return;
    this.#isSilenceTold = true;
    this.#options.onSilence?.(silentMs);
  }

  #onText(text: string): void {
    this.#heardMs = monotonicMs();
    this.#isSilenceTold = false;
    for (const line of this.#lines.push(text)) {
      const message = decodeToAgent(line);
      if (message === undefined || this.#isOver) continue;
      if (message.kind === "beat" && message.everyMs !== undefined) {
        this.#beats.setPeriod(message.everyMs);
      }
      this.#options.onMessage(message);
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.close();
    this.#options.onEnd();
  }
}

/**
 * Opens the pipe that the guard named in the environment, and takes its name out of there, so that
 * scripts do not find it; `undefined` when no guard started this process.
 */
export function openGuardChannel(options: GuardChannelOptions): GuardChannel | undefined {
  const fd = Number(process.env[LIFE_FD_VARIABLE] ?? NaN);
  const beatMs = Number(process.env[LIFE_BEAT_VARIABLE] ?? LIFE_BEAT_MS);
  Reflect.deleteProperty(process.env, LIFE_FD_VARIABLE);
  Reflect.deleteProperty(process.env, LIFE_BEAT_VARIABLE);
  if (!Number.isInteger(fd) || fd < 3) return undefined;
  return new GuardChannel(fd, options, beatMs > 0 ? beatMs : LIFE_BEAT_MS);
}
