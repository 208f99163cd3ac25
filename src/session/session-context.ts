// What rules see of one session, and what they may change of it.
import type { Endpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import { type ClientIdentity, clientIdentity } from "../mqtt/client-identity.ts";
import type { MqttClient } from "../mqtt/farewell.ts";
import type { PacketTracker } from "../mqtt/frames.ts";
import type { RefusalCause } from "../mqtt/refusal.ts";
import type { NamedId, PayloadView, TrackedEntry } from "../rules/context.ts";
import type { CompiledSample } from "../rules/compile.ts";
import { castSample } from "../rules/convert.ts";
import { type IpBytes, parseIp, printIp } from "../base/ip.ts";
import type { Fetched, Sample } from "../rules/sample.ts";
import { TrackedCounters } from "../stick/tracked.ts";
import type { StickTable } from "../stick/table.ts";
import type { BackendState } from "./backend-state.ts";
import { ClientStream } from "./client-stream.ts";
import type { ListenerCounters } from "./counters.ts";
import type { FrontendState, ListenerState } from "./frontend-state.ts";
import type { LimitReason } from "./limit-counts.ts";
import type { Keepalive } from "./mqtt-idle.ts";
import type { ConnectionId, TlsFacts } from "./mover.ts";
import type { RuleSubject } from "./rule-runner.ts";
import type { Holding } from "./takeovers.ts";
import type { World } from "./world.ts";

/** Bytes that have not come yet. */
const NO_BYTES: PayloadView = { bytes: new Uint8Array(0), final: false };

/** The two ends of a client's connection, and its name. */
export interface SessionEnds {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly connection?: ConnectionId;
}

const NONE_CAPTURED: readonly string[] = [];

/** One session as rules see it; its owner keeps the plain fields up to date. */
export class SessionContext implements RuleSubject {
  readonly #world: World;
  #trackers: TrackedCounters | undefined;
  #stream: ClientStream | undefined;
  #captured: readonly string[] = NONE_CAPTURED;
  #client: ClientIdentity | undefined;
  #variables: Map<string, Sample> | undefined;
  readonly frontend: FrontendState;
  /** Of the address that the client connected to. */
  readonly listenerCounters: ListenerCounters;
  /** Counts the connections of the process from 0. */
  readonly id: number;
  nowMs: Millis;
  wallMs: number;
  /** This node's end of the connection; `destination` is what a PROXY header or a rule makes of it. */
  readonly localEnd: Endpoint;
  source: Endpoint;
  destination: Endpoint;
  request: PayloadView = NO_BYTES;
  isInspected = false;
  response: PayloadView = NO_BYTES;
  /** The client will send no more, or no more can be held. */
  isRequestWhole = false;
  tls: TlsFacts | undefined;
  serverTls: TlsFacts | undefined;
  backend: BackendState | undefined;
  server: NamedId | undefined;
  /** Of an MQTT client, where `timeout client mqtt` has asked. */
  keepalive: Keepalive | undefined;
  /** Of a client that said CONNECT, where something wants to know. */
  mqtt: MqttClient | undefined;
  /** Of what such a client sends, up to the relay. */
  framing: PacketTracker | undefined;
  /** Of its client identifier, where takeovers are limited. */
  holding: Holding | undefined;
  /** What the rule that has rejected it was about. */
  denial: RefusalCause | undefined;

  constructor(
    world: World,
    listener: ListenerState,
    ends: SessionEnds,
    time: { readonly nowMs: Millis; readonly wallMs: number },
  ) {
    this.#world = world;
    this.frontend = listener.frontend;
    this.listenerCounters = listener.counters;
    this.id = world.nextRequestCount();
    this.source = ends.source;
    this.localEnd = ends.destination;
    this.destination = ends.destination;
    this.nowMs = time.nowMs;
    this.wallMs = time.wallMs;
  }

  /** What is in hand of the client. */
  get stream(): ClientStream {
    return (this.#stream ??= new ClientStream());
  }

  /** All that the client has sent and that is in hand. */
  noteRequest(bytes: Uint8Array, isEnded: boolean): void {
    const bytesMax = (this.backend ?? this.frontend).proxy.content.inspectBytesMax;
    this.isRequestWhole = isEnded || bytes.length >= bytesMax;
    this.request = { bytes: this.stream.hold(bytes), bytesMax, final: this.isRequestWhole };
  }

  /** From here on the client speaks WebSocket. */
  expectWebSocket(): void {
    this.request = { ...this.request, bytes: this.stream.expectWebSocket() };
  }

  /** Puts a packet in place of the first one, which has `byteCount` bytes. */
  replaceFirstPacket(packet: Uint8Array, byteCount: number): void {
    this.request = { ...this.request, bytes: this.stream.replace(packet, byteCount) };
  }

  /** Who an MQTT client says that it is; `undefined` for others, and where nobody has asked for its first bytes. */
  get client(): ClientIdentity | undefined {
    return this.#client ?? clientIdentity(this.request.bytes);
  }

  /** Keeps `client` for when the first bytes are gone. */
  keepClient(): void {
    this.#client = clientIdentity(this.request.bytes);
  }

  /** Nobody will ask for first bytes any more. */
  forgetPayload(): void {
    this.request = NO_BYTES;
    this.response = NO_BYTES;
    this.#stream = undefined;
  }

  /** The connection has become a session. */
  countOpened(nowMs: Millis): void {
    this.frontend.counters.countSession(nowMs);
    this.#world.counters.sessionRate.add(nowMs);
  }

  /** A limit has kept it out. */
  countLimited(reason: LimitReason): void {
    const host = this.source.kind === "ip" ? this.source.host : "";
    this.frontend.counters.limited.add(reason, { clientId: this.client?.clientId, host });
  }

  get state(): World["lookups"] {
    return this.#world.lookups;
  }

  get tables(): ReturnType<World["tablesFor"]> {
    return this.#world.tablesFor((this.backend ?? this.frontend).name, this.nowMs);
  }

  get hostName(): string {
    return this.#world.hostName;
  }

  get environment(): Readonly<Record<string, string | undefined>> {
    return this.#world.environment;
  }

  get variables(): Map<string, Sample> {
    return (this.#variables ??= new Map<string, Sample>());
  }

  get captured(): readonly string[] {
    return this.#captured;
  }

  random(): number {
    return this.#world.random() / 2 ** 32;
  }

  /** What it tracks, if anything. */
  get trackers(): TrackedCounters | undefined {
    return this.#trackers;
  }

  tracked(counter: number): TrackedEntry | undefined {
    return this.#trackers?.tracked(counter);
  }

  track(counter: number, table: StickTable, key: Sample): void {
    this.#trackers ??= new TrackedCounters();
    this.#trackers.track(counter, table, key, this.nowMs);
  }

  setSource(address: Sample): void {
    this.source = replaceHost(this.source, address);
  }

  setDestination(address: Sample): void {
    this.destination = replaceHost(this.destination, address);
  }

  capture(value: string): void {
    this.#captured = [...this.#captured, value];
  }

  /** The client's address, for `balance source`; absent on unix sockets. */
  sourceIp(): IpBytes | undefined {
    return this.source.kind === "ip" ? parseIp(this.source.host) : undefined;
  }

  /** The bytes that `balance hash` hashes; absent when its expression yields nothing. */
  keyBytes(key: CompiledSample | undefined): Uint8Array | undefined {
    const sample = key?.(this);
    return sample === undefined ? undefined : hashBytes(sample);
  }
}

function replaceHost(endpoint: Endpoint, address: Sample): Endpoint {
  if (address.type !== "ip") return endpoint;
  return {
    kind: "ip",
    family: address.value.length === 4 ? 4 : 6,
    host: printIp(address.value),
    port: endpoint.kind === "ip" ? endpoint.port : 0,
  };
}

function hashBytes(sample: Fetched): Uint8Array | undefined {
  if (sample === "none" || sample === "wait") return undefined;
  const cast = castSample(sample, "bin");
  return cast?.type === "bin" ? cast.value : undefined;
}
