// What an agent shows of itself, gathered from its parts.
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import type { BalancerReport } from "../supervise/messages.ts";
import type { Tracker, TrackStatus } from "../track/tracker.ts";
import type { VipKeeper } from "../vip/keeper.ts";
import type { InstanceStatus } from "../vrrp/election-events.ts";
import type { Election } from "../vrrp/election.ts";
import type { AdvertCounters } from "../vrrp/receive.ts";
import type { HeardNode } from "./heard-nodes.ts";
import type { Heartbeats, HeartbeatStatus } from "./heartbeats.ts";
import type { Reception } from "./reception.ts";
import type { Voice } from "./voice.ts";

/** One virtual router of this node. */
export interface InstanceReport {
  readonly configuration: InstanceConfiguration;
  readonly election: InstanceStatus;
  /** Where its adverts come from; `undefined` while there is no address. */
  readonly source: IpBytes | undefined;
  /** All VIPs are in the kernel. */
  readonly isHeld: boolean;
  readonly received: AdvertCounters;
  readonly sentCount: number;
  /** Master_Down_Interval. */
  readonly masterDownMs: Millis;
  /** Other nodes that speak for it. */
  readonly heard: readonly HeardNode[];
}

/** A whole agent. */
export interface AgentStatus {
  readonly configuration: AgentConfiguration;
  /** In file order. */
  readonly instances: readonly InstanceReport[];
  readonly tracking: TrackStatus;
  readonly heartbeats: readonly HeartbeatStatus[];
  readonly balancer: BalancerReport;
  /** VRRP packets for virtual routers that this node does not know. */
  readonly unknownVridCount: number;
}

/** `last_transition` and the like: an instant of the monotonic clock as seconds since 1970. */
export function wallSeconds(atMs: Millis, wallOffsetMs: Millis): number {
  return (atMs + wallOffsetMs) / 1000;
}

/** The parts of an agent that a status is gathered from. */
export interface StatusParts {
  readonly configuration: AgentConfiguration;
  readonly election: Election;
  readonly vips: VipKeeper;
  readonly tracker: Tracker;
  readonly heartbeats: Heartbeats;
  readonly reception: Reception;
  readonly voice: Voice;
  readonly balancer: BalancerReport;
}

/** The status at this moment. */
export function agentStatus(parts: StatusParts): AgentStatus {
  const { configuration, election, vips, reception, heartbeats, voice } = parts;
  return {
    configuration,
    instances: configuration.instances.flatMap((instance) => {
      const status = election.status(instance.name);
      if (status === undefined) return [];
      return [
        {
          configuration: instance,
          election: status,
          source: voice.sources.get(instance.name),
          isHeld: vips.isHeld(instance.name),
          received: reception.counters(instance.name),
          sentCount: voice.sentCount(instance.name),
          masterDownMs: election.masterDownMs(instance.name),
          heard: [...reception.heard.of(instance.name), ...heartbeats.heard.of(instance.name)],
        },
      ];
    }),
    tracking: parts.tracker.status(),
    heartbeats: heartbeats.statuses(),
    balancer: parts.balancer,
    unknownVridCount: reception.unknownVridCount,
  };
}
