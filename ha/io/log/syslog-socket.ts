// The local syslog daemon, through the optional `unix-dgram`; without it lines go to stderr.
import { createRequire } from "node:module";

/** The part of `unix-dgram` used here. */
interface DatagramSocket {
  send(bytes: Buffer, offset: number, length: number, path: string, done: () => void): void;
  on(event: "error", listener: () => void): void;
  close(): void;
}

const PATH = "/dev/log";

/** Sends each line to /dev/log. A daemon that is away misses lines; nothing waits for it. */
export class SyslogSocket {
  #socket: DatagramSocket | undefined;
  #isMissing = false;

  send(line: string): void {
    const socket = this.#open();
    if (socket === undefined) {
      process.stderr.write(`${line}\n`);
      return;
    }
    const bytes = Buffer.from(line);
    socket.send(bytes, 0, bytes.length, PATH, () => undefined);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #open(): DatagramSocket | undefined {
    if (this.#socket !== undefined || this.#isMissing) return this.#socket;
    try {
      const load = createRequire(import.meta.url);
      const module = load("unix-dgram") as { createSocket(type: "unix_dgram"): DatagramSocket };
      this.#socket = module.createSocket("unix_dgram");
      this.#socket.on("error", () => undefined);
    } catch {
      this.#isMissing = true;
    }
    return this.#socket;
  }
}
