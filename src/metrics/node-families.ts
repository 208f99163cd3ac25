// `tandem_vrrp_*` and `tandem_guard_*`: what agent and guard of this node say of themselves.
import type { AgentFacts, ChildFacts, GuardFacts, InstanceFacts } from "../node/reports.ts";
import type { Labels } from "./exposition.ts";
import { family, type FamilyLines } from "./families.ts";

/** The facts of the last reading; `undefined` for a process that does not answer. */
export interface NodeSources {
  readonly agent: AgentFacts | undefined;
  readonly guard: GuardFacts | undefined;
}

const STATES = ["INIT", "BACKUP", "MASTER", "FAULT"] as const;

/** All families of the other processes of this node. */
export function* nodeFamilies({ agent, guard }: NodeSources): Generator<FamilyLines, void> {
  yield* up("tandem_vrrp_up", "1 while the agent of this node answers", agent);
  const instances = (agent?.instances ?? []).map((facts) => ({ facts, labels: labelsOf(facts) }));
  yield family(
    "tandem_vrrp_state",
    "gauge",
    "State of a virtual router: 1 for the one it is in",
    instances.flatMap(({ facts, labels }) =>
      STATES.map((state) => ({
        labels: [...labels, ["state", state]] as const,
        value: Number(facts.state === state),
      })),
    ),
  );
  for (const [name, type, help, figure] of INSTANCE_FIGURES) {
    const samples = instances.map(({ facts, labels }) => ({ labels, value: figure(facts) }));
    yield family(`tandem_vrrp_${name}`, type, help, samples);
  }
  yield family(
    "tandem_vrrp_heartbeat_up",
    "gauge",
    "1 while the peer is heard over a second path",
    (agent?.heartbeats ?? []).map(({ peer, isAlive }) => ({
      labels: [["peer", peer]] as const,
      value: Number(isAlive),
    })),
  );
  yield* up("tandem_guard_up", "1 while the guard of this node answers", guard);
  if (guard !== undefined) yield* guardFamilies(guard);
}

function* guardFamilies(guard: GuardFacts): Generator<FamilyLines, void> {
  const { agent, balancer, report } = guard;
  yield family("tandem_guard_fit", "gauge", "1 while the agent is told that the balancer is fit", [
    { labels: [], value: Number(report.isFit) },
  ]);
  const children = Object.entries({ agent, balancer }).flatMap(([child, facts]) =>
    facts === null ? [] : [{ facts, labels: [["child", child]] as const }],
  );
  for (const [name, type, help, figure] of CHILD_FIGURES) {
    const samples = children.map(({ facts, labels }) => ({ labels, value: figure(facts) }));
    yield family(`tandem_guard_child_${name}`, type, help, samples);
  }
  yield family(
    "tandem_guard_child_losses_total",
    "counter",
    "Runs of a child that ended unasked, by cause",
    children.flatMap(({ facts, labels }) =>
      Object.entries(facts.lossCounts).map(([cause, value]) => ({
        labels: [...labels, ["cause", cause]] as const,
        value,
      })),
    ),
  );
}

function* up(name: string, help: string, facts: object | undefined): Generator<FamilyLines, void> {
  yield family(name, "gauge", help, [{ labels: [], value: Number(facts !== undefined) }]);
}

type Figure<T> = readonly [
  name: string,
  type: "gauge" | "counter",
  help: string,
  figure: (facts: T) => number | undefined,
];

const INSTANCE_FIGURES: readonly Figure<InstanceFacts>[] = [
  [
    "state_age_seconds",
    "gauge",
    "Time since a virtual router entered its state",
    ({ stateForMs }) => seconds(stateForMs),
  ],
  ["priority", "gauge", "Effective priority", ({ priority }) => priority],
  ["base_priority", "gauge", "Priority as configured", ({ basePriority }) => basePriority],
  ["vips_held", "gauge", "1 while the kernel has all its VIPs", ({ isHeld }) => Number(isHeld)],
  ["faults", "gauge", "Reasons for FAULT", ({ faults }) => faults.length],
  ["transitions_total", "counter", "Changes of state", ({ transitionCount }) => transitionCount],
  [
    "became_master_total",
    "counter",
    "How often it became master",
    ({ becameMasterCount }) => becameMasterCount,
  ],
  [
    "last_failover_outage_seconds",
    "gauge",
    "How long no master was heard before this node last took over from one",
    ({ lastOutageMs }) => (lastOutageMs === null ? undefined : seconds(lastOutageMs)),
  ],
  ["adverts_sent_total", "counter", "Adverts sent", ({ sentCount }) => sentCount],
  ["adverts_received_total", "counter", "Adverts received", ({ receivedCount }) => receivedCount],
  [
    "adverts_dropped_total",
    "counter",
    "Packets for a virtual router that were dropped, whatever was wrong",
    ({ droppedCount }) => droppedCount,
  ],
];

const CHILD_FIGURES: readonly Figure<ChildFacts>[] = [
  [
    "up",
    "gauge",
    "1 while a child of the guard is ready",
    ({ phase }) => Number(phase === "ready"),
  ],
  ["runs_total", "counter", "How often a child was started", ({ runCount }) => runCount],
  [
    "ready_age_seconds",
    "gauge",
    "Time since a child became ready",
    ({ readyForMs }) => (readyForMs === null ? undefined : seconds(readyForMs)),
  ],
  [
    "given_up",
    "gauge",
    "1 while a child has ended too often to be restarted at once",
    ({ isGivenUp }) => Number(isGivenUp),
  ],
];

function labelsOf({ name, interface: device, vrid }: InstanceFacts): Labels {
  return [
    ["router", name],
    ["interface", device],
    ["vrid", String(vrid)],
  ];
}

function seconds(ms: number): number {
  return Math.max(0, Math.round(ms)) / 1_000;
}
