// The socket of one client of the runtime API.
import type { Socket } from "node:net";
import { assertNever } from "../../base/assert.ts";
import type { Millis } from "../../base/units.ts";
import type { RuntimeEffect } from "../../runtime/command.ts";
import type {
  ConnectionEffect,
  ConnectionEvent,
  RuntimeConnection,
} from "../../runtime/connection.ts";
import { monotonicMs } from "../clock.ts";

/** How long a client may take to read the last of its answer and leave, ms. */
const LINGER_MS = 1_000;

/** What a client needs from its server. */
export interface RuntimeClientHost {
  run(effect: RuntimeEffect, nowMs: Millis): void;
  /** A command has failed for a defect. */
  defect(command: string, error: unknown): void;
  /** An event is about to be handled. */
  enter(nowMs: Millis): void;
  /** Its deadline may be another. */
  rescheduled(client: RuntimeClient): void;
  gone(client: RuntimeClient): void;
}

/** Joins a connection's machine to its socket. */
export class RuntimeClient {
  readonly #host: RuntimeClientHost;
  readonly #socket: Socket;
  readonly #connection: RuntimeConnection;
  #linger: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(host: RuntimeClientHost, socket: Socket, connection: RuntimeConnection) {
    this.#host = host;
    this.#socket = socket;
    this.#connection = connection;
    socket.on("data", (bytes) => this.#feed({ kind: "bytes", bytes }));
    socket.on("end", () => this.#feed({ kind: "ended" }));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#onClosed());
    this.#feed(undefined);
  }

  /** When `onTimeout` is due. */
  nextTimeout(): Millis | undefined {
    return this.#isOver ? undefined : this.#connection.nextTimeout();
  }

  onTimeout(): void {
    this.#feed({ kind: "timeout" });
  }

  /** Ends it at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #onClosed(): void {
    clearTimeout(this.#linger);
    if (!this.#isOver) this.#feed({ kind: "closed" });
    this.#host.gone(this);
  }

  #feed(event: ConnectionEvent | undefined): void {
    if (this.#isOver) return;
    const nowMs = monotonicMs();
    this.#host.enter(nowMs);
    if (event !== undefined) this.#connection.handle(event, nowMs);
    for (
      let effect = this.#connection.poll();
      effect !== undefined;
      effect = this.#connection.poll()
    ) {
      this.#take(effect, nowMs);
    }
    this.#host.rescheduled(this);
    this.#regulate();
  }

  /** Reads only what can be answered now. */
  #regulate(): void {
    if (this.#isOver) return;
    if (this.#connection.wantsInput) this.#socket.resume();
    else this.#socket.pause();
  }

  #take(effect: ConnectionEffect, nowMs: Millis): void {
    switch (effect.kind) {
      case "write":
        // What the system takes at once is done before others had their turn.
        this.#socket.write(effect.text, () => {
          setImmediate(() => this.#feed({ kind: "drained" }));
        });
        return;
      case "turn":
        setImmediate(() => this.#feed({ kind: "turn" }));
        return;
      case "run":
        return this.#host.run(effect.effect, nowMs);
      case "defect":
        return this.#host.defect(effect.command, effect.error);
      case "close":
        return this.#close(effect.manner);
      default:
        return assertNever(effect);
    }
  }

  #close(manner: "finish" | "reset"): void {
    this.#isOver = true;
    if (manner === "reset") {
      this.#socket.destroy();
      return;
    }
    // What is left unread would make the system reset the connection, and lose the answer with it.
    this.#socket.resume();
    this.#socket.end();
    this.#linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
  }
}
