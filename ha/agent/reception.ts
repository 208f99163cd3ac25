// Packets of protocol 112 find their virtual router here, are judged, and counted. What is wrong with
// them is said at once and then at most once a minute: a neighbour may send 60,000 a second.
import { printIp, type IpBytes } from "../../src/base/ip.ts";
import { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import type { Advert } from "../vrrp/advert.ts";
import { Loudness } from "../vrrp/loudness.ts";
import type { ReceivedPacket } from "../vrrp/packet.ts";
import { type AdvertCounters, countVerdict, judgePacket, newCounters } from "../vrrp/receive.ts";
import { HeardNodes } from "./heard-nodes.ts";

/** A line about what came in. */
export interface ReceptionLog {
  readonly kind: "log";
  readonly level: "info" | "warning";
  readonly text: string;
}

/** An advert for the election. */
export interface AcceptedAdvert {
  readonly instance: string;
  readonly advert: Advert;
  readonly source: IpBytes;
}

/** See the head of this file. */
export class Reception {
  readonly heard = new HeardNodes();
  readonly #counters = new Map<string, AdvertCounters>();
  readonly #loudness = new Loudness();
  readonly #logs = new EffectQueue<ReceptionLog>();
  #byKey: ReadonlyMap<string, readonly InstanceConfiguration[]>;
  #logsUnknownVrids: boolean;
  #unknownVridCount = 0;

  constructor(configuration: AgentConfiguration) {
    this.#byKey = index(configuration);
    this.#logsUnknownVrids = configuration.global.logsUnknownVrids;
  }

  /** Counters of instances that stay are kept. */
  reconfigure(configuration: AgentConfiguration): void {
    this.#byKey = index(configuration);
    this.#logsUnknownVrids = configuration.global.logsUnknownVrids;
    const names = new Set(configuration.instances.map(({ name }) => name));
    for (const name of this.#counters.keys()) if (!names.has(name)) this.#counters.delete(name);
    this.heard.keep(names);
  }

  get unknownVridCount(): number {
    return this.#unknownVridCount;
  }

  counters(instance: string): AdvertCounters {
    let counters = this.#counters.get(instance);
    if (counters === undefined) {
      counters = newCounters();
      this.#counters.set(instance, counters);
    }
    return counters;
  }

  /** The adverts in a packet that count: none, or one. */
  packet(
    packet: ReceivedPacket,
    sources: ReadonlyMap<string, IpBytes | undefined>,
    nowMs: Millis,
  ): readonly AcceptedAdvert[] {
    const vrid = packet.payload[1] ?? 0;
    const instances = this.#byKey.get(key(packet.interface, packet.family, vrid));
    if (instances === undefined) {
      this.#unknownVridCount += 1;
      if (this.#logsUnknownVrids) this.#unknown(packet, vrid, nowMs);
      return [];
    }
    return instances.flatMap((instance) => {
      const verdict = judgePacket(instance, packet, { source: sources.get(instance.name) });
      countVerdict(this.counters(instance.name), verdict);
      if (verdict.kind === "drop") {
        this.#complain(instance, packet, verdict.reason, verdict.text, nowMs);
        return [];
      }
      for (const note of verdict.notes) {
        this.#complain(instance, packet, note.kind, note.text, nowMs);
      }
      const { advert } = verdict;
      this.heard.note(instance.name, {
        source: packet.source,
        priority: advert.priority,
        state: "MASTER",
        path: "vrrp",
        heardMs: nowMs,
      });
      return [{ instance: instance.name, advert, source: packet.source }];
    });
  }

  /** Takes the oldest line. */
  poll(): ReceptionLog | undefined {
    return this.#logs.poll();
  }

  #complain(
    instance: InstanceConfiguration,
    packet: ReceivedPacket,
    topic: string,
    text: string,
    nowMs: Millis,
  ): void {
    const sender = printIp(packet.source);
    const line = `${text} (from ${sender})`;
    const said = this.#loudness.say(`${instance.name} ${topic} ${sender}`, line, nowMs);
    if (said !== undefined) {
      this.#logs.push({ kind: "log", level: "warning", text: `(${instance.name}) ${said}` });
    }
  }

  #unknown(packet: ReceivedPacket, vrid: number, nowMs: Millis): void {
    const text = `${packet.interface}: advert from ${printIp(packet.source)} for virtual router ${vrid}, which this node does not have`;
    const said = this.#loudness.say(`unknown ${packet.interface} ${vrid}`, text, nowMs);
    if (said !== undefined) this.#logs.push({ kind: "log", level: "info", text: said });
  }
}

function key(device: string, family: 4 | 6, vrid: number): string {
  return `${device} ${family} ${vrid}`;
}

function index(configuration: AgentConfiguration): ReadonlyMap<string, InstanceConfiguration[]> {
  const byKey = new Map<string, InstanceConfiguration[]>();
  for (const instance of configuration.instances) {
    const place = key(instance.interface, instance.family, instance.vrid);
    byKey.set(place, [...(byKey.get(place) ?? []), instance]);
  }
  return byKey;
}
