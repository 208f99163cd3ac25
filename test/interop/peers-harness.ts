// A peers group on real sockets, as simple as can be.
import net from "node:net";
import type { StickTableSpec } from "../../src/config/model/stick.ts";
import { PeerGroup } from "../../src/peers/group.ts";
import type { ConnectionId, GroupEffect, GroupEvent } from "../../src/peers/group-events.ts";
import { StickTable } from "../../src/stick/table.ts";
import { endLater } from "../support/cleanup.ts";
import { waitFor } from "../support/wait-for.ts";

/** Where nodes listen on 127.0.0.1, by name. */
export type PeerPorts = Readonly<Record<string, number>>;

let lifeCount = 0;

/** A node with tables. */
export class LiveGroup {
  readonly tables: readonly StickTable[];
  readonly group: PeerGroup;
  readonly reports: string[] = [];
  readonly done: string[] = [];
  readonly #ports: PeerPorts;
  readonly #name: string;
  readonly #sockets = new Map<ConnectionId, net.Socket>();
  readonly #server: net.Server;
  readonly #ticks: NodeJS.Timeout;
  #isStopped = false;

  constructor(
    name: string,
    ports: PeerPorts,
    specs: readonly StickTableSpec[],
    options: { readonly expectsOldProcess?: boolean } = {},
  ) {
    this.#name = name;
    this.#ports = ports;
    this.tables = specs.map((spec) => new StickTable(spec));
    lifeCount += 1;
    this.group = new PeerGroup(
      {
        section: "mypeers",
        localName: name,
        remoteNames: Object.keys(ports).filter((other) => other !== name),
        tables: this.tables.map((table) => ({ table })),
        pid: process.pid,
        instance: lifeCount,
        random: Math.random,
        wallOffsetMs: Date.now() - performance.now(),
        expectsOldProcess: options.expectsOldProcess ?? false,
      },
      performance.now(),
    );
    this.#server = net.createServer((socket) => {
      const connection = this.group.newConnection();
      this.#adopt(connection, socket);
      this.tell({ kind: "accepted", connection });
    });
    this.#ticks = setInterval(() => {
      const now = performance.now();
      if ((this.group.nextTimeout() ?? Infinity) <= now) this.tell({ kind: "timeout" });
      if (this.group.hasChanges) this.tell({ kind: "changed" });
    }, 5);
    endLater(() => this.stop());
  }

  /** Listens; tries again while another process still does. */
  async listen(): Promise<this> {
    await waitFor(
      () =>
        new Promise<boolean>((resolve) => {
          this.#server.once("error", () => resolve(false));
          this.#server.listen(this.#ports[this.#name], "127.0.0.1", () => resolve(true));
        }),
    );
    return this;
  }

  tell(event: GroupEvent): void {
    if (this.#isStopped) return;
    this.group.handle(event, performance.now());
    for (let effect = this.group.poll(); effect !== undefined; effect = this.group.poll()) {
      this.#carryOut(effect);
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearInterval(this.#ticks);
    this.#server.close();
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  /** Waits for a session with a peer. */
  async established(peer: string): Promise<void> {
    await waitFor(
      () =>
        this.group
          .status(performance.now())
          .peers.some(({ name, state }) => name === peer && state === "established"),
      { what: () => `a session with ${peer}, told: ${this.reports.join(" ")}` },
    );
  }

  /** Changes an entry as a sticking rule does. */
  set(table: StickTable, key: string, server: number): void {
    const nowMs = performance.now();
    const entry = table.getOrCreate(key, nowMs)!;
    table.write(entry, "server_id", 0, server, nowMs);
    table.setServerKey(entry, `b${server}`);
    table.touch(entry, nowMs, "local");
  }

  /** An entry's data as `server_id/server_key`; `undefined` when there is none. */
  get(table: StickTable, key: string): string | undefined {
    const nowMs = performance.now();
    const entry = table.lookup(key, nowMs);
    if (entry === undefined) return undefined;
    return `${table.read(entry, "server_id", 0, nowMs)}/${table.serverKey(entry) ?? ""}`;
  }

  #carryOut(effect: GroupEffect): void {
    switch (effect.kind) {
      case "dial":
        this.#dial(effect.connection, effect.peer);
        break;
      case "write": {
        const { connection, bytes } = effect;
        const socket = this.#sockets.get(connection);
        socket?.write(bytes, () => {
          if (socket.writableLength === 0) this.tell({ kind: "drained", connection });
        });
        break;
      }
      case "turn":
        setImmediate(() => this.tell(effect));
        break;
      case "close":
        this.#sockets.get(effect.connection)?.destroySoon();
        this.#sockets.delete(effect.connection);
        break;
      case "report":
        this.reports.push(effect.text);
        break;
      case "resync-done":
        this.done.push(effect.outcome);
        break;
      case "handed-over":
        this.done.push("handed-over");
    }
  }

  #dial(connection: ConnectionId, peer: string): void {
    const socket = net.connect({ host: "127.0.0.1", port: this.#ports[peer]! });
    this.#adopt(connection, socket);
    socket.once("connect", () => this.tell({ kind: "connected", connection }));
  }

  #adopt(connection: ConnectionId, socket: net.Socket): void {
    let reason = "the peer closed the connection";
    socket.setNoDelay(true);
    this.#sockets.set(connection, socket);
    socket.on("data", (bytes) => this.tell({ kind: "bytes", connection, bytes }));
    socket.on("error", (error) => {
      reason = error.message;
    });
    socket.on("close", () => {
      this.#sockets.delete(connection);
      this.tell({ kind: "closed", connection, reason });
    });
  }
}
