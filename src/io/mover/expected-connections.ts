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

  /** Whom to tell of a connection that was expected, once its socket has been reset; `undefined` for a client. */
  take(listener: ListenerId, host: string, port: number): (() => void) | undefined {
    if (this.#seen.size === 0) return undefined;
    const key = keyOf(listener, host, port);
    const onSeen = this.#seen.get(key);
    this.#seen.delete(key);
    return onSeen;
  }
}

function keyOf(listener: ListenerId, host: string, port: number): string {
  return `${listener} ${host} ${port}`;
}
