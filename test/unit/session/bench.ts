// A world made from a configuration text, and clients whose sessions a test drives by hand: what
// the mover would do is an event here, what the session asks for is a line of text.
import { expect } from "vitest";
import type { Endpoint, IpEndpoint } from "../../../src/base/address.ts";
import type { Millis } from "../../../src/base/units.ts";
import type { QueueOutcome } from "../../../src/balance/assignment.ts";
import type { ServerState } from "../../../src/balance/server.ts";
import type { Configuration } from "../../../src/config/model/configuration.ts";
import type { Server } from "../../../src/config/model/server.ts";
import { readConfiguration } from "../../../src/config/read.ts";
import type { ConnectionRecord } from "../../../src/log/record.ts";
import {
  type AppliedChange,
  applyConfiguration,
  type Resources,
} from "../../../src/session/apply.ts";
import type { BackendState } from "../../../src/session/backend-state.ts";
import type { SessionEffect, SessionEvent } from "../../../src/session/events.ts";
import type { FrontendState } from "../../../src/session/frontend-state.ts";
import type { TlsContext } from "../../../src/session/mover.ts";
import { planListeners } from "../../../src/session/plan-listeners.ts";
import { Session } from "../../../src/session/session.ts";
import { World } from "../../../src/session/world.ts";
import { describeEffect } from "./describe-effect.ts";

/** A TLS setting that only the fake mover sees. */
export const FAKE_TLS: TlsContext = { tlsContext: true };

/** Reads a text in which nothing may be wrong. */
export function configurationOf(text: string): Configuration {
  const { configuration, diagnostics } = readConfiguration([{ name: "t.cfg", text: `${text}\n` }], {
    environment: {},
    version: "0.0.0",
    hostName: "lb1",
  });
  const alerts = diagnostics.filter(({ severity }) => severity === "alert");
  expect(alerts.map(({ message }) => message)).toEqual([]);
  return configuration;
}

/** An IPv4 end from `host:port`. */
export function end(text: string): IpEndpoint {
  const [host, port] = text.split(":");
  return { kind: "ip", family: 4, host: host!, port: Number(port) };
}

/** One balancer without sockets and clocks. */
export class Bench {
  readonly world: World;
  readonly logs: ConnectionRecord[] = [];
  readonly clients = new Map<Session, Client>();
  nowMs: Millis = 1_000;
  #listenerCount = 0;
  #randomState = 1;

  constructor(text: string, resources: Partial<Resources> = {}) {
    this.world = new World({
      hostName: "lb1",
      localAddresses: new Set(["127.0.0.1"]),
      environment: {},
      random: () => (this.#randomState = (Math.imul(this.#randomState, 1664525) + 12345) >>> 0),
    });
    this.apply(text, resources);
  }

  /** Applies a configuration and carries out what that means for the sessions. */
  apply(text: string, resources: Partial<Resources> = {}): AppliedChange {
    const configuration = configurationOf(text);
    const opened = new Map<string, number>();
    for (const { key } of planListeners(this.world, configuration).open) {
      opened.set(key, ++this.#listenerCount);
    }
    const change = applyConfiguration(
      this.world,
      configuration,
      {
        endpointOf: (server: Server) =>
          server.address.kind === "name" ? undefined : server.address,
        serverTls: (server) => (server.tls === undefined ? undefined : FAKE_TLS),
        bindTls: (bind) => (bind.tls === undefined ? undefined : FAKE_TLS),
        readLines: () => [],
        opened,
        environment: {},
        maxconn: 1_000,
        ...resources,
      },
      this.nowMs,
    );
    for (const outcome of change.outcomes) this.dispatch(outcome);
    return change;
  }

  frontend(name: string): FrontendState {
    return this.world.frontends.get(name)!;
  }

  backend(name: string): BackendState {
    return this.world.backends.get(name)!;
  }

  /** A server by `backend/server`. */
  server(path: string): ServerState {
    const [backend, server] = path.split("/");
    return this.backend(backend!).balancer.find(server!)!;
  }

  /** Takes a client in at the first listener, or at that of a frontend. */
  accept(frontend?: string, source = "10.0.0.1:5000", destination = "127.0.0.1:1883"): Client {
    const listeners = [...this.world.listeners.values()];
    const listener = listeners.find(
      (each) => (frontend ?? each.frontend.name) === each.frontend.name,
    );
    this.world.connectionCount++;
    const ends: { source: Endpoint; destination: Endpoint } = {
      source: end(source),
      destination: end(destination),
    };
    const session = new Session(this.world, listener!, ends, {
      nowMs: this.nowMs,
      wallMs: 1_700_000_000_000 + this.nowMs,
    });
    const client = new Client(this, session);
    this.clients.set(session, client);
    client.tell({ kind: "accepted" });
    return client;
  }

  /** Lets time pass; timers fire in order. */
  advance(ms: Millis): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const due = [...this.clients.values()]
        .map((client) => ({ client, atMs: client.session.nextTimeout() ?? Infinity }))
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined || due.atMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.client.tell({ kind: "timeout" });
    }
    this.nowMs = endMs;
  }

  /** Carries out what a change of servers means for those who wait. */
  dispatch(outcome: QueueOutcome<Session>): void {
    for (const grant of outcome.dispatched) {
      this.clients.get(grant.token)!.tell({ kind: "assigned", grant });
    }
    for (const token of outcome.requeued) this.clients.get(token)!.tell({ kind: "requeued" });
  }

  /** Takes or brings back a server as its checks would. */
  setUp(path: string, isUp: boolean): void {
    const backend = this.backend(path.split("/")[0]!);
    this.dispatch(backend.balancer.setOperational(this.server(path), isUp, this.nowMs));
  }
}

/** One client and its session. */
export class Client {
  readonly session: Session;
  readonly #bench: Bench;
  readonly #effects: SessionEffect[] = [];
  #held = Buffer.alloc(0);
  #taken = 0;

  constructor(bench: Bench, session: Session) {
    this.#bench = bench;
    this.session = session;
  }

  get state(): string {
    return this.session.stateName;
  }

  /** Everything asked for so far. */
  get effects(): readonly SessionEffect[] {
    return this.#effects;
  }

  /** What was asked for since the last call, as text. */
  take(): string[] {
    const lines = this.#effects.slice(this.#taken).map(describeEffect);
    this.#taken = this.#effects.length;
    return lines;
  }

  /** The record of its log line. */
  get record(): ConnectionRecord | undefined {
    const logged = this.#effects.find((effect) => effect.kind === "log");
    return logged?.record;
  }

  /** The two letters and the times of its log line, as tcplog shows them. */
  get logged(): string | undefined {
    const { record } = this;
    if (record === undefined) return undefined;
    const { queueMs, connectMs, totalMs, bytesToClient, retries, serverQueue } = record;
    const server = `${record.backend}/${record.server ?? "<NOSRV>"}`;
    const plus = record.redispatched ? "+" : "";
    return (
      `${server} ${queueMs}/${connectMs}/${totalMs} ${bytesToClient} ${record.termination} ` +
      `${plus}${retries} ${serverQueue}/${record.backendQueue}`
    );
  }

  /** Feeds an event, and carries grants to whom they are for. */
  tell(event: SessionEvent): void {
    const bench = this.#bench;
    bench.world.nowMs = bench.nowMs;
    this.session.handle(event, bench.nowMs);
    for (let effect = this.session.poll(); effect; effect = this.session.poll()) {
      this.#effects.push(effect);
      if (effect.kind === "log") bench.logs.push(effect.record);
      if (effect.kind === "consume-client") this.#held = this.#held.subarray(effect.count);
      if (effect.kind === "ended") bench.world.connectionCount--;
      if (effect.kind === "grant") {
        bench.clients.get(effect.grant.token)!.tell({ kind: "assigned", grant: effect.grant });
      }
    }
  }

  /** The client sends bytes; all that are in hand are told. */
  send(bytes: string | Uint8Array, ended = false): this {
    const more = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    this.#held = Buffer.concat([this.#held, more]);
    this.tell({ kind: "bytes", bytes: this.#held, ended });
    return this;
  }

  /** The client closes its half. */
  finish(): void {
    this.send("", true);
  }

  /** The client's connection breaks. */
  reset(code = "ECONNRESET"): void {
    this.tell({ kind: "client-closed", code });
  }

  /** The server has taken the connection. */
  connected(): this {
    this.tell({ kind: "connected", local: end("127.0.0.1:40000") });
    return this;
  }

  /** The server refuses the connection, or breaks it. */
  refused(): this {
    this.tell({ kind: "server-closed", code: "ECONNREFUSED" });
    return this;
  }

  /** The server's first bytes. */
  answer(bytes: string, ended = false): void {
    this.tell({ kind: "server-bytes", bytes: Buffer.from(bytes, "latin1"), ended });
  }

  /** The relay is over. */
  relayed(
    end: Extract<SessionEvent, { kind: "relay-ended" }>["end"] = "client-closed",
    bytesToServer = 0,
    bytesToClient = 0,
  ): void {
    this.tell({ kind: "relay-ended", end, counters: { bytesToServer, bytesToClient } });
  }

  kill(cause: Extract<SessionEvent, { kind: "kill" }>["cause"] = "administrator"): void {
    this.tell({ kind: "kill", cause });
  }
}
