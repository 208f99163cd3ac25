import type net from "node:net";
import type { ListenerId } from "../../session/mover.ts";

/** Connections that this process makes to its own listeners, which are no clients: by where they come from. */
export class ExpectedConnections {
  readonly #seen = new Map<string, () => void>();

  /** Expects one connection from this address of ours; the returned function ends that. */
  expect(listener: ListenerId, host: string, port: number, onSeen: () => void): () => void {
    const key = keyOf(listener, host, port);
    this.#seen.set(key, onSeen);
    return () => this.#seen.delete(key);
  }

  /** Resets a connection that was expected and tells so; whether it was one. */
  takes(listener: ListenerId, socket: net.Socket): boolean {
    if (this.#seen.size === 0) return false;
    const key = keyOf(listener, socket.remoteAddress ?? "", socket.remotePort ?? 0);
    const onSeen = this.#seen.get(key);
    if (onSeen === undefined) return false;
    this.#seen.delete(key);
    socket.on("error", () => undefined);
    // A reset leaves no TIME_WAIT behind.
    socket.resetAndDestroy();
    onSeen();
    return true;
  }
}

function keyOf(listener: ListenerId, host: string, port: number): string {
  return `${listener} ${host} ${port}`;
}
