// How error texts of checks name a step.
import type { CheckPlan, CheckStep } from "./plan.ts";

/**
 * Says where a check stood, to be put behind an error; empty except in `tcp-check`, whose users
 * number their rules.
 */
export function locateStep(kind: CheckPlan["kind"], step: CheckStep | undefined): string {
  if (kind !== "tcp-check" || step === undefined) return "";
  if (step.number === 0) return " at initial connection step of tcp-check";
  const what = ` at step ${step.number} of tcp-check (${nameStep(step)})`;
  return `${what}${quotedCommentOf(step)}`;
}

function nameStep(step: CheckStep): string {
  switch (step.kind) {
    case "connect":
      return step.port === undefined ? "connect" : `connect port ${step.port}`;
    case "send":
      return "send";
    case "expect-bytes":
      return nameExpect(step);
    case "expect-http":
    case "expect-agent":
      return "expect";
    case "mqtt":
      return "mqtt";
  }
}

function nameExpect(step: Extract<CheckStep, { kind: "expect-bytes" }>): string {
  switch (step.rule.match) {
    case "string":
      return `expect string '${step.rule.pattern}'`;
    case "binary":
      return `expect binary '${step.rule.pattern}'`;
    case "rstring":
      return "expect regex";
    case "rbinary":
      return "expect binary regex";
  }
}

/** The comment as verdicts carry it. */
export function commentOf(step: CheckStep): string {
  return step.comment === undefined ? "" : ` comment: ${step.comment}`;
}

/** The comment as errors of the connection carry it. */
export function quotedCommentOf(step: CheckStep): string {
  return step.comment === undefined ? "" : ` comment: '${step.comment}'`;
}
