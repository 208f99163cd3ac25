// Models of keepalived.conf for tests: name what matters, the rest is as Keepalived's defaults.
import type {
  AgentConfiguration,
  GlobalConfiguration,
  TandemSettings,
} from "../../ha/config/model/configuration.ts";
import type {
  InstanceConfiguration,
  NotifyCommand,
  NotifySettings,
  SyncGroupConfiguration,
  TrackReference,
  UnicastSettings,
  VipConfiguration,
} from "../../ha/config/model/instance.ts";
import type {
  FileConfiguration,
  ProcessConfiguration,
  ScriptConfiguration,
} from "../../ha/config/model/tracking.ts";
import { parseIp, type IpBytes } from "../../src/base/ip.ts";

/** What a test may say about an instance: addresses also as text. */
export type InstanceDraft = Omit<
  Partial<InstanceConfiguration>,
  "vips" | "excludedVips" | "unicast" | "sourceIp" | "notify" | "announcements"
> & {
  /** `"10.9.9.9/24"` or `"10.9.9.9"` (no length), or models. Default: 10.9.9.100/24. */
  readonly vips?: readonly (string | VipConfiguration)[];
  readonly excludedVips?: readonly (string | VipConfiguration)[];
  /** Addresses of peers, or the model. */
  readonly unicast?: readonly string[] | UnicastSettings | undefined;
  readonly sourceIp?: string | IpBytes | undefined;
  readonly notify?: Partial<NotifySettings>;
  readonly announcements?: Partial<InstanceConfiguration["announcements"]>;
};

const POSITION = { file: "keepalived.conf", line: 1 };

const NO_NOTICES: NotifySettings = {
  master: undefined,
  backup: undefined,
  fault: undefined,
  stop: undefined,
  any: undefined,
  lowerPriorityAdvert: undefined,
};

/** The bytes of an address that the test wrote; throws when it is none. */
export function ip(text: string): IpBytes {
  const bytes = parseIp(text);
  if (bytes === undefined) throw new Error(`"${text}" is no IP address`);
  return bytes;
}

/** `vipConfiguration("10.9.9.9/24", { label: "eth0:vip" })`. */
export function vipConfiguration(
  text: string,
  changes: Partial<VipConfiguration> = {},
): VipConfiguration {
  const [host = "", length] = text.split("/");
  const address = ip(host);
  return {
    address,
    prefixLength: length === undefined ? address.length * 8 : Number(length),
    hasPrefixLength: length !== undefined,
    device: undefined,
    label: undefined,
    broadcast: undefined,
    scope: undefined,
    peer: undefined,
    flags: [],
    preferredLifetime: undefined,
    isUntracked: false,
    ...changes,
  };
}

/** An instance named VI_1 on eth0: VRID 51, version 3 at 1 s, priority 100, multicast. */
export function instanceConfiguration(draft: InstanceDraft = {}): InstanceConfiguration {
  const { vips, excludedVips, unicast, sourceIp, notify, announcements, ...plain } = draft;
  const claimed = (vips ?? ["10.9.9.100/24"]).map(vip);
  const family = draft.family ?? (claimed[0]?.address.length === 16 ? 6 : 4);
  return {
    name: "VI_1",
    position: POSITION,
    interface: "eth0",
    vrid: 51,
    version: 3,
    family,
    initialState: "BACKUP",
    priority: 100,
    advertIntervalMs: 1_000,
    authentication: { kind: "none" },
    unicast: unicastSettings(unicast),
    sourceIp: typeof sourceIp === "string" ? ip(sourceIp) : sourceIp,
    multicastGroup: ip(family === 6 ? "ff02::12" : "224.0.0.18"),
    vips: claimed,
    excludedVips: (excludedVips ?? []).map(vip),
    virtualRoutes: [],
    virtualRules: [],
    isNopreempt: false,
    preemptDelayMs: 0,
    announcements: {
      secondSetAfterMs: 5_000,
      repeat: 5,
      refreshMs: 0,
      refreshRepeat: 1,
      lowerPrioritySecondSetAfterMs: 5_000,
      lowerPriorityRepeat: 5,
      arpIntervalMs: 0,
      naIntervalMs: 0,
      ...announcements,
    },
    isLowerPriorityUnanswered: false,
    isHigherPriorityAnswered: true,
    downTimerAdverts: 3,
    isAccepting: true,
    isStrict: false,
    skipsAddressCheck: false,
    checksumForm: "pseudo-header",
    vmac: undefined,
    trackedInterfaces: [],
    trackedScripts: [],
    trackedProcesses: [],
    trackedFiles: [],
    ignoresInterfaceState: false,
    notify: { ...NO_NOTICES, ...notify },
    notifiesPriorityChanges: false,
    promotesSecondaries: false,
    ...plain,
  };
}

function vip(given: string | VipConfiguration): VipConfiguration {
  return typeof given === "string" ? vipConfiguration(given) : given;
}

function unicastSettings(given: InstanceDraft["unicast"]): UnicastSettings | undefined {
  if (given === undefined || "peers" in given) return given;
  return {
    peers: given.map((peer) => ({ address: ip(peer), minTtl: undefined, maxTtl: undefined })),
    ttl: 255,
    checksSource: false,
  };
}

/** A command as the reader leaves it; text is split at spaces. */
export function notifyCommand(
  line: string | readonly string[],
  changes: Partial<NotifyCommand> = {},
): NotifyCommand {
  const words = typeof line === "string" ? line.split(" ") : line;
  return { words, position: POSITION, user: undefined, group: undefined, ...changes };
}

/** `trackReference("chk", { weight: -20 })`: an entry of a `track_*` block. */
export function trackReference(
  name: string,
  changes: Partial<TrackReference> = {},
): TrackReference {
  return { name, weight: undefined, isReversed: undefined, position: POSITION, ...changes };
}

/** A script named chk that runs `command` (default /bin/true) every second, weight 0. */
export function scriptConfiguration(
  draft: Omit<Partial<ScriptConfiguration>, "command"> & {
    readonly command?: string | NotifyCommand;
  } = {},
): ScriptConfiguration {
  const { command = "/bin/true", ...changes } = draft;
  const intervalMs = changes.intervalMs ?? 1_000;
  return {
    name: "chk",
    position: POSITION,
    command: typeof command === "string" ? notifyCommand(command) : command,
    intervalMs,
    timeoutMs: intervalMs,
    weight: 0,
    isReversed: false,
    fall: 1,
    rise: 1,
    startsFailed: false,
    isBalancerWatch: false,
    ...changes,
  };
}

/** A `vrrp_track_process` named proc that looks for haproxy, weight 0. */
export function processConfiguration(
  changes: Partial<ProcessConfiguration> = {},
): ProcessConfiguration {
  return {
    name: "proc",
    position: POSITION,
    words: ["haproxy"],
    paramMatch: undefined,
    isFullCommand: false,
    weight: 0,
    isReversed: false,
    quorum: 1,
    quorumMax: undefined,
    forkDelayMs: 0,
    terminateDelayMs: 0,
    isBalancerWatch: false,
    ...changes,
  };
}

/** A `track_file` named tf, weight 1. */
export function fileConfiguration(changes: Partial<FileConfiguration> = {}): FileConfiguration {
  return {
    name: "tf",
    position: POSITION,
    file: "/nonexistent/track",
    weight: 1,
    isReversed: false,
    initial: undefined,
    ...changes,
  };
}

/** A sync group named G without members. */
export function syncGroupConfiguration(
  draft: Omit<Partial<SyncGroupConfiguration>, "notify"> & {
    readonly notify?: Partial<NotifySettings>;
  } = {},
): SyncGroupConfiguration {
  const { notify, ...changes } = draft;
  return {
    name: "G",
    position: POSITION,
    members: [],
    trackedInterfaces: [],
    trackedScripts: [],
    trackedProcesses: [],
    trackedFiles: [],
    allowsWeights: false,
    notify: { ...NO_NOTICES, ...notify },
    ...changes,
  };
}

/** `global_defs` that say nothing. */
export function globalConfiguration(
  changes: Partial<GlobalConfiguration> = {},
): GlobalConfiguration {
  return {
    routerId: "lb1",
    scriptUser: undefined,
    isScriptSecure: false,
    startupDelayMs: 0,
    fifos: [],
    notifiesPriorityChanges: false,
    writesStatesOnReload: false,
    realtimePriority: undefined,
    nice: undefined,
    cpuAffinity: [],
    isLockedInMemory: false,
    startupScript: undefined,
    startupScriptTimeoutMs: 0,
    shutdownScript: undefined,
    shutdownScriptTimeoutMs: 0,
    hasDynamicInterfaces: false,
    logsUnknownVrids: false,
    jsonVersion: 1,
    checksReload: false,
    ...changes,
  };
}

/** Our own directives at their defaults. */
export function tandemSettings(changes: Partial<TandemSettings> = {}): TandemSettings {
  return {
    heartbeats: [],
    balancerTimeoutMs: 300,
    agentTimeoutMs: 300,
    balancerStartTimeoutMs: 10_000,
    onBalancerFailure: "failover",
    restartInPlaceMs: 1_000,
    restartBudget: { count: 10, periodMs: 60_000 },
    minds: { fitness: true },
    vipUp: undefined,
    vipDown: undefined,
    mapsHaproxyChecks: false,
    isRealtime: true,
    hasReserve: true,
    events: { webhook: undefined, script: undefined, kinds: [] },
    ...changes,
  };
}

/** What a test may say about a whole file. */
export type AgentDraft = Omit<Partial<AgentConfiguration>, "global" | "tandem" | "instances"> & {
  readonly global?: Partial<GlobalConfiguration>;
  readonly tandem?: Partial<TandemSettings>;
  /** Drafts or whole models; default: one instance as `instanceConfiguration()`. */
  readonly instances?: readonly InstanceDraft[];
};

/** A whole keepalived.conf: `agentConfiguration({ instances: [{ vrid: 7, priority: 150 }] })`. */
export function agentConfiguration(draft: AgentDraft = {}): AgentConfiguration {
  const { global, tandem, instances, ...plain } = draft;
  return {
    global: globalConfiguration(global),
    instances: (instances ?? [{}]).map(instanceConfiguration),
    syncGroups: [],
    scripts: [],
    processes: [],
    files: [],
    staticCommands: [],
    tandem: tandemSettings(tandem),
    ...plain,
  };
}
