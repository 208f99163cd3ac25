// What is wrong with a node, the worst first, in a person's words.
import type { NodeView, ProblemView } from "./document.ts";

/** Servers by how they stand, and the backends that have none to choose. */
export interface ServerTally {
  readonly down: readonly string[];
  /** In maintenance or drained. */
  readonly restingCount: number;
  readonly backendsWithout: readonly string[];
  readonly queuedCount: number;
}

/** Names that a sentence lists before it counts. */
const NAMED_MAX = 3;

/** A table that is so far behind is one to look at, ms. */
const LAG_MS = 1_000;

const RANKS: Readonly<Record<string, number>> = { ok: 0, note: 0, degraded: 1, down: 2 };

/** Whether one state is worse than another. */
export function isWorse(a: string, b: string): boolean {
  return (RANKS[a] ?? 0) > (RANKS[b] ?? 0);
}

/** All problems of a node. */
export function nodeProblems(
  node: Pick<NodeView, "isFit" | "unfitReasons" | "routers" | "heartbeats" | "peers">,
  servers: ServerTally,
): ProblemView[] {
  const found = [
    ...fitnessProblems(node),
    ...routerProblems(node),
    ...serverProblems(servers),
    ...peerProblems(node),
  ];
  return found.sort((a, b) => (RANKS[b.severity] ?? 0) - (RANKS[a.severity] ?? 0));
}

function fitnessProblems({
  isFit,
  unfitReasons,
}: Pick<NodeView, "isFit" | "unfitReasons">): ProblemView[] {
  if (isFit) return [];
  return [{ severity: "degraded", text: `Not fit to serve: ${unfitReasons.join(", ")}` }];
}

function routerProblems({
  routers,
  heartbeats,
}: Pick<NodeView, "routers" | "heartbeats">): ProblemView[] {
  const faulty = routers.filter(({ state }) => state === "FAULT");
  const severity = faulty.length === routers.length ? "down" : "degraded";
  return [
    ...faulty.map(({ name, faults }): ProblemView => {
      return { severity, text: `${name} is in FAULT: ${faults.join(", ")}` };
    }),
    ...routers
      .filter(({ state, isHeld, vips }) => state === "MASTER" && !isHeld && vips.length > 0)
      .map(({ name }): ProblemView => {
        return { severity: "degraded", text: `${name} is MASTER, and its addresses are missing` };
      }),
    ...routers
      .filter(({ state, other }) => state === "MASTER" && other.role === "MASTER")
      .map(({ name, other }): ProblemView => {
        const where = other.address ?? "the other node";
        return { severity: "degraded", text: `${name} has a second master: ${where}` };
      }),
    ...heartbeats
      .filter(({ isAlive }) => !isAlive)
      .map(({ peer }): ProblemView => {
        return { severity: "degraded", text: `The second heartbeat path to ${peer} is silent` };
      }),
  ];
}

function serverProblems(tally: ServerTally): ProblemView[] {
  const { down, restingCount, backendsWithout, queuedCount } = tally;
  const problems: ProblemView[] = backendsWithout.map((name) => {
    return { severity: "down", text: `Backend ${name} has no usable server` };
  });
  if (down.length > 0) {
    const verb = down.length === 1 ? "is" : "are";
    problems.push({ severity: "degraded", text: `${listed(down)} ${verb} DOWN` });
  }
  if (queuedCount > 0) {
    problems.push({ severity: "degraded", text: `${queuedCount} clients wait in a queue` });
  }
  if (restingCount > 0) {
    const verb = restingCount === 1 ? "server is" : "servers are";
    problems.push({ severity: "note", text: `${restingCount} ${verb} drained or in maintenance` });
  }
  return problems;
}

function peerProblems({ peers }: Pick<NodeView, "peers">): ProblemView[] {
  return peers.flatMap(({ section, name, state, lagMs, mismatches }): ProblemView[] => {
    const who = `${section}/${name}`;
    if (state !== "established") {
      return [{ severity: "degraded", text: `Peer ${who} is not connected` }];
    }
    const problems: ProblemView[] = mismatches.map((text) => {
      return { severity: "degraded", text: `Not replicated with peer ${who}: ${text}` };
    });
    if (lagMs !== null && lagMs >= LAG_MS) {
      const seconds = (lagMs / 1000).toFixed(1);
      problems.push({ severity: "degraded", text: `Peer ${who} is ${seconds} s behind` });
    }
    return problems;
  });
}

function listed(names: readonly string[]): string {
  if (names.length <= NAMED_MAX) return names.join(", ");
  return `${names.slice(0, NAMED_MAX).join(", ")} and ${names.length - NAMED_MAX} more`;
}
