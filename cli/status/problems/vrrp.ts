// What is wrong with the virtual routers of a node, and with its paths to the other one.
import type { AgentReport, VirtualRouterReport } from "../../../ha/agent/agent-report.ts";
import type { Problem } from "../facts.ts";
import { durationText } from "../../../src/base/duration-text.ts";

/** A rival's advert counts for so many of its intervals: one may be lost. */
const RIVAL_INTERVALS = 3;

/** Faults, VIPs that are missing, second masters, silent paths. */
export function vrrpProblems(agent: AgentReport | null): Problem[] {
  if (agent === null) return [];
  const { instances } = agent;
  const isOut = instances.length > 0 && instances.every(({ state }) => state === "FAULT");
  return [
    ...instances.flatMap((instance) => instanceProblems(instance, isOut)),
    ...agent.heartbeats
      .filter(({ isAlive }) => !isAlive)
      .map(({ peer, silentMs }) => ({
        ...degraded(
          silentMs === null
            ? `nothing was ever heard from ${peer} on the second heartbeat path`
            : `the second heartbeat path to ${peer} is silent for ${durationText(silentMs)}`,
        ),
        hint: "is the other node up? Both sides need the same key, and UDP must pass",
      })),
  ];
}

function instanceProblems(instance: VirtualRouterReport, isOut: boolean): Problem[] {
  const { name, state, faults } = instance;
  if (state === "FAULT") {
    const why = faults.length === 0 ? instance.reason : faults.join("; ");
    return [{ ...degraded(`${name} is in FAULT: ${why}`), severity: isOut ? "down" : "degraded" }];
  }
  if (state !== "MASTER") return [];
  const found: Problem[] = [];
  if (!instance.isHeld) {
    found.push({
      ...degraded(`${name} is MASTER, but not all of its addresses are on ${instance.interface}`),
      hint: 'compare with "ip address"; the log says what could not be added',
    });
  }
  for (const rival of instance.heard) {
    const isRecent = rival.agoMs <= RIVAL_INTERVALS * instance.advertIntervalMs;
    if (rival.state !== "MASTER" || rival.priority === 0 || !isRecent) continue;
    found.push({
      ...degraded(`two masters of ${name}: ${rival.address}, priority ${rival.priority}, too`),
      hint: "one of them yields within some adverts; if not, they do not hear each other",
    });
  }
  return found;
}

function degraded(text: string): Problem {
  return { severity: "degraded", area: "vrrp", text, hint: "" };
}
