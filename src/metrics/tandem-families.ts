// `tandem_*`: what HAProxy has no word for.
import type { Fitness } from "../base/life.ts";
import type { AgentFacts, GuardFacts } from "../node/reports.ts";
import { PACKET_TYPE_NAMES } from "../mqtt/packet-types.ts";
import type { GroupStatus, PeerStatus } from "../peers/group-status.ts";
import type { RuntimeContext } from "../runtime/command.ts";
import type { PacketCounts } from "../session/mover.ts";
import type { World } from "../session/world.ts";
import { TANDEM_VERSION } from "../version.ts";
import type { Labels, MetricSample } from "./exposition.ts";
import { family, type FamilyLines } from "./families.ts";
import { nodeFamilies } from "./node-families.ts";

/** The list of live connections that the nodes share. */
export interface LiveFigures {
  /** Connections of this node in the list. */
  readonly ownCount: number;
  /** Entries of all nodes. */
  readonly entryCount: number;
  /** Sessions that were ended because their address had left this node. */
  readonly goneCount: number;
}

/** What these families are made from, beside what the runtime API shows. */
export interface TandemSources {
  readonly context: RuntimeContext;
  fitness(): Fitness;
  live(): LiveFigures;
  /** The other processes of this node, as read before these families are made. */
  readonly node: { readonly latest: NodeFacts; read(): Promise<unknown> };
}

/** What was read of them last. */
export interface NodeFacts {
  readonly agent: { readonly facts?: AgentFacts | undefined };
  readonly guard: { readonly facts?: GuardFacts | undefined };
}

const STAGES = ["local", "remote", "finished"] as const;
const PEER_STATES = ["idle", "connecting", "greeting", "established", "closed"] as const;

/** All families of Tandem's own. */
export function* tandemFamilies(sources: TandemSources): Generator<FamilyLines, void> {
  const { world } = sources.context;
  const fitness = sources.fitness();
  const live = sources.live();
  yield family("tandem_build_info", "gauge", "Version of Tandem", [
    { labels: [["version", TANDEM_VERSION]], value: 1 },
  ]);
  yield single("tandem_fit_to_serve", "1 while this node may take a VIP", Number(fitness.isFit));
  yield single("tandem_unfit_reasons", "What keeps it from being fit", fitness.reasons.length);
  yield single("tandem_sessions", "Client connections at this moment", world.connectionCount);
  yield family(
    "tandem_mqtt_refusals_total",
    "counter",
    "MQTT clients that were told by a CONNACK that they are not served",
    [...world.frontends.values()].map(({ name, counters }) => ({
      labels: [["proxy", name]] as const,
      value: counters.refusals,
    })),
  );
  yield family(
    "tandem_mqtt_refused_total",
    "counter",
    "Clients that a limit has kept out, told or not (mqtt-limit, mqtt-connect-rate)",
    [...world.frontends.values()].flatMap(({ name, counters }) =>
      counters.limited.entries().map(({ reason, count }) => ({
        labels: [
          ["proxy", name],
          ["reason", reason],
        ] as const,
        value: count,
      })),
    ),
  );
  yield family(
    "tandem_mqtt_packets_total",
    "counter",
    'Packets of MQTT, where they are counted (option mqtt-packets); server "" for all of a frontend',
    packetSamples(world),
  );
  yield single("tandem_live_connections", "Own connections in the shared list", live.ownCount);
  yield single("tandem_live_list_entries", "Entries of the list, of all nodes", live.entryCount);
  yield family(
    "tandem_gone_address_sessions_total",
    "counter",
    "Sessions that were ended because their virtual address had left this node",
    [{ labels: [], value: live.goneCount }],
  );
  yield* peersFamilies(sources.context.peers());
  const { agent, guard } = sources.node.latest;
  yield* nodeFamilies({ agent: agent.facts, guard: guard.facts });
}

/** Of frontends as they are, of backends by their servers; types that have not come are left out. */
function* packetSamples(world: World): Generator<MetricSample, void> {
  for (const { name, counters } of world.frontends.values()) {
    yield* samplesOf(counters.packets, [
      ["proxy", name],
      ["server", ""],
    ]);
  }
  for (const { name, balancer } of world.backends.values()) {
    for (const { name: server, counters } of balancer.servers) {
      yield* samplesOf(counters.packets, [
        ["proxy", name],
        ["server", server],
      ]);
    }
  }
}

function* samplesOf(
  packets: PacketCounts | undefined,
  labels: Labels,
): Generator<MetricSample, void> {
  if (packets === undefined) return;
  for (const [direction, counts] of [
    ["in", packets.toServer],
    ["out", packets.toClient],
  ] as const) {
    for (const [type, value] of counts.entries()) {
      if (value === 0) continue;
      const name = PACKET_TYPE_NAMES[type]!;
      yield { labels: [["direction", direction], ["type", name], ...labels], value };
    }
  }
}

function single(name: string, help: string, value: number): FamilyLines {
  return family(name, "gauge", help, [{ labels: [], value }]);
}

function* peersFamilies(groups: readonly GroupStatus[]): Generator<FamilyLines, void> {
  yield family(
    "tandem_peers_resync",
    "gauge",
    "Stage of the first look for what peers know: 1 for the one it is in",
    groups.flatMap(({ section, resync }) =>
      STAGES.map((stage) => ({
        labels: [...sectionLabels(section), ["stage", stage]] as const,
        value: Number(resync.stage === stage),
      })),
    ),
  );
  yield family(
    "tandem_peers_last_resync_age_seconds",
    "gauge",
    "Time since a peer last taught its tables to the end",
    groups.flatMap(({ section, resync: { last } }) =>
      last === undefined
        ? []
        : [
            {
              labels: [...sectionLabels(section), ["peer", last.peer]] as const,
              value: seconds(last.agoMs),
            },
          ],
    ),
  );
  const remote = groups.flatMap(({ section, peers }) =>
    peers
      .filter(({ isLocal }) => !isLocal)
      .map((peer) => ({ peer, labels: [...sectionLabels(section), ["peer", peer.name]] as const })),
  );
  yield family(
    "tandem_peers_state",
    "gauge",
    "State of the session with a peer: 1 for the one it is in",
    remote.flatMap(({ peer, labels }) =>
      PEER_STATES.map((state) => ({
        labels: [...labels, ["state", state]] as const,
        value: Number(peer.state === state),
      })),
    ),
  );
  yield family(
    "tandem_peers_silence_seconds",
    "gauge",
    "Time since the last byte of a peer",
    remote.map(({ peer, labels }) => ({
      labels,
      value: peer.silentMs === undefined ? undefined : seconds(peer.silentMs),
    })),
  );
  for (const [name, help, figure] of PEER_COUNTERS) {
    const samples = remote.map(({ peer, labels }) => ({ labels, value: figure(peer) }));
    yield family(`tandem_peers_${name}`, "counter", help, samples);
  }
  yield family(
    "tandem_peers_table_mismatches",
    "gauge",
    "Tables that one side drops because their definitions differ",
    remote.map(({ peer, labels }) => ({ labels, value: peer.mismatches.size })),
  );
  for (const [name, help, figure] of PEER_TABLE_FIGURES) {
    yield family(`tandem_peers_${name}`, "gauge", help, tableSamples(remote, figure));
  }
}

type Table = PeerStatus["tables"][number];

const PEER_COUNTERS: readonly [string, string, (peer: PeerStatus) => number][] = [
  ["sessions_total", "Sessions with a peer", ({ counters }) => counters.sessionCount],
  ["updates_sent_total", "Updates sent to a peer", ({ counters }) => counters.sentUpdateCount],
  ["updates_received_total", "Updates of a peer", ({ counters }) => counters.receivedUpdateCount],
  ["protocol_errors_total", "Errors of a peer", ({ counters }) => counters.protocolErrorCount],
];

const PEER_TABLE_FIGURES: readonly [string, string, (table: Table) => number][] = [
  [
    "lag_seconds",
    "How long the oldest change sampled waits for its acknowledgement",
    ({ lagMs }) => seconds(lagMs),
  ],
  ["unacknowledged_updates", "Changes sent, at most", ({ unackedCount }) => unackedCount],
  ["pending_updates", "Changes not sent, at most", ({ pendingCount }) => pendingCount],
];

function* tableSamples(
  remote: readonly { readonly peer: PeerStatus; readonly labels: Labels }[],
  figure: (table: Table) => number,
): Generator<MetricSample, void> {
  for (const { peer, labels } of remote) {
    for (const table of peer.tables) {
      yield { labels: [...labels, ["table", table.name]], value: figure(table) };
    }
  }
}

function sectionLabels(section: string): Labels {
  return [["section", section]];
}

function seconds(ms: number): number {
  return Math.max(0, Math.round(ms)) / 1000;
}
