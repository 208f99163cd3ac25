// Connections that wait for their servers: most are in a relay before watching them would pay.
import { LATE_WATCH_MS } from "../../../limits.ts";
import type { ConnectionId } from "../../../session/mover.ts";
import type { NativeConnection } from "./native-connection.ts";

/** Watches connections one to two times `LATE_WATCH_MS` later. */
export class LateWatch {
  readonly #find: (name: ConnectionId) => NativeConnection | undefined;
  // Names: objects that are kept for so long outlive a collection of young ones, and fill memory.
  #younger: ConnectionId[] = [];
  #older: ConnectionId[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `find`: the connection of a name, unless it is in a relay or gone. */
  constructor(find: (name: ConnectionId) => NativeConnection | undefined) {
    this.#find = find;
  }

  add({ id }: NativeConnection): void {
    this.#younger.push(id);
    this.#timer ??= setInterval(() => this.#turn(), LATE_WATCH_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #turn(): void {
    for (const name of this.#older) {
      this.#find(name)?.watchOpen();
    }
    this.#older = this.#younger;
    this.#younger = [];
    if (this.#older.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
