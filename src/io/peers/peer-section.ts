// A peers section in the world: its group's effects become calls, bytes and timers, and what its
// connections do becomes events of the group.
import type { Socket } from "node:net";
import type { EventMark } from "../../base/event.ts";
import type { Millis } from "../../base/units.ts";
import { PEER_GREETINGS_MAX, PEER_REFUSAL_NOTICE_MS } from "../../limits.ts";
import { PeerGroup } from "../../peers/group.ts";
import type {
  ConnectionId,
  GroupEffect,
  GroupEvent,
  GroupTable,
} from "../../peers/group-events.ts";
import type { GroupStatus } from "../../peers/group-status.ts";
import type { PeerLine, PeersPlan } from "../../peers/plan.ts";
import type { ResyncOutcome } from "../../peers/resync.ts";
import { monotonicMs } from "../clock.ts";
import { randomFraction, randomUint32 } from "../random.ts";
import type { PeersTls } from "../tls/load.ts";
import { PeerConnection } from "./peer-connection.ts";

/** What a section tells. */
export interface PeerSectionHost {
  report(section: string, severity: "notice" | "warning", text: string, event?: EventMark): void;
  resyncDone(section: string, outcome: ResyncOutcome): void;
  /** A successor has got everything. */
  handedOver(section: PeerSection): void;
  /** `nextTimeout()` may have changed. */
  rescheduled(section: PeerSection): void;
}

/** What a section is run with; a reload may change all of it but the names. */
export interface PeerSectionSettings {
  readonly plan: PeersPlan;
  readonly tls: PeersTls | undefined;
  readonly tables: readonly GroupTable[];
}

/** One section with its connections. */
export class PeerSection {
  readonly #host: PeerSectionHost;
  readonly #group: PeerGroup;
  readonly #connections = new Map<ConnectionId, PeerConnection>();
  /** Accepted, and still busy with TLS. */
  readonly #entering = new Set<PeerConnection>();
  #plan: PeersPlan;
  #tls: PeersTls | undefined;
  #refusalToldMs: Millis = -Infinity;
  #isClosed = false;

  constructor(host: PeerSectionHost, settings: PeerSectionSettings, expectsOldProcess: boolean) {
    const { plan, tls, tables } = settings;
    this.#host = host;
    this.#plan = plan;
    this.#tls = tls;
    const nowMs = monotonicMs();
    this.#group = new PeerGroup(
      {
        section: plan.name,
        localName: plan.local.name,
        remoteNames: plan.remotes.map(({ name }) => name),
        tables,
        pid: process.pid,
        instance: randomUint32(),
        random: randomFraction,
        wallOffsetMs: Date.now() - nowMs,
        expectsOldProcess,
      },
      nowMs,
    );
    this.#host.rescheduled(this);
  }

  /** Whether a plan has the same members: then this section goes on, else another one takes its place. */
  fits({ local, remotes }: PeersPlan): boolean {
    return namesOf([local, ...remotes]) === namesOf([this.#plan.local, ...this.#plan.remotes]);
  }

  /** Takes a reload; new calls go to the new addresses. */
  reconfigure({ plan, tls, tables }: PeerSectionSettings): void {
    this.#plan = plan;
    this.#tls = tls;
    this.#tell({ kind: "tables", tables });
  }

  /** Takes a connection that is paused. */
  accept(socket: Socket): void {
    if (this.#isClosed || this.#entering.size >= PEER_GREETINGS_MAX) {
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    const id = this.#group.newConnection();
    const connection = PeerConnection.accepted(
      {
        ...this.#hostOf(id),
        // What TLS refuses is no peer, and a connection of which the group never hears.
        opened: () => queueMicrotask(() => this.#onEntered(id, connection)),
        closed: (reason) => {
          if (this.#entering.delete(connection)) this.#onRefused(reason);
          else this.#onClosed(id, reason);
        },
      },
      socket,
      this.#tls?.bind,
    );
    this.#entering.add(connection);
  }

  /** Tables have changed. */
  onChanged(): void {
    if (this.#group.hasChanges) this.#tell({ kind: "changed" });
  }

  /** The time has come. */
  onTimeout(): void {
    this.#tell({ kind: "timeout" });
  }

  nextTimeout(): Millis | undefined {
    return this.#isClosed ? undefined : this.#group.nextTimeout();
  }

  /** Ends all sessions; `handsOver`: a successor is looked for, until `close`. */
  stop(handsOver: boolean): void {
    this.#tell({ kind: "stop", handsOver });
  }

  get isResyncDone(): boolean {
    return this.#group.isResyncDone;
  }

  /** Whether everybody who is there has taught. */
  get hasLearnedFromAll(): boolean {
    return this.#group.hasLearnedFromAll;
  }

  status(nowMs: Millis): GroupStatus {
    return this.#group.status(nowMs);
  }

  /** Ends everything at once. */
  close(): void {
    if (this.#isClosed) return;
    this.#tell({ kind: "stop", handsOver: false });
    this.#isClosed = true;
    for (const connection of [...this.#entering, ...this.#connections.values()]) {
      connection.destroy();
    }
    this.#host.rescheduled(this);
  }

  #tell(event: GroupEvent): void {
    if (this.#isClosed) return;
    this.#group.handle(event, monotonicMs());
    for (let effect = this.#group.poll(); effect !== undefined; effect = this.#group.poll()) {
      this.#carryOut(effect);
    }
    this.#host.rescheduled(this);
  }

  #carryOut(effect: GroupEffect): void {
    switch (effect.kind) {
      case "dial":
        this.#dial(effect.connection, effect.peer);
        break;
      case "write":
        this.#connections.get(effect.connection)?.write(effect.bytes);
        break;
      case "close":
        this.#connections.get(effect.connection)?.end();
        this.#connections.delete(effect.connection);
        break;
      case "turn":
        setImmediate(() => this.#tell(effect));
        break;
      case "report":
        this.#host.report(this.#plan.name, effect.severity, effect.text, effect.event);
        break;
      case "resync-done":
        this.#host.resyncDone(this.#plan.name, effect.outcome);
        break;
      case "handed-over":
        this.#host.handedOver(this);
    }
  }

  #dial(id: ConnectionId, peer: string): void {
    const { local, remotes } = this.#plan;
    const target = [local, ...remotes].find(({ name }) => name === peer);
    if (target?.address === undefined) {
      const reason = "its address is not known";
      setImmediate(() => this.#tell({ kind: "closed", connection: id, reason }));
      return;
    }
    const host = {
      ...this.#hostOf(id),
      opened: () => this.#tell({ kind: "connected", connection: id }),
      closed: (reason: string) => this.#onClosed(id, reason),
    };
    const context = this.#tls?.targets.get(peer);
    this.#connections.set(id, PeerConnection.calling(host, target.address, context));
  }

  #hostOf(id: ConnectionId) {
    return {
      bytes: (bytes: Uint8Array) => this.#tell({ kind: "bytes", connection: id, bytes }),
      drained: () => this.#tell({ kind: "drained", connection: id }),
    };
  }

  #onEntered(id: ConnectionId, connection: PeerConnection): void {
    if (!this.#entering.delete(connection) || this.#isClosed) return;
    this.#connections.set(id, connection);
    this.#tell({ kind: "accepted", connection: id });
  }

  /** Strangers must not fill the log. */
  #onRefused(reason: string): void {
    const nowMs = monotonicMs();
    if (nowMs - this.#refusalToldMs < PEER_REFUSAL_NOTICE_MS) return;
    this.#refusalToldMs = nowMs;
    const { name } = this.#plan;
    this.#host.report(name, "warning", `Peers ${name}: a connection was refused: ${reason}.`);
  }

  #onClosed(id: ConnectionId, reason: string): void {
    if (!this.#connections.delete(id)) return;
    this.#tell({ kind: "closed", connection: id, reason });
  }
}

function namesOf(peers: readonly PeerLine[]): string {
  return peers.map(({ name }) => name).join(" ");
}
