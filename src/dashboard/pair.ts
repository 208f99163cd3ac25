// The pair as this node knows it: its own processes, its virtual routers, and of the other node what
// adverts, heartbeats and sessions of peers tell.
import type { Fitness } from "../base/life.ts";
import type { AgentFacts, GuardFacts, InstanceFacts } from "../node/reports.ts";
import type { PeersReport } from "../stats/peers-report.ts";
import type {
  HeartbeatView,
  NodeView,
  OtherNodeView,
  PeerView,
  ProcessView,
  RouterView,
  TableView,
} from "./document.ts";
import { isWorse, nodeProblems, type ServerTally } from "./problems.ts";

/** What guard or agent said; without facts, why there are none. */
export interface PartAnswer<T> {
  readonly facts?: T | undefined;
  /** For people. */
  readonly problem?: string | undefined;
}

/** Where the view comes from. */
export interface PairSources {
  readonly host: string;
  readonly version: string | null;
  readonly startedMs: number;
  readonly isStopping: boolean;
  readonly fitness: Fitness;
  readonly guard: PartAnswer<GuardFacts>;
  readonly agent: PartAnswer<AgentFacts>;
  /** When they were asked, since the epoch. */
  readonly askedMs: number;
  readonly peers: readonly PeersReport[];
  readonly tables: readonly TableView[];
  readonly servers: ServerTally;
}

/** The view. */
export function nodeView(sources: PairSources): NodeView {
  const { agent, fitness, askedMs } = sources;
  const { facts } = agent;
  const seen = {
    processes: processViews(sources),
    agentFailure: facts === undefined ? (agent.problem ?? "no answer") : "",
    routers:
      facts === undefined ? [] : facts.instances.map((one) => routerView(one, facts, askedMs)),
    heartbeats: facts === undefined ? [] : facts.heartbeats.map(heartbeatView),
    peers: peerViews(sources.peers),
    tables: sources.tables,
    isFit: fitness.isFit,
    unfitReasons: fitness.reasons,
  };
  const problems = nodeProblems(seen, sources.servers);
  return {
    host: sources.host,
    version: sources.version,
    state: problems.reduce<NodeView["state"]>((worst, { severity }) => {
      const state = severity === "note" ? "ok" : severity;
      return isWorse(state, worst) ? state : worst;
    }, "ok"),
    problems,
    startedMs: sources.startedMs,
    ...seen,
  };
}

/** Ages jitter by the time that an answer took; the instant that was known first stays. */
const JITTER_MS = 1_500;

/** The same view with the instants of the former one, where they mean the same. */
export function withSteadyInstants(view: NodeView, former: NodeView | undefined): NodeView {
  if (former === undefined) return view;
  const routers = view.routers.map((router) => {
    const known = former.routers.find(({ name, state }) => {
      return name === router.name && state === router.state;
    });
    const isSame = known !== undefined && Math.abs(known.sinceMs - router.sinceMs) < JITTER_MS;
    return isSame ? { ...router, sinceMs: known.sinceMs } : router;
  });
  return { ...view, routers };
}

function processViews({ guard, agent, isStopping, fitness }: PairSources): ProcessView[] {
  return [
    partView("guard", guard, undefined),
    partView("agent", agent, childText(guard.facts?.agent)),
    {
      name: "balancer",
      isReached: true,
      text: isStopping ? "stopping" : fitness.isFit ? "fit to serve" : "not fit to serve",
      isGood: !isStopping && fitness.isFit,
    },
  ];
}

function partView(
  name: "guard" | "agent",
  { facts, problem }: PartAnswer<unknown>,
  told: string | undefined,
): ProcessView {
  const isReached = facts !== undefined;
  const text = isReached ? (told ?? "running") : `not reachable: ${problem ?? "no answer"}`;
  return { name, isReached, text, isGood: isReached };
}

/** What the guard says of a child that it had to start more than once. */
function childText(child: GuardFacts["agent"] | undefined): string | undefined {
  if (child === undefined || child === null) return undefined;
  const { phase, runCount } = child;
  return runCount > 1 ? `${phase}, started ${runCount} times` : phase;
}

function routerView(instance: InstanceFacts, agent: AgentFacts, askedMs: number): RouterView {
  return {
    name: instance.name,
    state: instance.state,
    sinceMs: Math.round(askedMs - instance.stateForMs),
    reason: instance.reason,
    priority: instance.priority,
    vrid: instance.vrid,
    interface: instance.interface,
    vips: instance.vips,
    isHeld: instance.isHeld,
    faults: instance.faults,
    masterAddress: instance.masterAddress,
    other: otherNode(instance, agent),
  };
}

/** A master is heard for as long as its silence would not make another one. */
const MASTER_FRESH_ADVERTS = 4;

function otherNode(
  { heard, state, advertIntervalMs }: InstanceFacts,
  agent: AgentFacts,
): OtherNodeView {
  const [first, ...rest] = heard;
  const last = rest.reduce((newest, node) => {
    return newest === undefined || node.agoMs < newest.agoMs ? node : newest;
  }, first);
  const known = { address: last?.address ?? null, priority: last?.priority ?? 0 };
  const isFresh = last !== undefined && last.agoMs <= MASTER_FRESH_ADVERTS * advertIntervalMs;
  if (isFresh && last.state === "MASTER" && last.priority > 0) return { ...known, role: "MASTER" };
  const isAlive = agent.heartbeats.some((heartbeat) => heartbeat.isAlive);
  return { ...known, role: isAlive && state === "MASTER" ? "BACKUP" : "unknown" };
}

function heartbeatView({ peer, isAlive }: AgentFacts["heartbeats"][number]): HeartbeatView {
  return { peer, isAlive };
}

function peerViews(groups: readonly PeersReport[]): PeerView[] {
  return groups.flatMap(({ section, peers }) =>
    peers
      .filter(({ isLocal }) => !isLocal)
      .map(({ name, state, isTandem, tables, mismatches }) => ({
        section,
        name,
        state,
        isTandem,
        lagMs: state === "established" ? Math.max(0, ...tables.map(({ lagMs }) => lagMs)) : null,
        unackedCount: tables.reduce((sum, { unackedCount }) => sum + unackedCount, 0),
        pendingCount: tables.reduce((sum, { pendingCount }) => sum + pendingCount, 0),
        mismatches: mismatches.map(({ table, text }) => `${table}: ${text}`),
      })),
  );
}
