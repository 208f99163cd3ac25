// show peers [dict|-] [<section>] (haproxy management §9.3)
import type { Millis } from "../../base/units.ts";
import { formatAcceptDate } from "../../log/date.ts";
import type { GroupStatus, PeerStatus, PeerTableStatus } from "../../peers/group-status.ts";
import {
  type Answer,
  type CommandCall,
  refuse,
  type RuntimeCommand,
  type RuntimeContext,
} from "../command.ts";
import { shortDuration } from "./durations.ts";

/** The command. */
export const SHOW_PEERS: RuntimeCommand = {
  words: ["show", "peers"],
  usage: "show peers [dict|-] [section]",
  help: "dump some information about all the peers or this peers section",
  level: "user",
  run: showPeers,
};

/** Words for the status of the last greeting (haproxy peers.txt). */
const STATUS_WORDS: ReadonlyMap<number, string> = new Map([
  [300, "RETR"],
  [501, "PROT"],
  [502, "VERS"],
  [503, "NAME"],
  [504, "UNKN"],
]);

const STATE_WORDS: Readonly<Record<string, string>> = {
  connecting: "CONN",
  greeting: "HSHK",
  established: "ESTA",
};

/** Bits of a section's `flags`: what it had to learn from its former process and from others is learned. */
const LEARNED_FLAGS: Readonly<Record<GroupStatus["resync"]["stage"], number>> = {
  local: 0,
  remote: 1,
  finished: 3,
};

function showPeers({ args }: CommandCall, context: RuntimeContext): Answer {
  const name = args[0] === "dict" || args[0] === "-" ? args[1] : args[0];
  const groups = context.peers();
  const shown = name === undefined ? groups : groups.filter(({ section }) => section === name);
  if (name !== undefined && shown.length === 0) return refuse("No such peers");
  return { kind: "output", pieces: pieces(shown, context) };
}

function* pieces(groups: readonly GroupStatus[], context: RuntimeContext): Generator<string, void> {
  for (const [index, group] of groups.entries()) {
    yield sectionLine(group, index, context);
    for (const [peerIndex, peer] of group.peers.entries()) {
      const tables = peer.tables.length > 0 ? peer.tables : unsharedTables(group, context);
      yield peerLines({ ...peer, tables }, peerIndex, addressOf(group, peer, context));
    }
    yield "\n";
  }
}

function sectionLine(group: GroupStatus, index: number, { process }: RuntimeContext): string {
  const startedWallMs = process.startedMs + process.wallOffsetMs;
  const date = formatAcceptDate(startedWallMs, process.utcOffset).slice(0, -".000".length);
  const flags = LEARNED_FLAGS[group.resync.stage].toString(16);
  const timeout = group.resync.stage === "finished" ? "<PAST>" : "<NEVER>";
  return (
    `0x${(index + 1).toString(16)}: [${date}] id=${group.section} disabled=0 flags=0x${flags} ` +
    `resync_timeout=${timeout} task_calls=0\n`
  );
}

function addressOf(group: GroupStatus, peer: PeerStatus, context: RuntimeContext): string {
  const section = context.configuration.peers.find(({ name }) => name === group.section);
  const address = section?.peers.find(({ name }) => name === peer.name)?.address;
  if (address === undefined) return "-";
  return address.kind === "unix" ? `unix:${address.path}` : `${address.host}:${address.port}`;
}

/** The tables that would be shared if there were a session. */
function unsharedTables(group: GroupStatus, { world }: RuntimeContext): PeerTableStatus[] {
  return [...world.tables.values()]
    .filter(({ spec }) => spec.peers === group.section)
    .map((table) => ({
      name: table.spec.name,
      lastUpdateId: table.lastUpdateId,
      pushedId: undefined,
      ackedId: undefined,
      pendingCount: 0,
      unackedCount: 0,
      lagMs: 0,
      received: undefined,
    }));
}

function peerLines(peer: PeerStatus, index: number, address: string): string {
  const { counters } = peer;
  const isActive = peer.state !== "idle" && peer.state !== "closed";
  const activity = `${peer.isLocal ? "local" : "remote"},${isActive ? "active" : "inactive"}`;
  const heard = peer.silentMs === undefined ? "<NEVER>" : shortDuration(peer.silentMs);
  const words = [
    `tx_hbt=${counters.sentHeartbeatCount} rx_hbt=${counters.receivedHeartbeatCount}`,
    `no_hbt=${counters.silenceCount} new_conn=${counters.dialCount}`,
    `proto_err=${counters.protocolErrorCount} coll=${counters.collisionCount}`,
  ];
  const indent = "        ";
  return [
    `  0x${((index + 1) * 16).toString(16)}: id=${peer.name}(${activity}) addr=${address} last_status=${statusWord(peer)} last_hdshk=${heard}\n`,
    `${indent}reconnect=${timeWord(peer.dialsInMs)} heartbeat=<NEVER> confirm=${counters.confirmCount} ${words.join(" ")}\n`,
    `${indent}flags=0x${isActive ? "2" : "0"}\n`,
    `${indent}shared tables:\n`,
    ...peer.tables.map((table, at) => tableLines(table, at)),
    `${indent}Dictionary cache not dumped\n`,
  ].join("");
}

/** `NONE` before the first attempt; of a peer that is lost, the attempt that comes next counts. */
function statusWord(peer: PeerStatus): string {
  const ofState = STATE_WORDS[peer.state];
  if (ofState !== undefined) return ofState;
  const ofGreeting = STATUS_WORDS.get(peer.lastStatus);
  if (ofGreeting !== undefined) return ofGreeting;
  return peer.counters.dialCount === 0 ? "NONE" : "CONN";
}

function timeWord(ms: Millis | undefined): string {
  return ms === undefined ? "<NEVER>" : shortDuration(ms);
}

function tableLines(table: PeerTableStatus, index: number): string {
  const { received, lastUpdateId } = table;
  const indent = "              ";
  return [
    `          0x${(index + 1).toString(16)} local_id=${index + 1} remote_id=0 flags=0x0 remote_data=0x0\n`,
    `${indent}last_acked=${table.ackedId ?? 0} last_pushed=${table.pushedId ?? 0} last_get=${received?.lastId ?? 0} teaching_origin=0 update=${lastUpdateId}\n`,
    `${indent}table:0x${(index + 1).toString(16)} id=${table.name} update=${lastUpdateId} localupdate=${lastUpdateId} commitupdate=${table.ackedId ?? 0} refcnt=1\n`,
  ].join("");
}
