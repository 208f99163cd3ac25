// How agent and guard of this node stand: asked at their control sockets, whoever wants to know. A
// process that hangs costs a bounded wait, and many who ask at once cost one question.
import { dirname, join } from "node:path";
import { askControl } from "../base/io/control-client.ts";
import { misfit, type Shape } from "../base/shape.ts";
import type { Millis } from "../base/units.ts";
import {
  NODE_ANSWER_BYTES_MAX,
  NODE_ANSWER_MS_MAX,
  NODE_FACTS_AGE_MS_MAX,
} from "../control-limits.ts";
import { AGENT_FACTS, type AgentFacts, GUARD_FACTS, type GuardFacts } from "../node/reports.ts";
import { monotonicMs } from "./clock.ts";
import { TELLING_SOCKETS } from "./control-folder.ts";

/** What one process said; without `facts`, `problem` says why there are none. */
export type PartFacts<T> =
  | { readonly facts: T; readonly problem?: undefined }
  | {
      readonly facts?: undefined;
      /** For people. */
      readonly problem: string;
    };

/** What is known of the other processes of this node. */
export interface NodeFacts {
  readonly agent: PartFacts<AgentFacts>;
  readonly guard: PartFacts<GuardFacts>;
  /** When they were asked, on the monotonic clock; `-Infinity`: never. */
  readonly atMs: Millis;
}

const NOT_ASKED = { problem: "not asked yet" } as const;
const NO_FOLDER = { problem: "this balancer has no control socket, so that it knows of none" };

/** See the head of this file. */
export class NodeReader {
  readonly #folder: string | undefined;
  #latest: NodeFacts = { agent: NOT_ASKED, guard: NOT_ASKED, atMs: -Infinity };
  #asking: Promise<NodeFacts> | undefined;

  /** The folder of control sockets; `undefined`: there is none, and nobody is asked. */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** What was read last; does not ask. */
  get latest(): NodeFacts {
    return this.#latest;
  }

  /** The facts, at most `NODE_FACTS_AGE_MS_MAX` old; takes at most `NODE_ANSWER_MS_MAX`. Never rejects. */
  read(): Promise<NodeFacts> {
    if (monotonicMs() - this.#latest.atMs < NODE_FACTS_AGE_MS_MAX) {
      return Promise.resolve(this.#latest);
    }
    this.#asking ??= this.#ask().then((facts) => {
      this.#asking = undefined;
      this.#latest = facts;
      return facts;
    });
    return this.#asking;
  }

  async #ask(): Promise<NodeFacts> {
    const folder = this.#folder;
    if (folder === undefined) return { agent: NO_FOLDER, guard: NO_FOLDER, atMs: monotonicMs() };
    const [agent, guard] = await Promise.all([
      ask<AgentFacts>(join(folder, TELLING_SOCKETS.agent), "agent", AGENT_FACTS),
      ask<GuardFacts>(join(folder, TELLING_SOCKETS.guard), "guard", GUARD_FACTS),
    ]);
    return { agent, guard, atMs: monotonicMs() };
  }
}

/** A reader of the sockets in the folder of the balancer's own; `undefined`: it has none. */
export function readerBeside(controlPath: string | undefined): NodeReader {
  return new NodeReader(controlPath === undefined ? undefined : dirname(controlPath));
}

async function ask<T>(path: string, part: string, shape: Shape): Promise<PartFacts<T>> {
  const reply = await askControl(path, "status", {
    answerMs: NODE_ANSWER_MS_MAX,
    answerBytesMax: NODE_ANSWER_BYTES_MAX,
  });
  if (reply.kind === "failure") return { problem: PROBLEMS[reply.failure] ?? reply.text };
  const problem = misfit(reply.value, shape, part);
  return problem === undefined
    ? { facts: reply.value as T }
    : { problem: `its answer cannot be understood: ${problem}` };
}

/** What people can do something about. */
const PROBLEMS: Readonly<Record<string, string>> = {
  absent: "it does not run, or has another --control-dir",
  ended: "it has ended",
  denied: "it runs as another user",
};
