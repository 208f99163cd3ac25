// What a seed chooses before anything happens: the two files, the network, and the bounds that follow.
import type { AgentConfiguration } from "../../../ha/config/model/configuration.ts";
import type { GuardSettings } from "../../../ha/supervise/guard-events.ts";
import { masterDownMs } from "../../../ha/vrrp/timers.ts";
import { agentConfiguration, syncGroupConfiguration } from "../../support/agent-configuration.ts";
import type { Chance } from "../chance.ts";
import type { NetworkQuality, PathName } from "./network.ts";

/** How the guards of both nodes supervise. */
export const GUARD_SETTINGS: GuardSettings = {
  children: ["agent", "balancer"],
  balancerTimeoutMs: 300,
  agentTimeoutMs: 300,
  balancerStartTimeoutMs: 10_000,
  agentStartTimeoutMs: 5_000,
  stopTimeoutMs: 2_000,
  restartBudget: { count: 10, periodMs: 60_000 },
};

/** What a seed has chosen. */
export interface PairSettings {
  readonly configurations: readonly [AgentConfiguration, AgentConfiguration];
  readonly vips: readonly string[];
  readonly quality: NetworkQuality;
  readonly paths: readonly PathName[];
  readonly intervalMs: number;
  /** The longer Master_Down_Interval of the two. */
  readonly downMs: number;
  readonly isNopreempt: boolean;
  /** Processes that are started again take up to seconds. */
  readonly bootsSlowly: boolean;
}

/** Chooses. */
export function choosePair(chance: Chance): PairSettings {
  const intervalMs = chance.pick([100, 100, 100, 50, 200]);
  const isV2 = chance.oneIn(25);
  const isNopreempt = chance.oneIn(4);
  const isGroup = chance.oneIn(12);
  const hasHeartbeat = chance.oneIn(2);
  const isUnicast = chance.oneIn(2);
  const priorities = chance.pick([
    [150, 100],
    [100, 150],
    [100, 99],
    [100, 100],
    [254, 1],
    [254, 253],
  ] as const);
  const preemptDelayMs = chance.oneIn(10) ? 300 : 0;
  const advertIntervalMs = isV2 ? 1_000 : intervalMs;
  const vips = isGroup ? ["10.0.0.100", "10.0.0.101"] : ["10.0.0.100"];
  const quality = chooseQuality(chance, advertIntervalMs);
  const configure = (side: 0 | 1): AgentConfiguration =>
    agentConfiguration({
      instances: vips.map((vip, i) => ({
        ...{ name: `VI_${i + 1}`, vrid: 51 + i, version: isV2 ? (2 as const) : (3 as const) },
        ...{ priority: priorities[side], advertIntervalMs, isNopreempt },
        preemptDelayMs: isNopreempt ? 0 : preemptDelayMs,
        vips: [`${vip}/24`],
        unicast: isUnicast ? [side === 0 ? "10.0.0.2" : "10.0.0.1"] : undefined,
      })),
      syncGroups: isGroup ? [syncGroupConfiguration({ members: ["VI_1", "VI_2"] })] : [],
      tandem: { heartbeats: hasHeartbeat ? [heartbeat(side)] : [] },
    });
  const configurations = [configure(0), configure(1)] as const;
  const down = (priority: number): number =>
    masterDownMs({
      version: isV2 ? 2 : 3,
      priority,
      masterIntervalMs: advertIntervalMs,
      downTimerAdverts: 3,
    });
  return {
    configurations,
    vips,
    quality,
    paths: hasHeartbeat ? ["vrrp", "heartbeat"] : ["vrrp"],
    intervalMs: advertIntervalMs,
    downMs: Math.max(down(priorities[0]), down(priorities[1]), down(1)),
    isNopreempt,
    bootsSlowly: chance.oneIn(4),
  };
}

function chooseQuality(chance: Chance, intervalMs: number): NetworkQuality {
  const clean = { lossOneIn: 0, lostInRowMax: 0, repeatOneIn: 0, delayMaxMs: 1 };
  return chance.pick<NetworkQuality>([
    clean,
    { ...clean, repeatOneIn: 4 },
    { ...clean, repeatOneIn: 10, delayMaxMs: intervalMs },
    { lossOneIn: 4, lostInRowMax: 2, repeatOneIn: 10, delayMaxMs: intervalMs / 4 },
  ]);
}

function heartbeat(side: 0 | 1) {
  const endpoint = (host: string) => ({ kind: "ip", family: 4, host, port: 5405 }) as const;
  const [local, peer] =
    side === 0 ? (["10.1.0.1", "10.1.0.2"] as const) : (["10.1.0.2", "10.1.0.1"] as const);
  return {
    local: endpoint(local),
    peer: endpoint(peer),
    key: new TextEncoder().encode("a shared secret"),
    interface: undefined,
  };
}
