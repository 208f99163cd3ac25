import { TLS_SESSIONS_PER_SERVER_MAX } from "../../limits.ts";

/** The latest TLS sessions with one server, by the name asked for; the oldest gives way. */
export class SessionCache {
  readonly #sessions = new Map<string, Buffer>();

  /** The session to resume, if there is one. */
  get(serverName: string): Buffer | undefined {
    return this.#sessions.get(serverName);
  }

  /** Keeps a session. A TLS 1.3 server sends several; the last one is as good as any. */
  set(serverName: string, session: Buffer): void {
    this.#sessions.delete(serverName);
    this.#sessions.set(serverName, session);
    if (this.#sessions.size <= TLS_SESSIONS_PER_SERVER_MAX) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }

  /** Drops a session that did not lead to a connection. */
  delete(serverName: string): void {
    this.#sessions.delete(serverName);
  }
}
