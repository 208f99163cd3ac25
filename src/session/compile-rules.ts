// From the rules of a configuration to rules ready to run: expressions and conditions are compiled,
// names of backends and tables become what they name.
import { assert } from "../base/assert.ts";
import type { Proxy } from "../config/model/proxy.ts";
import type { TcpAction, TcpRule } from "../config/model/rules.ts";
import type { StickRule } from "../config/model/stick.ts";
import type { AclDefinition, Condition, SampleExpression } from "../rules/ast.ts";
import {
  type CompiledSample,
  compileCondition,
  compileSample,
  type Verdict,
} from "../rules/compile.ts";
import type { RuleContext } from "../rules/context.ts";
import type { StickTable } from "../stick/table.ts";
import type { BackendRules, BackendState } from "./backend-state.ts";
import { denialCause } from "./denial-cause.ts";
import type { FrontendRules } from "./frontend-state.ts";
import type { RunnableAction, RunnableRule } from "./rule-runner.ts";
import type { RunnableStickRule } from "./sticking.ts";
import type { World } from "./world.ts";

/** Reads a pattern file into lines; `undefined` if it cannot be read. */
export type ReadLines = (path: string) => readonly string[] | undefined;

type CompiledCondition = (context: RuleContext) => Verdict;

/** Compiles the rules of one proxy. */
export class RuleCompiler {
  readonly #world: World;
  readonly #proxy: Proxy;
  readonly #acls: ReadonlyMap<string, readonly AclDefinition[]>;
  readonly #findBackend: (name: string) => BackendState | undefined;
  readonly #readLines: ReadLines;

  constructor(
    world: World,
    proxy: Proxy,
    findBackend: (name: string) => BackendState | undefined,
    readLines: ReadLines,
  ) {
    this.#world = world;
    this.#proxy = proxy;
    this.#findBackend = findBackend;
    this.#acls = groupByName(proxy.acls);
    this.#readLines = readLines;
  }

  /** The rules of a frontend; its backends must be in the world already. */
  frontend(): FrontendRules {
    const side = this.#proxy.frontend!;
    const isListen = this.#proxy.kind === "listen";
    const fallback = this.#findBackend(side.defaultBackend ?? this.#proxy.name);
    return {
      connection: this.#rules(side.connectionRules),
      session: this.#rules(side.sessionRules),
      content: this.#rules(this.#proxy.content.requestRules),
      username: side.usernameRules.map((rule) => ({
        value: this.#sample(rule.value),
        otherwise: rule.otherwise,
        ...this.#condition(rule.condition),
      })),
      useBackend: side.useBackend.map((rule) => {
        const backend = this.#findBackend(rule.backend);
        assert(backend !== undefined, `Backend ${rule.backend} exists once names are checked`);
        return { backend, ...this.#condition(rule.condition) };
      }),
      ...(fallback !== undefined && (isListen || side.defaultBackend !== undefined)
        ? { defaultBackend: fallback }
        : {}),
    };
  }

  /** The rules of a backend. The content rules of a `listen` section have run in its frontend half. */
  backend(): BackendRules {
    const side = this.#proxy.backend!;
    const { balance } = side;
    const response = this.#rules(this.#proxy.content.responseRules);
    const stick = side.stickRules.map((rule) => this.#stickRule(rule));
    return {
      content: this.#proxy.kind === "listen" ? [] : this.#rules(this.#proxy.content.requestRules),
      response,
      useServer: side.useServer.map((rule) => ({
        server: rule.server,
        ...this.#condition(rule.condition),
      })),
      stick,
      inspectsResponse: response.length > 0 || stick.some((rule) => rule.kind === "store-response"),
      ...(balance.algorithm === "hash" ? { hashKey: this.#sample(balance.key) } : {}),
    };
  }

  #rules(rules: readonly TcpRule[]): RunnableRule[] {
    return rules.map((rule) => ({
      action: this.#action(rule.action),
      ...this.#condition(rule.condition),
      ...(rule.action.kind === "reject" ? { denial: denialCause(rule.condition, this.#acls) } : {}),
    }));
  }

  #condition(condition: Condition | undefined): { readonly condition?: CompiledCondition } {
    if (condition === undefined) return {};
    return { condition: compileCondition(condition, this.#acls, this.#readLines) };
  }

  #action(action: TcpAction): RunnableAction {
    switch (action.kind) {
      case "track-sc":
        return {
          kind: "track",
          counter: action.counter,
          key: this.#sample(action.key),
          table: this.#table(action.table),
        };
      case "sc-inc-gpc":
        return { kind: "increment-gpc", index: action.index, counter: action.counter };
      case "sc-set-gpt":
        return {
          kind: "set-gpt",
          index: action.index,
          counter: action.counter,
          value: this.#integer(action.value),
        };
      case "set-var":
        return { kind: "set-variable", name: action.name, value: this.#sample(action.value) };
      case "unset-var":
        return { kind: "unset-variable", name: action.name };
      case "set-src":
      case "set-dst":
        return { kind: action.kind, value: this.#sample(action.value) };
      case "capture":
        return {
          kind: "capture",
          value: this.#sample(action.value),
          lengthMax: action.lengthMax,
        };
      default:
        return { kind: action.kind };
    }
  }

  #stickRule(rule: StickRule): RunnableStickRule {
    return {
      kind: rule.kind,
      key: this.#sample(rule.key),
      table: this.#table(rule.table),
      ...this.#condition(rule.condition),
    };
  }

  #sample(expression: SampleExpression): CompiledSample {
    return compileSample(expression, this.#readLines);
  }

  #integer(value: number | SampleExpression): CompiledSample {
    if (typeof value !== "number") return this.#sample(value);
    return () => ({ type: "int", value });
  }

  #table(name: string | undefined): StickTable {
    const table = this.#world.tables.get(name ?? this.#proxy.name);
    assert(table !== undefined, `Table ${name ?? this.#proxy.name} exists once names are checked`);
    return table;
  }
}

/** ACLs of the same name match if either does, so they are kept together. */
function groupByName(
  acls: readonly AclDefinition[],
): ReadonlyMap<string, readonly AclDefinition[]> {
  const groups = new Map<string, AclDefinition[]>();
  for (const acl of acls) {
    const name = acl.name ?? "";
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [acl]);
    else group.push(acl);
  }
  return groups;
}
