// What this node says to others: which address it speaks from, and its adverts on every path.
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import { PRIORITY_RESIGN } from "../vrrp/advert.ts";
import type { OutgoingPacket } from "../vrrp/packet.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { Outbound } from "./outbound.ts";
import { KnownAddresses } from "./sources.ts";

/** See the head of this file. */
export class Voice {
  readonly addresses = new KnownAddresses();
  readonly #heartbeats: Heartbeats;
  readonly #outbound = new Outbound();
  readonly #sources = new Map<string, IpBytes | undefined>();
  #instances: ReadonlyMap<string, InstanceConfiguration>;

  constructor(configuration: AgentConfiguration, heartbeats: Heartbeats) {
    this.#heartbeats = heartbeats;
    this.#instances = byName(configuration);
  }

  reconfigure(configuration: AgentConfiguration): void {
    this.#instances = byName(configuration);
    for (const name of this.#sources.keys()) {
      if (!this.#instances.has(name)) this.#sources.delete(name);
    }
  }

  /** Where the adverts of each instance come from; `undefined` while there is no address. */
  get sources(): ReadonlyMap<string, IpBytes | undefined> {
    return this.#sources;
  }

  instance(name: string): InstanceConfiguration | undefined {
    return this.#instances.get(name);
  }

  /** Finds the sources anew; the names of instances whose source is another one now. */
  refreshSources(): readonly string[] {
    const changed: string[] = [];
    for (const [name, instance] of this.#instances) {
      const source = this.addresses.sourceOf(instance);
      if (this.#sources.has(name) && isSameAddress(source, this.#sources.get(name))) continue;
      this.#sources.set(name, source);
      changed.push(name);
    }
    return changed;
  }

  /** The fault of having no address to speak from; empty when there is one. */
  faultsOf(name: string): readonly string[] {
    const instance = this.#instances.get(name);
    if (instance === undefined || this.#sources.get(name) !== undefined) return [];
    return [`no IPv${instance.family} address on ${instance.interface} to send adverts from`];
  }

  /** Advertises over the heartbeat paths, and gives the packets to be sent by VRRP. */
  advertise(name: string, priority: number, nowMs: Millis): readonly OutgoingPacket[] {
    const instance = this.#instances.get(name);
    if (instance === undefined) return [];
    const source = this.#sources.get(name);
    this.#heartbeats.advertise(instance, priority, source, nowMs);
    if (source === undefined) return [];
    this.#outbound.count(name);
    return this.#outbound.packets(instance, priority, source);
  }

  /** Adverts of priority 0 for the instances of which `isMaster` holds. */
  resignations(isMaster: (name: string) => boolean): readonly OutgoingPacket[] {
    return [...this.#instances.values()].flatMap((instance) => {
      const source = this.#sources.get(instance.name);
      if (source === undefined || !isMaster(instance.name)) return [];
      return this.#outbound.packets(instance, PRIORITY_RESIGN, source);
    });
  }

  /** Adverts sent by VRRP, those of priority 0 included. */
  sentCount(name: string): number {
    return this.#outbound.sentCount(name);
  }
}

function byName(configuration: AgentConfiguration): ReadonlyMap<string, InstanceConfiguration> {
  return new Map(configuration.instances.map((instance) => [instance.name, instance]));
}

function isSameAddress(a: IpBytes | undefined, b: IpBytes | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
