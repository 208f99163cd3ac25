// Asks the three processes of a node how they stand.
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { CONTROL_FILE_NAMES } from "../../ha/io/control-socket.ts";
import { askControl, type ControlReply } from "../../src/base/io/control-client.ts";
import { CONTROL_FILE_NAME, defaultControlFolder } from "../../src/io/control-socket.ts";
import { CONTROL_STATUS_BYTES_MAX, CONTROL_STATUS_MS_MAX } from "../../src/control-limits.ts";
import type { Answer, NodeFacts } from "../status/facts.ts";
import { AGENT_SHAPE, BALANCER_SHAPE, GUARD_SHAPE } from "../status/report-shapes.ts";
import { misfit, type Shape } from "../../src/base/shape.ts";

/** Where the control sockets of a node are. */
export interface ControlPlaces {
  /** The balancer's. */
  readonly balancer: string;
  /** Guard's and agent's. */
  readonly folder: string;
}

/**
 * The places that the command line names: a folder for all, and a path for the balancer's socket.
 * The path alone names the folder, too.
 */
export function controlPlaces(given: {
  readonly control?: string | undefined;
  readonly controlDir?: string | undefined;
}): ControlPlaces {
  const { control, controlDir } = given;
  const folder = controlDir ?? (control === undefined ? defaultControlFolder() : dirname(control));
  return { folder, balancer: control ?? join(folder, CONTROL_FILE_NAME) };
}

/** The control sockets of guard, agent and balancer. */
export function controlPaths({ folder, balancer }: ControlPlaces): readonly string[] {
  return [join(folder, CONTROL_FILE_NAMES.guard), join(folder, CONTROL_FILE_NAMES.agent), balancer];
}

/** Asks all at once; one that does not answer is part of the facts. */
export async function askNode(places: ControlPlaces): Promise<NodeFacts> {
  const { folder } = places;
  const [guard, agent, balancer] = await Promise.all([
    ask(join(folder, CONTROL_FILE_NAMES.guard), "guard", GUARD_SHAPE),
    ask(join(folder, CONTROL_FILE_NAMES.agent), "agent", AGENT_SHAPE),
    ask(places.balancer, "balancer", BALANCER_SHAPE),
  ]);
  return {
    host: hostname(),
    time: new Date().toISOString(),
    guard: guard as NodeFacts["guard"],
    agent: agent as NodeFacts["agent"],
    balancer: balancer as NodeFacts["balancer"],
  };
}

async function ask(path: string, part: string, shape: Shape): Promise<Answer<unknown>> {
  const question = (): Promise<ControlReply> =>
    askControl(path, "status", {
      answerMs: CONTROL_STATUS_MS_MAX,
      answerBytesMax: CONTROL_STATUS_BYTES_MAX,
    });
  let reply = await question();
  // What a program does for the first time takes it longest: on a slow machine a command comes after
  // the time that a process gives it.
  if (reply.kind === "failure" && reply.failure === "garbled") reply = await question();
  if (reply.kind === "failure") {
    return { path, report: null, failure: reply.failure, failureText: reply.text };
  }
  const { message } = reply.value;
  const problem =
    reply.value["ok"] === false && typeof message === "string"
      ? message
      : misfit(reply.value, shape, part);
  if (problem === undefined) return { path, report: reply.value, failure: null, failureText: "" };
  return { path, report: null, failure: "unreadable", failureText: problem };
}
