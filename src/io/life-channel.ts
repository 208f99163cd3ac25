// The balancer's end of the pipe to the guard that started it (src/base/life.ts). Nothing here waits:
// a beat or a batch of tickles that the pipe does not take is left out. The end of the pipe is the
// guard's death.
import net from "node:net";
import { BeatTimer } from "../base/io/beat-timer.ts";
import {
  decodeToBalancer,
  type FromBalancer,
  LIFE_BEAT_MS,
  LIFE_BEAT_MS_MAX,
  LIFE_BEAT_MS_MIN,
  LIFE_BEAT_VARIABLE,
  LIFE_FD_VARIABLE,
} from "../base/life.ts";
import { LineReader } from "../base/line-reader.ts";
import type { Millis } from "../base/units.ts";
import { LIFE_HEARD_CHARS_MAX, LIFE_LINE_BYTES_MAX } from "../limits.ts";

/** What the environment says of the pipe. */
export interface LifeSettings {
  readonly fd: number;
  readonly beatMs: Millis;
}

/** Reads the settings, and takes them out of the environment: what this process starts has no such pipe. */
export function takeLifeSettings(
  environment: Record<string, string | undefined>,
): LifeSettings | undefined {
  const fd = environment[LIFE_FD_VARIABLE];
  const beat = Number(environment[LIFE_BEAT_VARIABLE]);
  Reflect.deleteProperty(environment, LIFE_FD_VARIABLE);
  Reflect.deleteProperty(environment, LIFE_BEAT_VARIABLE);
  if (fd === undefined) return undefined;
  const isUsable = beat >= LIFE_BEAT_MS_MIN && beat <= LIFE_BEAT_MS_MAX;
  // Not a number of a descriptor: opening it fails and says so.
  return { fd: /^\d{1,7}$/.test(fd) ? Number(fd) : -1, beatMs: isUsable ? beat : LIFE_BEAT_MS };
}

/** What the channel asks of its process. */
export interface LifeChannelHost {
  /** The next beat. */
  beat(): Extract<FromBalancer, { kind: "beat" }>;
  /** This node holds these virtual IP addresses now; told after `ready` only. */
  vips(held: readonly string[]): void;
  /** The guard has ended; told once, after `ready` only. */
  guardLost(): void;
}

/** An open pipe to the guard. */
export class LifeChannel {
  readonly #socket: net.Socket;
  readonly #beats: BeatTimer;
  readonly #host: LifeChannelHost;
  readonly #lines = new LineReader(LIFE_HEARD_CHARS_MAX);
  #isLost = false;

  /** Throws where the descriptor is not an open pipe or socket. */
  constructor(settings: LifeSettings, host: LifeChannelHost) {
    this.#beats = new BeatTimer(settings.beatMs, () => this.#beat());
    this.#host = host;
    this.#socket = new net.Socket({ fd: settings.fd, readable: true, writable: true });
    this.#socket.on("error", () => this.#onLost());
    this.#socket.on("close", () => this.#onLost());
  }

  /** Listeners are open: begins to beat, and to watch for the end of the pipe. */
  ready(listeners: readonly string[]): void {
    this.#send({ kind: "ready", listeners: fitting(listeners) });
    this.#socket.on("end", () => this.#onLost());
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (text: string) => this.#onText(text));
    this.#beat();
    this.#beats.start();
  }

  /** Tells that the process is about to end; beats go on while its event loop turns. */
  stopping(reason: string): void {
    this.#send({ kind: "stopping", reason: reason.slice(0, LIFE_LINE_BYTES_MAX / 8) });
  }

  /** Asks for tickles; dropped while the guard does not read. */
  tickle(connections: string): void {
    if (this.#socket.writableLength === 0) this.#send({ kind: "tickle", connections });
  }

  /** Ends the beats and closes the pipe. */
  close(): void {
    this.#isLost = true;
    this.#beats.stop();
    this.#socket.destroy();
  }

  #beat(): void {
    // What waits already is as good as a newer one, and a guard that is stopped reads nothing.
    if (this.#socket.writableLength === 0) this.#send(this.#host.beat());
  }

  #onText(text: string): void {
    for (const line of this.#lines.push(text)) {
      const message = decodeToBalancer(line);
      if (message === undefined || this.#isLost) continue;
      if (message.kind === "vips") this.#host.vips(message.held);
      else if (message.everyMs !== undefined) this.#beats.setPeriod(message.everyMs);
    }
  }

  #send(message: FromBalancer): void {
    if (!this.#isLost && this.#socket.writable) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  #onLost(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#beats.stop();
    this.#socket.destroy();
    this.#host.guardLost();
  }
}

/** As many names as fit into half a line, which leaves room for quotes and escapes. */
function fitting(names: readonly string[]): readonly string[] {
  let byteCount = 0;
  const end = names.findIndex((name) => {
    byteCount += Buffer.byteLength(name) + 3;
    return byteCount > LIFE_LINE_BYTES_MAX / 2;
  });
  return end === -1 ? names : names.slice(0, end);
}
