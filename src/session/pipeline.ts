// From first bytes to a backend and, where a stick table or a rule says so, a server. Each stage
// may have to wait for bytes; `advance` then goes on where it stopped.
import type { ServerState } from "../balance/server.ts";
import type { BackendState } from "./backend-state.ts";
import type { FrontendRules, FrontendState } from "./frontend-state.ts";
import type { CloseManner } from "./mover.ts";
import type { PinnedEntry } from "./pins.ts";
import { type RunnableRule, runRules } from "./rule-runner.ts";
import type { SessionContext } from "./session-context.ts";
import { matchRequest, matchResponse, type PendingStore } from "./sticking.ts";

/** What the pipeline found, or what keeps it. */
export type PipelineStep =
  | { readonly kind: "wait" }
  | { readonly kind: "rejected"; readonly manner: CloseManner }
  | { readonly kind: "no-backend" }
  | {
      readonly kind: "ready";
      /** The server that `use-server` or a stick table demands. */
      readonly server: ServerState | undefined;
      readonly stores: readonly PendingStore[];
      readonly matched: readonly PinnedEntry[];
    };

type Stage = "frontend-rules" | "backend" | "backend-rules" | "persistence";

/** The path of one session through the rules that look at its first bytes. */
export class Pipeline {
  readonly #frontend: FrontendState;
  readonly #context: SessionContext;
  #stage: Stage = "frontend-rules";
  #ruleIndex = 0;
  #responseRuleIndex = 0;

  constructor(frontend: FrontendState, context: SessionContext) {
    this.#frontend = frontend;
    this.#context = context;
  }

  /** The backend, once it is chosen. */
  get backend(): BackendState | undefined {
    return this.#context.backend;
  }

  /** Runs until a decision or until bytes are missing. */
  advance(): PipelineStep {
    for (;;) {
      const step = this.#runStage();
      if (step !== undefined) return step;
    }
  }

  #runStage(): PipelineStep | undefined {
    switch (this.#stage) {
      case "frontend-rules":
        return this.#runRules(this.#frontend.rules.content, "backend");
      case "backend":
        return this.#chooseBackend();
      case "backend-rules":
        return this.#runRules(this.#context.backend!.rules.content, "persistence");
      case "persistence":
        return this.#choosePersistent();
    }
  }

  #runRules(rules: readonly RunnableRule[], next: Stage): PipelineStep | undefined {
    const outcome = runRules(rules, this.#ruleIndex, this.#context);
    this.#ruleIndex = outcome.index;
    if (outcome.verdict === "wait") return { kind: "wait" };
    if (outcome.verdict === "reject") return { kind: "rejected", manner: "finish" };
    if (outcome.verdict === "silent-drop") return { kind: "rejected", manner: "silent" };
    this.#enter(next);
    return undefined;
  }

  #chooseBackend(): PipelineStep | undefined {
    const backend = chooseBackend(this.#frontend.rules, this.#context);
    if (backend === "wait") return { kind: "wait" };
    if (backend === undefined) return { kind: "no-backend" };
    this.#context.backend = backend;
    this.#enter("backend-rules");
    return undefined;
  }

  #choosePersistent(): PipelineStep {
    const backend = this.#context.backend!;
    for (const rule of backend.rules.useServer) {
      const applies = rule.condition === undefined ? true : rule.condition(this.#context);
      if (applies === "wait") return { kind: "wait" };
      const server = applies ? backend.balancer.find(rule.server) : undefined;
      if (server?.isPersistable() === true) {
        return { kind: "ready", server, stores: [], matched: [] };
      }
    }
    const outcome = matchRequest(backend.rules.stick, this.#context, backend);
    if (outcome === "wait" || isKeyAwaited(backend, this.#context)) return { kind: "wait" };
    const { server, stores, matched } = outcome;
    return { kind: "ready", server, stores, matched };
  }

  /** Judges the server's first bytes; what is to be stored if they may pass. */
  judgeResponse(): "wait" | "rejected" | readonly PendingStore[] {
    const { response, stick } = this.#context.backend!.rules;
    const outcome = runRules(response, this.#responseRuleIndex, this.#context);
    this.#responseRuleIndex = outcome.index;
    if (outcome.verdict === "wait") return "wait";
    if (outcome.verdict === "reject" || outcome.verdict === "close") return "rejected";
    return matchResponse(stick, this.#context);
  }

  #enter(stage: Stage): void {
    this.#stage = stage;
    this.#ruleIndex = 0;
  }
}

/** The first `use_backend` that applies, else the default; `wait` when that cannot be said yet. */
function chooseBackend(
  rules: FrontendRules,
  context: SessionContext,
): BackendState | "wait" | undefined {
  for (const rule of rules.useBackend) {
    const applies = rule.condition === undefined ? true : rule.condition(context);
    if (applies === "wait") return "wait";
    if (applies) return rule.backend;
  }
  return rules.defaultBackend;
}

/** Whether `balance hash` needs bytes that have not come. */
function isKeyAwaited(backend: BackendState, context: SessionContext): boolean {
  return backend.rules.hashKey?.(context) === "wait";
}
