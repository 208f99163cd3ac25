// All second heartbeat paths of an agent (`#tandem heartbeat`): every advert goes over each of them as
// well, and what the peer sends there counts like an advert. A node without anything to advertise
// still says hello, so that both sides know the path to be alive.
import { createHash } from "node:crypto";
import { formatEndpoint } from "../../src/base/address.ts";
import { EffectQueue } from "../../src/base/effect-queue.ts";
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentConfiguration, HeartbeatConfiguration } from "../config/model/configuration.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import type { HeartbeatEntry } from "../heartbeat/codec.ts";
import { HeartbeatPath } from "../heartbeat/path.ts";
import { HEARTBEAT_ALIVE_MS, HEARTBEAT_HELLO_MS } from "../limits.ts";
import type { Advert } from "../vrrp/advert.ts";
import type { VrrpState } from "../vrrp/election-events.ts";
import { HeardNodes } from "./heard-nodes.ts";

/** A path as dumps and status pages show it. */
export interface HeartbeatStatus {
  readonly local: string;
  readonly peer: string;
  /** Something was heard over it lately. */
  readonly isAlive: boolean;
  /** `undefined` before the first. */
  readonly lastHeardMs: Millis | undefined;
}

/** An advert of the peer that came over a second path. */
export interface HeardAdvert {
  readonly instance: string;
  readonly advert: Advert;
  readonly source: IpBytes;
}

interface Path {
  readonly settings: HeartbeatConfiguration;
  readonly path: HeartbeatPath;
  lastHeardMs: Millis | undefined;
  isAlive: boolean;
}

/** A datagram to be sent on path `index`. */
export interface HeartbeatDatagram {
  readonly kind: "heartbeat";
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** See the head of this file. */
export class Heartbeats {
  readonly heard = new HeardNodes();
  readonly #nonce: Uint8Array;
  readonly #states = new Map<string, VrrpState>();
  readonly #entries = new Map<string, HeartbeatEntry>();
  readonly #datagrams = new EffectQueue<HeartbeatDatagram>();
  #instances: readonly InstanceConfiguration[];
  #paths: Path[];
  #helloAtMs: Millis | undefined;
  readonly #turned: (peer: string, isAlive: boolean, nowMs: Millis) => void;

  /** `turned`: a path became alive or silent. */
  constructor(
    configuration: AgentConfiguration,
    nonce: Uint8Array,
    turned: (peer: string, isAlive: boolean, nowMs: Millis) => void = () => undefined,
  ) {
    this.#nonce = nonce;
    this.#turned = turned;
    this.#instances = configuration.instances;
    this.#paths = configuration.tandem.heartbeats.map((settings, i) => this.#newPath(settings, i));
  }

  start(nowMs: Millis): void {
    if (this.#paths.length > 0) this.onTimer(nowMs);
  }

  /** Paths that stay the same keep their state. */
  reconfigure(configuration: AgentConfiguration, nowMs: Millis): void {
    this.#instances = configuration.instances;
    const names = new Set(this.#instances.map(({ name }) => name));
    for (const name of this.#entries.keys()) if (!names.has(name)) this.#entries.delete(name);
    this.heard.keep(names);
    const old = this.#paths;
    this.#paths = configuration.tandem.heartbeats.map((settings, index) => {
      const kept = old[index];
      return kept !== undefined && isSamePath(kept.settings, settings)
        ? kept
        : this.#newPath(settings, index);
    });
    this.#helloAtMs = undefined;
    this.start(nowMs);
  }

  /** When the next hello is due. */
  nextTimeout(): Millis | undefined {
    return this.#helloAtMs;
  }

  /** Says hello on all paths. */
  onTimer(nowMs: Millis): void {
    this.#helloAtMs = nowMs + HEARTBEAT_HELLO_MS;
    this.#lookForSilence(nowMs);
    this.#sendAll([...this.#entries.values()].filter((entry) => entry.state === "BACKUP"));
  }

  #lookForSilence(nowMs: Millis): void {
    for (const path of this.#paths) {
      const { lastHeardMs } = path;
      const isAlive = lastHeardMs !== undefined && nowMs - lastHeardMs < HEARTBEAT_ALIVE_MS;
      this.#setAlive(path, isAlive, nowMs);
    }
  }

  #setAlive(path: Path, isAlive: boolean, nowMs: Millis): void {
    if (path.isAlive === isAlive) return;
    path.isAlive = isAlive;
    this.#turned(formatEndpoint(path.settings.peer), isAlive, nowMs);
  }

  /** Notes a state, for later hellos. */
  noteState(change: {
    readonly scope: string;
    readonly name: string;
    readonly to: VrrpState;
  }): void {
    if (change.scope !== "INSTANCE") return;
    this.#states.set(change.name, change.to);
    const entry = this.#entries.get(change.name);
    if (entry !== undefined) this.#entries.set(change.name, { ...entry, state: change.to });
  }

  /** Sends an advert of this node over all paths. */
  advertise(
    instance: InstanceConfiguration,
    priority: number,
    source: IpBytes | undefined,
    nowMs: Millis,
  ): void {
    if (this.#paths.length === 0) return;
    const entry: HeartbeatEntry = {
      family: instance.family,
      vrid: instance.vrid,
      priority,
      intervalMs: instance.advertIntervalMs,
      source: source ?? new Uint8Array(instance.family === 4 ? 4 : 16),
      // An advert speaks as master, the last one of priority 0 included.
      state: "MASTER",
    };
    this.#entries.set(instance.name, {
      ...entry,
      state: this.#states.get(instance.name) ?? "INIT",
    });
    this.#sendAll([entry]);
    // A master's adverts are its hellos, so that no timer comes to it.
    this.#lookForSilence(nowMs);
    this.#helloAtMs = nowMs + HEARTBEAT_HELLO_MS;
  }

  /** What a datagram says, as adverts of the instances that this node has. */
  receive(index: number, bytes: Uint8Array, nowMs: Millis): readonly HeardAdvert[] {
    const path = this.#paths[index];
    if (path === undefined) return [];
    const outcome = path.path.receive(bytes, nowMs);
    if (outcome.kind === "dropped") return [];
    if (outcome.kind === "hello") {
      // It asks for an answer that carries its nonce.
      this.#datagrams.push({ kind: "heartbeat", index, bytes: path.path.encode([]) });
      return [];
    }
    path.lastHeardMs = nowMs;
    this.#setAlive(path, true, nowMs);
    for (const entry of outcome.entries) this.#note(entry, nowMs);
    return outcome.entries
      .filter(({ state }) => state === "MASTER")
      .flatMap((entry) => this.#match(entry));
  }

  /** Takes the next datagram to be sent. */
  poll(): HeartbeatDatagram | undefined {
    return this.#datagrams.poll();
  }

  statuses(): readonly HeartbeatStatus[] {
    return this.#paths.map(({ settings, isAlive, lastHeardMs }) => ({
      local: formatEndpoint(settings.local),
      peer: formatEndpoint(settings.peer),
      isAlive,
      lastHeardMs,
    }));
  }

  #note({ vrid, family, source, priority, state }: HeartbeatEntry, nowMs: Millis): void {
    for (const { name } of this.#instancesOf({ vrid, family })) {
      this.heard.note(name, { source, priority, state, path: "heartbeat", heardMs: nowMs });
    }
  }

  #instancesOf(router: Pick<HeartbeatEntry, "vrid" | "family">): readonly InstanceConfiguration[] {
    return this.#instances.filter(
      ({ vrid, family }) => vrid === router.vrid && family === router.family,
    );
  }

  #match(entry: HeartbeatEntry): readonly HeardAdvert[] {
    return this.#instancesOf(entry).map((instance) => ({
      instance: instance.name,
      source: entry.source,
      advert: {
        version: instance.version,
        family: instance.family,
        vrid: instance.vrid,
        priority: entry.priority,
        intervalMs: entry.intervalMs,
        vips: instance.vips.map((vip) => vip.address),
      },
    }));
  }

  #sendAll(entries: readonly HeartbeatEntry[]): void {
    for (const [index, { path }] of this.#paths.entries()) {
      this.#datagrams.push({ kind: "heartbeat", index, bytes: path.encode(entries) });
    }
  }

  #newPath(settings: HeartbeatConfiguration, index: number): Path {
    // Each path has a nonce of its own, so that a datagram of one path means nothing on another.
    const nonce = createHash("sha256").update(this.#nonce).update(String(index)).digest();
    const path = new HeartbeatPath({ key: settings.key, nonce: nonce.subarray(0, 8) });
    return { settings, path, lastHeardMs: undefined, isAlive: false };
  }
}

function isSamePath(a: HeartbeatConfiguration, b: HeartbeatConfiguration): boolean {
  return (
    formatEndpoint(a.local) === formatEndpoint(b.local) &&
    formatEndpoint(a.peer) === formatEndpoint(b.peer) &&
    a.interface === b.interface &&
    Buffer.compare(a.key, b.key) === 0
  );
}
