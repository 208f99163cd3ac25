// One listening socket of the runtime API (haproxy configuration §3.1 `stats socket`).
import fs from "node:fs";
import type { Socket } from "node:net";
import type { StatsSocket } from "../../config/model/global.ts";
import { LISTEN_BACKLOG_DEFAULT } from "../../limits.ts";
import { formatBindAddress } from "../../session/plan-listeners.ts";
import { NodeListener } from "../mover/listener.ts";

/** How an attempt to open a socket ended. */
export type OpenedOrFailed =
  { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };

/** A socket; it is opened paused, and those who come wait. */
export class RuntimeListener {
  readonly key: string;
  /** A reload may give it another level. */
  socket: StatsSocket;
  readonly opened: Promise<OpenedOrFailed>;
  readonly #listener: NodeListener;
  /** The file of a unix socket, to tell it from one that has taken its place. */
  #inode: number | undefined;

  constructor(socket: StatsSocket, arrived: (from: RuntimeListener, client: Socket) => void) {
    this.key = formatBindAddress(socket.endpoint);
    this.socket = socket;
    let settle: (outcome: OpenedOrFailed) => void = () => undefined;
    this.opened = new Promise((resolve) => (settle = resolve));
    this.#listener = new NodeListener(
      {
        listening: () => {
          this.#inode = this.#inodeNow();
          settle({ ok: true });
        },
        listenFailed: (_listener, code, message) => settle({ ok: false, code, message }),
        hasRoom: () => true,
        takesOwn: () => false,
        arrived: (_listener, client) => arrived(this, client),
      },
      0,
      {
        address: socket.endpoint,
        backlog: LISTEN_BACKLOG_DEFAULT,
        v6only: false,
        transparent: false,
        access: socket.access,
        socket: { keepalive: false },
      },
    );
    this.#listener.pause();
    this.#listener.open();
  }

  /** Whether its address is one that only one process can listen on. */
  get isExclusive(): boolean {
    const { endpoint } = this.socket;
    return endpoint.kind === "ip" || (endpoint.kind === "unix" && endpoint.abstract);
  }

  /** As `show cli sockets` names it. */
  get shownAddress(): string {
    const { endpoint } = this.socket;
    if (endpoint.kind === "fd") return `fd@${endpoint.fd}`;
    if (endpoint.kind === "ip") return `ipv${endpoint.family}@${endpoint.host}:${endpoint.port}`;
    return `${endpoint.abstract ? "abns" : "unix"}@${endpoint.path}`;
  }

  setPaused(isPaused: boolean): void {
    if (isPaused === this.#listener.isPaused) return;
    if (isPaused) this.#listener.pause();
    else this.#listener.resume();
  }

  /** Stops to listen. */
  close(): void {
    this.#listener.close();
  }

  /** Removes the file, unless another process has taken the path. */
  removeFile(): void {
    const { endpoint } = this.socket;
    if (endpoint.kind !== "unix" || endpoint.abstract || this.#inode === undefined) return;
    try {
      if (this.#inodeNow() === this.#inode) fs.rmSync(endpoint.path, { force: true });
    } catch {
      // The folder may be root's, and this process no longer root's: the next one replaces the file.
    }
  }

  #inodeNow(): number | undefined {
    const { endpoint } = this.socket;
    if (endpoint.kind !== "unix" || endpoint.abstract) return undefined;
    return fs.statSync(endpoint.path, { throwIfNoEntry: false })?.ino;
  }
}
