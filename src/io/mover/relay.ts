// Two joined connections. Each direction holds at most one chunk: when the receiving side's kernel
// does not take it at once, the sending side is not read until it has.
import type { Millis } from "../../base/units.ts";
import { LEAVE_LINGER_MS } from "../../limits.ts";
import type { PacketTracker } from "../../mqtt/frames.ts";
import type { CloseManner, RelayCounters, RelayEnd, RelaySpec } from "../../session/mover.ts";
import type { NodeConnection } from "./connection.ts";
import type { DeadlineEntry } from "./deadlines.ts";
import { relayDue } from "./relay-timeouts.ts";

/** What a relay needs from its mover. */
export interface RelayHost {
  nowMs(): Millis;
  /** Both sides are closed. */
  relayEnded(relay: Relay): void;
  /** Its deadline may be nearer than it was. */
  deadlineMoved(relay: Relay): void;
}

/** A running relay. */
export class Relay implements DeadlineEntry {
  readonly client: NodeConnection;
  readonly server: NodeConnection;
  spec: RelaySpec;
  /** Why it ends: what happened first, but for an orderly end. */
  end: RelayEnd | undefined;
  code: string | undefined;
  deadlineSlot = -1;
  readonly #host: RelayHost;
  #openCount = 2;
  /** Whether we take leave of the client: once the server's packet is over, and until both are gone. */
  #leave: "not" | "waits" | "done" = "not";
  #farewell: Uint8Array | undefined;
  #leaveDueMs: Millis | undefined;

  constructor(host: RelayHost, client: NodeConnection, server: NodeConnection, spec: RelaySpec) {
    this.#host = host;
    this.client = client;
    this.server = server;
    this.spec = spec;
  }

  /** Joins both sides; bytes in hand and an end that has come already go first. */
  start(): void {
    const { client, server, spec } = this;
    if (spec.framing !== undefined) {
      client.frames = spec.framing;
      server.frames = spec.framing.opposite();
    }
    client.joinRelay(this, server);
    server.joinRelay(this, client);
    if (client.hasEnded) this.onEnded(client);
    if (server.hasEnded) this.onEnded(server);
  }

  /** Bytes received from either side since it was accepted or connected, those consumed left out. */
  counters(): RelayCounters {
    const { client, server } = this;
    const bytes = { bytesToServer: client.bytesIn, bytesToClient: server.bytesIn };
    if (client.frames === undefined || server.frames === undefined) return bytes;
    const packets = {
      toServer: client.frames.counts.slice(),
      toClient: server.frames.counts.slice(),
    };
    return { ...bytes, packets };
  }

  /** Follows the packets of a side; how many of the bytes go on. */
  follow(side: NodeConnection, frames: PacketTracker, bytes: Uint8Array): number {
    return frames.take(bytes, this.#leave === "waits" && side === this.server);
  }

  /** What was followed has been passed on: the client departs if it waits for that. */
  departIfDue(): void {
    const { frames } = this.server;
    const isAmid = frames !== undefined && !frames.isAtBoundary && !frames.isOff;
    if (this.#leave === "waits" && !isAmid) this.#depart();
  }

  /** See `Mover.leave`. */
  leave(farewell: Uint8Array | undefined): void {
    if (this.#leave !== "not") return;
    if (this.#openCount < 2) return this.close("finish");
    this.#noteEnd("closed", undefined);
    this.#farewell = farewell;
    this.#leave = "waits";
    if (this.server.hasEnded) this.#depart();
    else this.departIfDue();
  }

  /** The client gets its last packet and is told of the end. What it still says goes on to its server. */
  #depart(): void {
    const { client, server } = this;
    this.#leave = "done";
    this.#leaveDueMs = this.#host.nowMs() + LEAVE_LINGER_MS;
    server.peer = undefined;
    if (server.frames?.isAtBoundary === true && !server.hasEnded && this.#farewell !== undefined) {
      client.socket.write(this.#farewell);
    }
    client.socket.end();
    this.#host.deadlineMoved(this);
  }

  /** See `DeadlineEntry`. */
  dueMs(): Millis | undefined {
    const silentMs = relayDue(this.spec, this.client, this.server)?.dueMs ?? Infinity;
    const dueMs = Math.min(silentMs, this.#leaveDueMs ?? Infinity);
    return dueMs === Infinity ? undefined : dueMs;
  }

  /** See `DeadlineEntry`: a side has been silent for too long. */
  onDue(): void {
    if (this.#leaveDueMs !== undefined && this.#host.nowMs() >= this.#leaveDueMs) {
      this.client.reset();
      this.server.reset();
      return;
    }
    const due = relayDue(this.spec, this.client, this.server);
    this.#noteEnd(due?.side === "server" ? "server-timeout" : "client-timeout", undefined);
    this.#destroyBoth();
  }

  /** A side has sent its last byte; the other one is told once it has taken all bytes. */
  onEnded(side: NodeConnection): void {
    this.#noteEnd(side === this.client ? "client-closed" : "server-closed", undefined);
    if (side === this.client && this.spec.resetServerAtEnd === true) {
      this.server.reset();
      this.client.reset();
      return;
    }
    this.#other(side).socket.end();
    this.#host.deadlineMoved(this);
  }

  /** A side that has ended, and so had no deadline, does not take its bytes. */
  onOwed(): void {
    this.#host.deadlineMoved(this);
  }

  /**
   * A side was reset or could not be written to. As with HAProxy a server learns of a client's
   * reset by a reset, while a client gets what is still queued and an orderly end.
   */
  onError(side: NodeConnection, code: string): void {
    this.#noteEnd(side === this.client ? "client-error" : "server-error", code);
    if (side === this.client) this.server.reset();
    else this.client.finish();
  }

  /** A side's socket is gone. */
  onClosed(side: NodeConnection): void {
    this.#openCount--;
    if (this.#openCount === 0) this.#host.relayEnded(this);
    // Nothing can be sent to a closed side any more, so the other one has no one to speak to.
    else if (!side.hasEnded) this.#other(side).finish();
  }

  /** We end it ourselves; a relay cannot be dropped silently, as its server would wait for ever. */
  close(manner: CloseManner): void {
    this.#noteEnd("closed", undefined);
    const both = manner === "finish" ? "finish" : "reset";
    this.client.close(both);
    this.server.close(both);
  }

  /** An orderly end is a cause only while nothing worse has happened, as in HAProxy's logs. */
  #noteEnd(end: RelayEnd, code: string | undefined): void {
    const isOrderly = this.end === "client-closed" || this.end === "server-closed";
    const replaces = isOrderly && end !== "client-closed" && end !== "server-closed";
    if (this.end !== undefined && !replaces) return;
    this.end = end;
    this.code = code;
  }

  #other(side: NodeConnection): NodeConnection {
    return side === this.client ? this.server : this.client;
  }

  #destroyBoth(): void {
    this.client.socket.destroy();
    this.server.socket.destroy();
  }
}
