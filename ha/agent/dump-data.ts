// The data dump of SIGUSR1, in the form of keepalived.data: the lines that people and scripts look for.
import { printIp } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { TrackReference } from "../config/model/instance.ts";
import type { ScriptConfiguration } from "../config/model/tracking.ts";
import { commandText, vipText } from "./dump-text.ts";
import { type AgentStatus, type InstanceReport, wallSeconds } from "./status.ts";

/** The text of the dump. Secrets are left out. */
export function dumpData(status: AgentStatus, wallOffsetMs: Millis): string {
  const lines = [
    ...globalLines(status),
    "------< VRRP Topology >------",
    ...status.instances.flatMap((report) => instanceLines(report, wallOffsetMs)),
    "------< VRRP Sync groups >------",
    ...status.configuration.syncGroups.flatMap((group) => [
      ` VRRP Sync Group = ${group.name}`,
      ...group.members.map((member) => `   Member ${member}`),
    ]),
    "------< VRRP Scripts >------",
    ...status.configuration.scripts.flatMap((script) => scriptLines(status, script)),
    "------< Tandem >------",
    ...tandemLines(status),
    ...status.instances.flatMap(droppedLines),
  ];
  return `${lines.join("\n")}\n`;
}

function globalLines({ configuration: { global } }: AgentStatus): string[] {
  return [
    "------< Global definitions >------",
    ` Router ID = ${global.routerId}`,
    ...global.fifos.map((fifo) => ` VRRP notify fifo = ${fifo.path}`),
    ` VRRP notify priority changes = ${global.notifiesPriorityChanges}`,
    ` VRRP startup delay = ${seconds(global.startupDelayMs)}`,
    ` VRRP realtime priority = ${global.realtimePriority ?? 0}`,
    ` VRRP process priority = ${global.nice ?? 0}`,
    ` VRRP don't swap = ${global.isLockedInMemory}`,
    ` Script security ${global.isScriptSecure ? "enabled" : "disabled"}`,
  ];
}

function instanceLines(report: InstanceReport, wallOffsetMs: Millis): string[] {
  const { configuration: instance, election } = report;
  const { announcements, unicast, notify } = instance;
  const since = wallSeconds(election.sinceMs, wallOffsetMs);
  const commands = [
    ["Backup state transition script", notify.backup],
    ["Master state transition script", notify.master],
    ["Fault state transition script", notify.fault],
    ["Stop state transition script", notify.stop],
    ["Generic state transition script", notify.any],
    ["Master rx lower priority script", notify.lowerPriorityAdvert],
  ] as const;
  return [
    ` VRRP Instance = ${instance.name}`,
    `   VRRP Version = ${instance.version}`,
    `   State = ${election.state}`,
    `   Number of interface and track script faults = ${election.faults.length}`,
    ...election.faults.map((fault) => `   Fault = ${fault}`),
    `   Last transition = ${since.toFixed(6)} (${new Date(since * 1000).toISOString()})`,
    `   Reason = ${election.reason}`,
    `   Master down timer = ${Math.round(report.masterDownMs * 1000)} usecs`,
    `   Interface = ${instance.interface}`,
    ...(instance.vmac === undefined ? [] : [`   Using vmac = ${instance.vmac.device}`]),
    `   Using src_ip = ${report.source === undefined ? "(none)" : printIp(report.source)}`,
    ...(unicast === undefined
      ? [`   Multicast address ${printIp(instance.multicastGroup)}`]
      : [
          `   Unicast TTL = ${unicast.ttl}`,
          `   Check unicast src : ${unicast.checksSource ? "yes" : "no"}`,
          "   Unicast Peer :",
          ...unicast.peers.map((peer) => `     ${printIp(peer.address)}`),
        ]),
    `   Gratuitous ARP delay = ${announcements.secondSetAfterMs / 1000}`,
    `   Gratuitous ARP repeat = ${announcements.repeat}`,
    `   Gratuitous ARP refresh = ${announcements.refreshMs / 1000}`,
    `   Gratuitous ARP refresh repeat = ${announcements.refreshRepeat}`,
    `   Gratuitous ARP lower priority delay = ${announcements.lowerPrioritySecondSetAfterMs / 1000}`,
    `   Gratuitous ARP lower priority repeat = ${announcements.lowerPriorityRepeat}`,
    `   Down timer adverts = ${instance.downTimerAdverts}`,
    `   Send advert after receive lower priority advert = ${!instance.isLowerPriorityUnanswered}`,
    `   Send advert after receive higher priority advert = ${instance.isHigherPriorityAnswered}`,
    `   Virtual Router ID = ${instance.vrid}`,
    `   Priority = ${instance.priority}`,
    `   Effective priority = ${election.effectivePriority}`,
    `   Master priority = ${election.masterPriority}`,
    `   Master router = ${election.masterAddress === undefined ? "(none)" : printIp(election.masterAddress)}`,
    `   Advert interval = ${interval(instance.advertIntervalMs, instance.version)}`,
    `   Accept = ${instance.isAccepting ? "enabled" : "disabled"}`,
    `   Preempt = ${instance.isNopreempt ? "disabled" : "enabled"}`,
    ...(instance.preemptDelayMs > 0
      ? [`   Preempt delay = ${seconds(instance.preemptDelayMs)}`]
      : []),
    ...(instance.authentication.kind === "pass"
      ? ["   Authentication type = SIMPLE_PASSWORD"]
      : []),
    `   Virtual IP (${instance.vips.length}):`,
    ...instance.vips.map((vip) => `     ${vipText(instance, vip, report.isHeld)}`),
    ...(instance.excludedVips.length === 0
      ? []
      : [
          `   Virtual IP Excluded (${instance.excludedVips.length}):`,
          ...instance.excludedVips.map((vip) => `     ${vipText(instance, vip, report.isHeld)}`),
        ]),
    ...tracked("interfaces", instance.trackedInterfaces),
    ...tracked("scripts", instance.trackedScripts),
    ...tracked("processes", instance.trackedProcesses),
    ...tracked("files", instance.trackedFiles),
    ...commands.flatMap(([title, command]) =>
      command === undefined ? [] : [`   ${title} = ${commandText(command)}`],
    ),
  ];
}

function tracked(what: string, references: readonly TrackReference[]): string[] {
  if (references.length === 0) return [];
  const lines = references.map(
    ({ name, weight }) => `     ${name}${weight === undefined ? "" : ` weight ${weight}`}`,
  );
  return [`   Tracked ${what} :`, ...lines];
}

function scriptLines(status: AgentStatus, script: ScriptConfiguration): string[] {
  const result = status.tracking.scripts.find(({ name }) => name === script.name);
  return [
    ` VRRP Script = ${script.name}`,
    `   Command = ${commandText(script.command)}`,
    `   Interval = ${seconds(script.intervalMs)}`,
    `   Timeout = ${seconds(script.timeoutMs)}`,
    `   Weight = ${script.weight}${script.isReversed ? " reverse" : ""}`,
    `   Rise = ${script.rise}`,
    `   Fall = ${script.fall}`,
    `   Status = ${result === undefined ? "unknown" : result.isUp ? "GOOD" : "BAD"}`,
  ];
}

function tandemLines({ balancer, heartbeats, unknownVridCount }: AgentStatus): string[] {
  return [
    ` Balancer = ${balancer.state}${balancer.isFit ? ", fit to serve" : ""}`,
    ...balancer.reasons.map((reason) => `   ${reason}`),
    ...heartbeats.map(
      (path) => ` Heartbeat ${path.local} to ${path.peer} = ${path.isAlive ? "alive" : "silent"}`,
    ),
    ` Adverts for unknown virtual routers = ${unknownVridCount}`,
  ];
}

/** What Keepalived drops, or lets pass, without counting it. */
function droppedLines({ configuration, received }: InstanceReport): string[] {
  return [
    ` Packets for ${configuration.name}`,
    `   Wrong checksum = ${received.checksumErrors}`,
    `   Wrong version, CARP included = ${received.versionErrors}`,
    `   Not from a peer, or multicast for unicast = ${received.foreignErrors}`,
    `   From this node's own address = ${received.ownAddressErrors}`,
    `   Taken with the other form of checksum = ${received.checksumFormNotes}`,
  ];
}

function seconds(ms: Millis): string {
  return `${ms / 1000} sec`;
}

function interval(ms: Millis, version: 2 | 3): string {
  return version === 2 ? seconds(ms) : `${ms} milli-sec`;
}
