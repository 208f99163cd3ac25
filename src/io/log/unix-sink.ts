// Sends lines to unix datagram sockets such as /dev/log, through the optional `unix-dgram`.
import { createRequire } from "node:module";
import type { LogSink, SinkWarning } from "./sink.ts";

/** The part of `unix-dgram` used here; the callback runs before `send` returns. */
interface UnixDatagramSocket {
  send(
    bytes: Buffer,
    offset: number,
    length: number,
    path: string,
    done: (error?: NodeJS.ErrnoException) => void,
  ): void;
  on(event: "error", listener: () => void): void;
  close(): void;
}

interface UnixDatagramModule {
  createSocket(type: "unix_dgram"): UnixDatagramSocket;
}

/** The process's one unix datagram socket, opened when first needed. */
export class UnixDatagrams {
  #socket: UnixDatagramSocket | undefined;
  #missing = false;

  /** `undefined` when `unix-dgram` is not installed or cannot be loaded. */
  get(): UnixDatagramSocket | undefined {
    if (this.#socket !== undefined || this.#missing) return this.#socket;
    try {
      const load = createRequire(import.meta.url);
      const module = load("unix-dgram") as UnixDatagramModule;
      this.#socket = module.createSocket("unix_dgram");
      this.#socket.on("error", () => undefined);
    } catch {
      this.#missing = true;
    }
    return this.#socket;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

/**
 * Sends each line to a path. The path is looked at anew for every line, so a syslog daemon that
 * restarts and makes its socket again gets the next line. Without `unix-dgram`, lines go to `fallback`.
 */
export class UnixSink implements LogSink {
  readonly #datagrams: UnixDatagrams;
  readonly #path: string;
  readonly #fallback: LogSink;
  readonly #warn: SinkWarning;
  #droppedCount = 0;
  #failing = false;
  #warnedMissing = false;

  constructor(datagrams: UnixDatagrams, path: string, fallback: LogSink, warn: SinkWarning) {
    this.#datagrams = datagrams;
    this.#path = path;
    this.#fallback = fallback;
    this.#warn = warn;
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  write(bytes: Buffer): void {
    const socket = this.#datagrams.get();
    if (socket === undefined) {
      this.#onMissingModule();
      this.#fallback.write(bytes);
      return;
    }
    socket.send(bytes, 0, bytes.length, this.#path, (error) => this.#onSent(error));
  }

  flush(): Promise<void> {
    return this.#datagrams.get() === undefined ? this.#fallback.flush() : Promise.resolve();
  }

  close(): void {
    // The socket is shared; its owner closes it.
  }

  #onMissingModule(): void {
    if (this.#warnedMissing) return;
    this.#warnedMissing = true;
    this.#warn(
      `log lines for "${this.#path}" go to stderr: the optional package unix-dgram is not ` +
        `installed, install it with a C++ compiler at hand, or log to an address over UDP`,
    );
  }

  /** One warning for each time that it begins to fail. */
  #onSent(error: NodeJS.ErrnoException | undefined): void {
    if (error === undefined) {
      this.#failing = false;
      return;
    }
    this.#droppedCount++;
    if (this.#failing) return;
    this.#failing = true;
    this.#warn(`log lines to "${this.#path}" are lost: ${error.message}`);
  }
}
