// All peers of one `peers` section: who calls whom and when, which of two sessions stays, where a
// starting node learns from, and what is told of it (haproxy peers-v2.0.txt, peers.txt).
//
// Theory of operation: every node listens and calls. Greetings decide: the last valid one from a peer
// wins over any session with it. Sessions are machines of their own; this one hands them the events
// of their connections and carries their effects out, one peer after the other.
import { EffectQueue } from "../base/effect-queue.ts";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import {
  PEER_GREETINGS_MAX,
  PEER_HANDOVER_REDIAL_MS,
  PEER_REFUSAL_NOTICE_MS,
  PEER_TABLES_MAX,
} from "../limits.ts";
import { definitionOf, encodeDefinition, shown, wireName } from "./definition.ts";
import { EntryVersions, rankOf } from "./entry-versions.ts";
import type { ConnectionId, GroupEffect, GroupEvent, GroupTable } from "./group-events.ts";
import { type GroupStatus, peerStatus } from "./group-status.ts";
import { type Hello, STATUS } from "./handshake.ts";
import { type Line, PeerLink } from "./peer-link.ts";
import type { SharedTable } from "./peer-memory.ts";
import { Resync } from "./resync.ts";
import { PeerSession } from "./session.ts";
import type { Admission, CloseCause, PeerEffect, PeerEvent } from "./session-events.ts";

/** What a group is. */
export interface GroupOptions {
  /** The section's name. */
  readonly section: string;
  readonly localName: string;
  /** The names of the others. */
  readonly remoteNames: readonly string[];
  readonly tables: readonly GroupTable[];
  readonly pid: number;
  /** Tells this life of the node from others: a random u32. */
  readonly instance: number;
  /** 0..1, 1 excluded. */
  readonly random: () => number;
  /** ms since 1970 less monotonic ms. */
  readonly wallOffsetMs: number;
  /** Whether a former process of this node runs and hands its tables over. */
  readonly expectsOldProcess: boolean;
}

/** The peers of a section. Calls begin with the first `timeout`, which is due at once. */
export class PeerGroup implements Machine<GroupEvent, GroupEffect> {
  readonly #options: GroupOptions;
  readonly #effects = new EffectQueue<GroupEffect>();
  readonly #local: PeerLink;
  readonly #remotes: readonly PeerLink[];
  readonly #lines = new Map<ConnectionId, Line>();
  readonly #resync: Resync;
  #tables: readonly SharedTable[] = [];
  /** What peers have been told of the tables. */
  #announced: string;
  #refusalToldMs: Millis = -Infinity;
  #lastConnection = 0;
  #stopping: "no" | "stopped" | "handing-over" = "no";

  constructor(options: GroupOptions, nowMs: Millis) {
    const { localName, remoteNames, expectsOldProcess } = options;
    this.#options = options;
    this.#local = new PeerLink(localName);
    this.#remotes = remoteNames.map((name) => new PeerLink(name));
    for (const link of this.#remotes) link.planDial(nowMs);
    this.#resync = new Resync(localName, remoteNames, expectsOldProcess, nowMs);
    this.#tables = this.#share(options.tables);
    this.#announced = announcementOf(this.#tables);
  }

  /** A number for a connection that is accepted. */
  newConnection(): ConnectionId {
    this.#lastConnection += 1;
    return this.#lastConnection;
  }

  /** Whether this node has got what there is: `resync-done` has been told. */
  get isResyncDone(): boolean {
    return this.#resync.stage === "finished";
  }

  /** Whether everybody who is there has taught: there is nothing for clients to wait for. */
  get hasLearnedFromAll(): boolean {
    return this.#resync.hasLearnedFromAll;
  }

  /** Whether a peer is to be sent changes: `changed` should follow. */
  get hasChanges(): boolean {
    return this.#remotes.some((link) => link.line?.session.lanes.some((lane) => lane.hasChanges));
  }

  handle(event: GroupEvent, nowMs: Millis): void {
    switch (event.kind) {
      case "accepted":
        this.#accept(event.connection, nowMs);
        break;
      case "changed":
        for (const line of [...this.#lines.values()]) this.#drive(line, event, nowMs);
        break;
      case "tables":
        this.#retable(event.tables, nowMs);
        break;
      case "stop":
        this.#stop(event.handsOver, nowMs);
        break;
      case "timeout":
        this.#onTimeout(nowMs);
        break;
      case "connected":
        this.#resync.onAnswered(nowMs);
        this.#driveOf(event, nowMs);
        break;
      case "bytes":
      case "drained":
      case "closed":
      case "turn":
        this.#driveOf(event, nowMs);
    }
    this.#decide(nowMs);
  }

  poll(): GroupEffect | undefined {
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    const times = [
      this.#stopping === "no" ? this.#resync.nextTimeout() : undefined,
      ...[this.#local, ...this.#remotes].map((link) => link.dialAtMs),
      ...[...this.#lines.values()].map(({ session }) => session.nextTimeout()),
    ].filter((atMs) => atMs !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** What is to be shown. */
  status(nowMs: Millis): GroupStatus {
    const { stage, outcome, teacher, lastLesson } = this.#resync;
    return {
      section: this.#options.section,
      localName: this.#options.localName,
      resync: {
        ...{ stage, outcome, teacher },
        last:
          lastLesson === undefined
            ? undefined
            : {
                peer: lastLesson.peer,
                isFull: lastLesson.isFull,
                agoMs: nowMs - lastLesson.endedMs,
              },
      },
      peers: [
        peerStatus(this.#local, true, nowMs),
        ...this.#remotes.map((link) => peerStatus(link, false, nowMs)),
      ],
    };
  }

  #share(tables: readonly GroupTable[]): readonly SharedTable[] {
    const { section, localName, remoteNames, wallOffsetMs } = this.#options;
    const rank = rankOf(localName, [localName, ...remoteNames]);
    const known = new Map(this.#tables.map((shared) => [shared.table, shared]));
    return tables.slice(0, PEER_TABLES_MAX).map(({ table, isPrivate = false }) => ({
      name: wireName(table.spec, section),
      table,
      versions: known.get(table)?.versions ?? new EntryVersions(table, rank, wallOffsetMs),
      isPrivate,
    }));
  }

  /** Definitions hold for a session, so that other tables need other sessions. */
  #retable(tables: readonly GroupTable[], nowMs: Millis): void {
    const former = this.#tables;
    const formerAnnounced = this.#announced;
    this.#tables = this.#share(tables);
    this.#announced = announcementOf(this.#tables);
    const isSame = this.#tables.every(({ table }, index) => table === former[index]?.table);
    if (isSame && this.#announced === formerAnnounced) return;
    for (const link of this.#remotes) link.memory.mismatches.clear();
    this.#stopAll(nowMs);
  }

  #stop(handsOver: boolean, nowMs: Millis): void {
    this.#stopping = handsOver ? "handing-over" : "stopped";
    this.#stopAll(nowMs);
    for (const link of this.#remotes) link.planDial(undefined);
    this.#local.planDial(handsOver ? nowMs : undefined);
  }

  #stopAll(nowMs: Millis): void {
    for (const line of [...this.#lines.values()]) {
      this.#drive(line, { kind: "stop", cause: "stopped" }, nowMs);
    }
  }

  #onTimeout(nowMs: Millis): void {
    for (const line of [...this.#lines.values()]) {
      const atMs = line.session.nextTimeout();
      if (atMs !== undefined && atMs <= nowMs) this.#drive(line, { kind: "timeout" }, nowMs);
    }
  }

  #accept(connection: ConnectionId, nowMs: Millis): void {
    const greetingCount = [...this.#lines.values()].filter(
      ({ session }) => session.memory === undefined,
    ).length;
    if (greetingCount >= PEER_GREETINGS_MAX || this.#stopping !== "no") {
      this.#effects.push({ kind: "close", connection });
      return;
    }
    const admit = (hello: Hello): Admission => this.#admit(connection, hello, nowMs);
    this.#open(connection, { kind: "called", admit }, nowMs);
  }

  #open(
    connection: ConnectionId,
    role: ConstructorParameters<typeof PeerSession>[0]["role"],
    nowMs: Millis,
  ): Line {
    const { localName, pid, instance } = this.#options;
    const session = new PeerSession(
      {
        role,
        node: { localName, pid, instance },
        tables: this.#tables,
        isComplete: () => this.#resync.stage === "finished",
      },
      nowMs,
    );
    const line = { connection, session };
    this.#lines.set(connection, line);
    return line;
  }

  #admit(connection: ConnectionId, hello: Hello, nowMs: Millis): Admission {
    const { localName, section } = this.#options;
    const caller = `"${shown(hello.callerName)}"`;
    if (hello.calledName !== localName) {
      const reason = `${caller} called "${shown(hello.calledName)}", this is "${localName}"`;
      return { kind: "refused", status: STATUS.notMe, reason };
    }
    const link = [this.#local, ...this.#remotes].find(({ name }) => name === hello.callerName);
    if (link === undefined) {
      const reason = `${caller} is no peer of peers ${section}`;
      return { kind: "refused", status: STATUS.unknownPeer, reason };
    }
    if (link === this.#local && link.line !== undefined) {
      const reason = "this node's former process is connected already";
      return { kind: "refused", status: STATUS.tryAgain, reason };
    }
    const former = link.line;
    link.line = this.#lines.get(connection);
    if (former !== undefined) {
      if (former.session.state !== "connecting") link.memory.counters.collisionCount += 1;
      this.#drive(former, { kind: "stop", cause: "collision" }, nowMs);
    }
    return { kind: "admitted", memory: link.memory };
  }

  #driveOf(event: PeerEvent & { readonly connection: ConnectionId }, nowMs: Millis): void {
    const line = this.#lines.get(event.connection);
    if (line !== undefined) this.#drive(line, event, nowMs);
  }

  /** Hands a session an event and carries its effects out. */
  #drive(line: Line, event: PeerEvent, nowMs: Millis): void {
    line.session.handle(event, nowMs);
    for (let effect = line.session.poll(); effect !== undefined; effect = line.session.poll()) {
      this.#carryOut(line, effect, nowMs);
    }
  }

  #carryOut(line: Line, effect: PeerEffect, nowMs: Millis): void {
    const { connection, session } = line;
    const name = session.memory?.name ?? "";
    switch (effect.kind) {
      case "write":
        this.#effects.push({ kind: "write", connection, bytes: effect.bytes });
        break;
      case "turn":
        this.#effects.push({ kind: "turn", connection });
        break;
      case "established": {
        this.#resync.onAnswered(nowMs);
        const what = session.isTandem ? "Tandem" : "a program like HAProxy";
        this.#report(this.#linkOf(line)!, "peer.up", `connected, it is ${what}`);
        break;
      }
      case "learned":
        this.#resync.onLearned(name, effect.isFull, nowMs);
        break;
      case "progress":
        this.#resync.onProgress(name, nowMs);
        break;
      case "mismatch":
        this.#onMismatch(line, effect.name, effect.text);
        break;
      case "close":
        this.#onClose(line, effect.cause, effect.reason, nowMs);
    }
  }

  #onMismatch(line: Line, name: string, text: string): void {
    const mismatches = line.session.memory?.mismatches;
    if (mismatches === undefined || mismatches.get(name) === text) return;
    if (mismatches.size >= PEER_TABLES_MAX && !mismatches.has(name)) return;
    mismatches.set(name, text);
    const label = `Peer ${this.#options.section}/${line.session.memory!.name}`;
    const whole = `${label}, table "${shown(name)}": ${text}.`;
    const subject = `${this.#options.section}/${line.session.memory!.name}`;
    const event = { kind: "peer.mismatch", subject, cause: text, data: { table: shown(name) } };
    this.#effects.push({ kind: "report", severity: "warning", text: whole, event });
  }

  #onClose(line: Line, cause: CloseCause, reason: string, nowMs: Millis): void {
    this.#lines.delete(line.connection);
    this.#effects.push({ kind: "close", connection: line.connection });
    if (cause === "handed-over") this.#effects.push({ kind: "handed-over" });
    const link = this.#linkOf(line);
    if (link === undefined) {
      if (cause === "refused") this.#reportRefusal(reason, nowMs);
      return;
    }
    // One that has been replaced says nothing of the peer.
    if (link.line !== line) return;
    link.line = undefined;
    const { wasEstablished } = line.session;
    const mayDial =
      link === this.#local
        ? this.#stopping === "handing-over" && cause !== "handed-over"
        : this.#stopping === "no";
    // A successor may take a moment to listen.
    if (mayDial && link === this.#local) link.planDial(nowMs + PEER_HANDOVER_REDIAL_MS);
    else if (mayDial) link.redial(cause, wasEstablished, this.#options.random, nowMs);
    else link.planDial(undefined);
    this.#resync.onLost(link.name, nowMs);
    if (this.#stopping === "no")
      this.#report(link, "peer.down", `not connected: ${reason}`, reason);
  }

  /** Calls whom it is time to call, and goes on with the search for what there is to learn. */
  #decide(nowMs: Millis): void {
    for (const link of [this.#local, ...this.#remotes]) {
      if (link.dialAtMs === undefined || link.dialAtMs > nowMs) continue;
      const connection = this.newConnection();
      link.line = this.#open(connection, { kind: "caller", memory: link.memory }, nowMs);
      link.memory.counters.dialCount += 1;
      this.#effects.push({ kind: "dial", connection, peer: link.name });
    }
    if (this.#stopping !== "no") return;
    const established = [this.#local, ...this.#remotes].filter((link) => link.isEstablished);
    const { ask, done } = this.#resync.step(
      established.map((link) => link.name),
      nowMs,
    );
    if (done !== undefined) this.#effects.push({ kind: "resync-done", outcome: done });
    const teacher = established.find((link) => link.name === ask)?.line;
    if (teacher !== undefined) this.#drive(teacher, { kind: "learn" }, nowMs);
  }

  #linkOf(line: Line): PeerLink | undefined {
    return [this.#local, ...this.#remotes].find((link) => link.memory === line.session.memory);
  }

  #report(link: PeerLink, kind: "peer.up" | "peer.down", what: string, cause?: string): void {
    if (!link.isNews(what)) return;
    const subject = `${this.#options.section}/${link.name}`;
    const event = { kind, subject, ...(cause === undefined ? {} : { cause }) };
    const severity = kind === "peer.up" ? "notice" : "warning";
    this.#effects.push({ kind: "report", severity, text: `Peer ${subject}: ${what}.`, event });
  }

  /** Strangers must not fill the log. */
  #reportRefusal(reason: string, nowMs: Millis): void {
    if (nowMs - this.#refusalToldMs < PEER_REFUSAL_NOTICE_MS) return;
    this.#refusalToldMs = nowMs;
    const text = `Peers ${this.#options.section}: a call was refused: ${reason}.`;
    this.#effects.push({ kind: "report", severity: "warning", text });
  }
}

/** All that peers are told of tables, as text. */
function announcementOf(tables: readonly SharedTable[]): string {
  return tables
    .map(({ table, name, isPrivate }, index) => {
      const definition = definitionOf(table.spec, table.types, name, index + 1);
      return `${encodeDefinition(definition).toBytes().toString("hex")}${isPrivate ? "-" : ""}`;
    })
    .join(" ");
}
