// What systemd is told of the service (sd_notify(3)): ready, reloading, stopping, alive.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

/** The part of `unix-dgram` used here; the callback runs before `send` returns. */
interface DatagramSocket {
  send(
    bytes: Buffer,
    offset: number,
    length: number,
    path: string,
    done: (error?: Error) => void,
  ): void;
  on(event: "error", listener: () => void): void;
  close(): void;
}

/** Tells systemd; does nothing where the environment names no socket. */
export class SystemdNotifier {
  readonly #path: string;
  #socket: DatagramSocket | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#path = environment["NOTIFY_SOCKET"] ?? "";
    if (this.#path === "") return;
    this.#socket = openSocket(this.#path);
    const watchdogUsec = Number(environment["WATCHDOG_USEC"] ?? 0);
    if (!(watchdogUsec > 0)) return;
    // sd_watchdog_enabled(3): every half of it.
    this.#watchdog = setInterval(() => this.notify("WATCHDOG=1"), watchdogUsec / 2_000);
    this.#watchdog.unref();
  }

  /** One assignment such as `READY=1`, or several in lines. */
  notify(state: string): void {
    if (this.#path === "" || this.#sendDatagram(state)) return;
    const child = spawn("systemd-notify", [`--pid=${process.pid}`, ...state.split("\n")], {
      stdio: "ignore",
    });
    child.once("error", () => undefined);
    child.unref();
  }

  close(): void {
    clearInterval(this.#watchdog);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #sendDatagram(state: string): boolean {
    let isSent = false;
    const bytes = Buffer.from(state);
    this.#socket?.send(bytes, 0, bytes.length, this.#path, (error) => {
      isSent = error === undefined;
    });
    return isSent;
  }
}

/** systemd wants the message from the service's own process, so a socket of our own is preferred. */
function openSocket(path: string): DatagramSocket | undefined {
  // An abstract name (`@…`) is beyond unix-dgram.
  if (!path.startsWith("/")) return undefined;
  try {
    const module = createRequire(import.meta.url)("unix-dgram") as {
      createSocket(type: "unix_dgram"): DatagramSocket;
    };
    const socket = module.createSocket("unix_dgram");
    socket.on("error", () => undefined);
    return socket;
  } catch {
    return undefined;
  }
}
