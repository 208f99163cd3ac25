// From first bytes to a backend and, where a stick table or a rule says so, a server. Each stage
// may have to wait for bytes; `advance` then goes on where it stopped.
import type { Millis } from "../base/units.ts";
import type { ServerState } from "../balance/server.ts";
import type { BackendRules, BackendState } from "./backend-state.ts";
import type { FrontendRules, FrontendState } from "./frontend-state.ts";
import type { CloseManner } from "./mover.ts";
import { noteConnect } from "./mqtt-client.ts";
import { noteConnack } from "./mqtt-idle.ts";
import type { LimitDelay, LimitVerdict } from "./mqtt-limits.ts";
import { setUsername } from "./mqtt-username.ts";
import type { PinnedEntry } from "./pins.ts";
import { type RunnableRule, runRules } from "./rule-runner.ts";
import type { SessionContext } from "./session-context.ts";
import { matchRequest, matchResponse, type PendingStore } from "./sticking.ts";

/** What the pipeline found, or what keeps it. */
export type PipelineStep =
  /** Without `untilMs`: for bytes. */
  | { readonly kind: "wait"; readonly untilMs?: Millis }
  | { readonly kind: "rejected"; readonly manner: CloseManner }
  | { readonly kind: "no-backend" }
  | {
      readonly kind: "ready";
      /** The server that `use-server` or a stick table demands. */
      readonly server: ServerState | undefined;
      readonly stores: readonly PendingStore[];
      readonly matched: readonly PinnedEntry[];
    };

type Stage = "frontend-rules" | "connect" | "backend" | "backend-rules" | "persistence";

/** The path of one session through the rules that look at its first bytes. */
export class Pipeline {
  /** As they are when the session begins: a reload in its midst does not move it to other rules. */
  readonly #frontendRules: FrontendRules;
  #backendRules: BackendRules | undefined;
  readonly #context: SessionContext;
  #stage: Stage = "frontend-rules";
  #ruleIndex = 0;
  #isAdmitted = false;
  #delay: LimitDelay | undefined;
  #responseRuleIndex = 0;

  constructor(frontend: FrontendState, context: SessionContext) {
    this.#frontendRules = frontend.rules;
    this.#context = context;
  }

  /** The backend, once it is chosen. */
  get backend(): BackendState | undefined {
    return this.#context.backend;
  }

  /** Whether a rule, or a timeout that follows from it, looks at the server's first bytes. */
  get inspectsResponse(): boolean {
    return (
      this.#backendRules?.inspectsResponse === true || this.#context.keepalive?.isProposal === true
    );
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
        return this.#runRules(this.#frontendRules.content, "connect");
      case "connect":
        return this.#prepareConnect();
      case "backend":
        return this.#chooseBackend();
      case "backend-rules":
        return this.#runRules(this.#backendRules!.content, "persistence");
      case "persistence":
        return this.#choosePersistent();
    }
  }

  #runRules(rules: readonly RunnableRule[], next: Stage): PipelineStep | undefined {
    const outcome = runRules(rules, this.#ruleIndex, this.#context);
    this.#ruleIndex = outcome.index;
    if (outcome.verdict === "wait") return { kind: "wait" };
    if (outcome.verdict === "reject") {
      this.#context.denial = rules[outcome.index]?.denial;
      return { kind: "rejected", manner: "finish" };
    }
    if (outcome.verdict === "silent-drop") return { kind: "rejected", manner: "silent" };
    this.#enter(next);
    return undefined;
  }

  /** What the frontend's own directives want of a CONNECT. */
  #prepareConnect(): PipelineStep | undefined {
    const { stream, request } = this.#context;
    if (stream.webSocket !== undefined && stream.webSocket.upgrade === undefined) {
      return request.final ? { kind: "rejected", manner: "finish" } : { kind: "wait" };
    }
    const limit = this.#limit();
    if (limit === "wait") return { kind: "wait" };
    if (limit !== undefined && "untilMs" in limit) return this.#holdBack(limit);
    if (limit !== undefined) {
      this.#context.countLimited(limit.reason);
      this.#context.denial = limit.cause;
      return { kind: "rejected", manner: "finish" };
    }
    const outcome = setUsername(this.#frontendRules.username, this.#context);
    if (outcome === "wait") return { kind: "wait" };
    if (outcome === "refused") {
      this.#context.denial = "not-authorized";
      return { kind: "rejected", manner: "finish" };
    }
    this.#enter("backend");
    return undefined;
  }

  /** Judges by `mqtt-limit`, once, as that counts. */
  #limit(): LimitVerdict | LimitDelay | "wait" | undefined {
    const { mqttLimiter, side } = this.#context.frontend;
    if (side.mqttLimits === undefined || this.#isAdmitted) return undefined;
    if (this.#delay !== undefined) {
      if (this.#context.nowMs < this.#delay.untilMs) return this.#delay;
      this.#isAdmitted = true;
      mqttLimiter.admit(side.mqttLimits, this.#context);
      return undefined;
    }
    const verdict = mqttLimiter.judge(side.mqttLimits, this.#context);
    this.#isAdmitted = verdict === undefined;
    return verdict;
  }

  /** Whoever has left meanwhile, or has sent more than is held for it, is not waited for. */
  #holdBack(delay: LimitDelay): PipelineStep {
    if (this.#context.isRequestWhole) return { kind: "rejected", manner: "finish" };
    this.#delay = delay;
    return { kind: "wait", untilMs: delay.untilMs };
  }

  #chooseBackend(): PipelineStep | undefined {
    const backend = chooseBackend(this.#frontendRules, this.#context);
    if (backend === "wait") return { kind: "wait" };
    if (backend === undefined) return { kind: "no-backend" };
    const { request, isRequestWhole } = this.#context;
    if (backend.hasOwnInspection) this.#context.request = { ...request, final: isRequestWhole };
    this.#context.backend = backend;
    this.#backendRules = backend.rules;
    this.#enter("backend-rules");
    return undefined;
  }

  #choosePersistent(): PipelineStep {
    if (!noteConnect(this.#context)) return { kind: "wait" };
    const backend = this.#context.backend!;
    const rules = this.#backendRules!;
    const used = this.#findUsed(rules.useServer, backend);
    if (used === "wait") return { kind: "wait" };
    const found = matchRequest(rules.stick, this.#context, backend);
    if (found === "wait" || rules.hashKey?.(this.#context) === "wait") return { kind: "wait" };
    const { server, stores, matched } = found;
    return { kind: "ready", server: used ?? server, stores, matched };
  }

  /** The server of the first `use-server` that applies and whose server can be used. */
  #findUsed(
    rules: BackendRules["useServer"],
    backend: BackendState,
  ): ServerState | "wait" | undefined {
    for (const rule of rules) {
      const applies = rule.condition === undefined ? true : rule.condition(this.#context);
      if (applies === "wait") return "wait";
      const server = applies ? backend.balancer.find(rule.server) : undefined;
      if (server !== undefined && backend.mayPersist(server)) return server;
    }
    return undefined;
  }

  /** Judges the server's first bytes; what is to be stored if they may pass. */
  judgeResponse(): "wait" | "rejected" | "closed" | readonly PendingStore[] {
    const { response, stick } = this.#backendRules!;
    this.#context.isInspected = false;
    const outcome = runRules(response, this.#responseRuleIndex, this.#context);
    this.#responseRuleIndex = outcome.index;
    if (outcome.verdict === "wait") return "wait";
    if (outcome.verdict === "reject") return "rejected";
    if (outcome.verdict === "close") return "closed";
    return noteConnack(this.#context) ? matchResponse(stick, this.#context) : "wait";
  }

  #enter(stage: Stage): void {
    this.#stage = stage;
    this.#ruleIndex = 0;
    this.#context.isInspected = stage === "backend" || stage === "persistence";
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
