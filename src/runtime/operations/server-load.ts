// How much a server takes: its weight and its limit of connections (haproxy management §9.3
// `set server <b>/<s> weight`, `set maxconn server`).
import type { WeightChange } from "../../balance/weight.ts";
import type { Millis } from "../../base/units.ts";
import { type Answer, done, refuse } from "../command.ts";
import { readLeadingInteger } from "./numbers.ts";
import type { ServerTarget } from "./target.ts";

/** Sets the weight: `30`, or `50%` of the configured one. */
export function setServerWeight(
  { backend, server }: ServerTarget,
  word: string | undefined,
  nowMs: Millis,
): Answer {
  if (word === undefined || word === "") return refuse("Require <weight> or <weight%>.");
  const change = readWeight(word);
  if ("problem" in change) return refuse(change.problem);
  const outcome = backend.balancer.setWeight(server, change, nowMs);
  if (outcome.refused !== undefined) return refuse(outcome.refused);
  return done([{ kind: "queue", backend, outcome }]);
}

function readWeight(word: string): WeightChange | { readonly problem: string } {
  const read = readLeadingInteger(word);
  if (read === undefined) return { problem: "Empty weight string empty or preceded by garbage" };
  if (read.rest === "%") return { kind: "percent", percent: read.value };
  if (read.rest !== "") return { problem: "Trailing garbage in weight string" };
  return { kind: "absolute", weight: read.value };
}

/** The weight that is in force and the configured one: `5 (initial 10)`. */
export function describeWeight({ server }: ServerTarget): string {
  return `${server.userWeight} (initial ${server.spec.weight})`;
}

/** Sets the limit of connections; 0 lifts it. */
export function setServerMaxconn(
  { backend, server }: ServerTarget,
  word: string | undefined,
  nowMs: Millis,
): Answer {
  if (word === undefined || word === "") return refuse("Require <maxconn>.");
  const read = readLeadingInteger(word);
  if (read === undefined) return refuse("maxconn string empty or preceded by garbage");
  if (read.rest !== "") return refuse("Trailing garbage in maxconn string");
  if (read.value < 0) return refuse("Value out of range.");
  return done([
    { kind: "queue", backend, outcome: backend.balancer.setMaxconn(server, read.value, nowMs) },
  ]);
}
