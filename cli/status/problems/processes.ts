// What is wrong with the processes of a node.
import type { ChildReport } from "../../../ha/supervise/guard-report.ts";
import type { Answer, NodeFacts, Problem } from "../facts.ts";
import { durationText } from "../../../src/base/duration-text.ts";

type Part = "guard" | "agent" | "balancer";

/** Processes that do not answer, hang, restart, stop, or may not serve. */
export function processProblems(facts: NodeFacts): Problem[] {
  if (isNobodyThere(facts)) return [nobodyThere(facts)];
  const { guard, agent, balancer } = facts;
  const children = { agent: guard.report?.agent ?? null, balancer: guard.report?.balancer ?? null };
  // Without a guard the others serve; without one of them this node does not.
  const isEmpty = agent.report === null && balancer.report === null;
  return [
    ...unanswered("guard", guard, isGuardExpected(facts), isEmpty ? "down" : "degraded"),
    ...unanswered("agent", agent, children.agent !== null, "down"),
    ...unanswered("balancer", balancer, isBalancerExpected(facts), "down"),
    ...childProblems("agent", children.agent),
    ...childProblems("balancer", children.balancer),
    ...stopping(facts),
    ...fitness(facts),
  ];
}

function isNobodyThere({ guard, agent, balancer }: NodeFacts): boolean {
  return [guard, agent, balancer].every(({ failure }) => failure === "absent");
}

function nobodyThere({ balancer, agent }: NodeFacts): Problem {
  return {
    severity: "down",
    area: "process",
    text: `no balancer answers at "${balancer.path}", no agent at "${agent.path}"`,
    hint: "is it running? Name its place with --control PATH or --control-dir FOLDER",
  };
}

/** An agent alone runs below a guard as well, so that a guard that is missing is missed. */
function isGuardExpected({ agent }: NodeFacts): boolean {
  return agent.report !== null;
}

function isBalancerExpected({ guard, agent }: NodeFacts): boolean {
  if (guard.report !== null) return guard.report.balancer !== null;
  return agent.report !== null && agent.report.balancer.state !== "absent";
}

function unanswered(
  part: Part,
  answer: Answer<unknown>,
  isExpected: boolean,
  severity: Problem["severity"],
): Problem[] {
  const { failure, failureText, path } = answer;
  if (failure === null || (failure === "absent" && !isExpected)) return [];
  const problem = (text: string, hint: string): Problem[] => [
    { severity, area: "process", text, hint },
  ];
  switch (failure) {
    case "absent":
      return problem(
        `no ${part} answers at "${path}", although it should be running`,
        "its log says why it has no control socket",
      );
    case "ended":
      return problem(
        `the ${part} has ended: nobody listens at "${path}" any more`,
        part === "guard" ? "nothing is supervised: restart the node" : "its log says why",
      );
    case "denied":
      return problem(
        `the ${part} at "${path}" belongs to another user (${failureText})`,
        "ask as the user that the node runs as, or as root",
      );
    case "silent":
      return problem(
        `the ${part} at "${path}" does not answer (${failureText})`,
        "it hangs, is stopped (state T in ps), or the machine is overloaded",
      );
    case "unreadable":
    case "garbled":
    case "failed":
      return problem(
        `the ${part} at "${path}" gave no usable answer: ${failureText}`,
        "are the program and the running node of one version? Restart the node after an upgrade",
      );
  }
}

function childProblems(part: "agent" | "balancer", child: ChildReport | null): Problem[] {
  if (child === null) return [];
  const cause = child.lastCause === null ? "" : `: ${child.lastCause}`;
  if (child.isGivenUp) {
    return [down(`the ${part} is given up after ${child.runCount} starts${cause}`, "see its log")];
  }
  if (child.phase !== "ready" && child.phase !== "stopping") {
    return [down(`the ${part} does not run, it is ${child.phase}${cause}`, "")];
  }
  if (child.runCount <= 1 || child.lastCause === null) return [];
  const ago = child.readyForMs === null ? "" : `, ${durationText(child.readyForMs)} ago`;
  const text = `the ${part} was restarted (start ${child.runCount}${ago})${cause}`;
  return [{ severity: "note", area: "process", text, hint: "" }];
}

function down(text: string, hint: string): Problem {
  return { severity: "down", area: "process", text, hint };
}

function stopping({ guard, balancer }: NodeFacts): Problem[] {
  if (guard.report?.isStopping === true) return [down("the node is stopping", "")];
  if (balancer.report?.isStopping !== true) return [];
  return [down("the balancer is stopping: it takes no more connections", "")];
}

/** The balancer's own word, else what the guard knows of it. */
function fitness({ guard, balancer }: NodeFacts): Problem[] {
  const own = balancer.report;
  if (own?.isStopping === true) return [];
  const standing = own?.fitness ?? guard.report?.report;
  if (standing === undefined || standing.isFit) return [];
  const reasons = standing.reasons.join("; ");
  return [
    {
      severity: "degraded",
      area: "process",
      text: `not fit to serve${reasons === "" ? "" : `: ${reasons}`}`,
      hint: "",
    },
  ];
}
