// Connections that wait for their servers: most are in a relay before watching them would pay.
import { LATE_WATCH_MS } from "../../../limits.ts";
import type { NativeConnection } from "./native-connection.ts";

/** Watches connections one to two times `LATE_WATCH_MS` later. */
export class LateWatch {
  #younger: NativeConnection[] = [];
  #older: NativeConnection[] = [];
  #timer: NodeJS.Timeout | undefined;

  add(connection: NativeConnection): void {
    this.#younger.push(connection);
    this.#timer ??= setInterval(() => this.#turn(), LATE_WATCH_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #turn(): void {
    for (const connection of this.#older) if (connection.phase === "open") connection.watch();
    this.#older = this.#younger;
    this.#younger = [];
    if (this.#older.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
