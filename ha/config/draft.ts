// What the keywords have gathered, before defaults and references are settled.
import type { Position } from "../../src/base/diagnostic.ts";
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { HeartbeatConfiguration, WebhookConfiguration } from "./model/configuration.ts";
import type {
  NotifyCommand,
  TrackReference,
  UnicastPeer,
  VipConfiguration,
} from "./model/instance.ts";

/** A command line and who is to run it, as the file says. */
export type CommandDraft = NotifyCommand;

/** The `garp_*` words, in `global_defs` and in an instance. */
export interface AnnouncementDraft {
  secondSetAfterMs?: Millis;
  repeat?: number;
  refreshMs?: Millis;
  refreshRepeat?: number;
  lowerPrioritySecondSetAfterMs?: Millis;
  lowerPriorityRepeat?: number;
}

/** The words that both `global_defs` and an instance have. */
export interface SharedDraft {
  version?: 2 | 3;
  isStrict?: boolean;
  isLowerPriorityUnanswered?: boolean;
  isHigherPriorityAnswered?: boolean;
  downTimerAdverts?: number;
  skipsAddressCheck?: boolean;
  checksUnicastSource?: boolean;
  isChecksumRfc9568?: boolean;
  notifiesPriorityChanges?: boolean;
}

/** `notify_*` of an instance or a group. */
export interface NotifyDraft {
  master?: CommandDraft;
  backup?: CommandDraft;
  fault?: CommandDraft;
  stop?: CommandDraft;
  any?: CommandDraft;
  lowerPriorityAdvert?: CommandDraft;
}

/** The four `track_*` lists. */
export interface TrackDraft {
  trackedInterfaces: TrackReference[];
  trackedScripts: TrackReference[];
  trackedProcesses: TrackReference[];
  trackedFiles: TrackReference[];
}

/** One `vrrp_instance`. */
export interface InstanceDraft extends SharedDraft, TrackDraft {
  name: string;
  position: Position;
  interface?: string;
  vrid?: number;
  state?: "MASTER" | "BACKUP";
  priority?: number;
  advertIntervalMs?: Millis;
  authType?: "PASS" | "AH";
  password?: Uint8Array;
  /** Set by `unicast_src_ip`: meaningless without peers. */
  hasUnicastWord: boolean;
  peers: UnicastPeer[];
  unicastTtl?: number;
  unicastTtlPosition?: Position;
  sourceIp?: IpBytes;
  multicastGroup?: IpBytes;
  vips: VipConfiguration[];
  excludedVips: VipConfiguration[];
  virtualRoutes: (readonly string[])[];
  virtualRules: (readonly string[])[];
  isNopreempt: boolean;
  preemptDelayMs?: Millis;
  announcements: AnnouncementDraft;
  accept?: boolean;
  vmac?: { device?: string; address?: Uint8Array };
  sendsOnParent: boolean;
  ignoresInterfaceState: boolean;
  promotesSecondaries: boolean;
  notify: NotifyDraft;
}

/** One `vrrp_sync_group`. */
export interface GroupDraft extends TrackDraft {
  name: string;
  position: Position;
  members: string[];
  allowsWeights: boolean;
  notify: NotifyDraft;
}

/** One `vrrp_script`. */
export interface ScriptDraft {
  name: string;
  position: Position;
  command?: CommandDraft;
  user?: string;
  group?: string;
  isUserUnknown: boolean;
  intervalMs: Millis;
  timeoutMs?: Millis;
  weight: number;
  isReversed: boolean;
  fall: number;
  rise: number;
  startsFailed: boolean;
  isBalancerWatch: boolean;
}

/** One `vrrp_track_process`. */
export interface ProcessDraft {
  name: string;
  position: Position;
  words: readonly string[];
  paramMatch?: "exact" | "partial" | "initial";
  isFullCommand: boolean;
  weight: number;
  isReversed: boolean;
  quorum: number;
  quorumMax?: number;
  forkDelayMs: Millis;
  terminateDelayMs: Millis;
  isBalancerWatch: boolean;
}

/** One `track_file`. */
export interface FileDraft {
  name: string;
  position: Position;
  file?: string;
  weight: number;
  isReversed: boolean;
  initial?: { value: number; overwrites: boolean };
}

/** `global_defs`. */
export interface GlobalDraft extends SharedDraft {
  routerId?: string;
  scriptUser?: { user: string; group: string | undefined };
  isScriptSecure: boolean;
  startupDelayMs: Millis;
  fifo?: string;
  fifoScript?: CommandDraft;
  vrrpFifo?: string;
  vrrpFifoScript?: CommandDraft;
  writesStatesOnReload: boolean;
  realtimePriority?: number;
  nice?: number;
  cpuAffinity: number[];
  isLockedInMemory: boolean;
  startupScript?: CommandDraft;
  startupScriptTimeoutMs: Millis;
  shutdownScript?: CommandDraft;
  shutdownScriptTimeoutMs: Millis;
  hasDynamicInterfaces: boolean;
  logsUnknownVrids: boolean;
  jsonVersion: 1 | 2;
  checksReload: boolean;
  defaultInterface: string;
  multicastGroup4?: IpBytes;
  multicastGroup6?: IpBytes;
  announcements: AnnouncementDraft;
  isMinimalGarp: boolean;
  arpIntervalMs: Millis;
  naIntervalMs: Millis;
  vmacPrefix: string;
}

/** Our own directives. */
export interface TandemDraft {
  heartbeats: HeartbeatConfiguration[];
  balancerTimeoutMs: Millis;
  agentTimeoutMs: Millis;
  balancerStartTimeoutMs: Millis;
  onBalancerFailure: "failover" | "restart";
  restartInPlaceMs: Millis;
  restartBudget: { count: number; periodMs: Millis };
  isFitnessMinded: boolean;
  vipUp?: string;
  vipDown?: string;
  mapsHaproxyChecks: boolean;
  isRealtime: boolean;
  hasReserve: boolean;
  events: { webhook?: WebhookConfiguration; script?: CommandDraft; kinds: readonly string[] };
}

/** A whole file. */
export interface AgentDraft {
  global: GlobalDraft;
  tandem: TandemDraft;
  instances: Map<string, InstanceDraft>;
  groups: Map<string, GroupDraft>;
  scripts: Map<string, ScriptDraft>;
  processes: Map<string, ProcessDraft>;
  files: Map<string, FileDraft>;
  staticCommands: (readonly string[])[];
}

/** Nothing said yet. */
export function emptyDraft(): AgentDraft {
  return {
    global: {
      isScriptSecure: false,
      startupDelayMs: 0,
      writesStatesOnReload: false,
      cpuAffinity: [],
      isLockedInMemory: false,
      startupScriptTimeoutMs: 10_000,
      shutdownScriptTimeoutMs: 10_000,
      hasDynamicInterfaces: false,
      logsUnknownVrids: false,
      jsonVersion: 1,
      checksReload: false,
      defaultInterface: "eth0",
      announcements: {},
      isMinimalGarp: false,
      arpIntervalMs: 0,
      naIntervalMs: 0,
      vmacPrefix: "vrrp",
    },
    tandem: {
      heartbeats: [],
      balancerTimeoutMs: 300,
      agentTimeoutMs: 300,
      balancerStartTimeoutMs: 10_000,
      onBalancerFailure: "failover",
      restartInPlaceMs: 1_000,
      restartBudget: { count: 10, periodMs: 60_000 },
      isFitnessMinded: true,
      mapsHaproxyChecks: false,
      isRealtime: true,
      hasReserve: true,
      events: { kinds: [] },
    },
    instances: new Map(),
    groups: new Map(),
    scripts: new Map(),
    processes: new Map(),
    files: new Map(),
    staticCommands: [],
  };
}

/** Empty `track_*` lists. */
export function emptyTracks(): TrackDraft {
  return { trackedInterfaces: [], trackedScripts: [], trackedProcesses: [], trackedFiles: [] };
}
