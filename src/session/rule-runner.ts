// Runs `tcp-request` and `tcp-response` rules in order (haproxy configuration §4.2, §7). A rule
// that needs bytes which have not come stops the run; it is taken up again at that same rule, so
// that the rules before it act once only.
import type { RefusalCause } from "../mqtt/refusal.ts";
import type { CompiledSample, Verdict } from "../rules/compile.ts";
import type { RuleContext } from "../rules/context.ts";
import type { Sample } from "../rules/sample.ts";
import type { StickTable } from "../stick/table.ts";

/** An action ready to run. */
export type RunnableAction =
  | { readonly kind: "accept" | "reject" | "silent-drop" | "close" | "expect-proxy" }
  | {
      readonly kind: "track";
      readonly counter: number;
      readonly key: CompiledSample;
      readonly table: StickTable;
    }
  | { readonly kind: "increment-gpc"; readonly index: number; readonly counter: number }
  | {
      readonly kind: "set-gpt";
      readonly index: number;
      readonly counter: number;
      readonly value: CompiledSample;
    }
  | { readonly kind: "set-src" | "set-dst"; readonly value: CompiledSample }
  | { readonly kind: "set-variable"; readonly name: string; readonly value: CompiledSample }
  | { readonly kind: "unset-variable"; readonly name: string }
  | { readonly kind: "capture"; readonly value: CompiledSample; readonly lengthMax: number };

/** A rule ready to run; without a condition it always applies. */
export interface RunnableRule {
  readonly action: RunnableAction;
  readonly condition?: (context: RuleContext) => Verdict;
  /** Of a rule that rejects: what clients may be told. */
  readonly denial?: RefusalCause;
}

/** What rules may change of a connection. */
export interface RuleSubject extends RuleContext {
  /** Starts to track a key; does nothing when the counter is taken. */
  track(counter: number, table: StickTable, key: Sample): void;
  setSource(address: Sample): void;
  setDestination(address: Sample): void;
  capture(value: string): void;
}

/** The end of a run: `pass` when no rule decided, `wait` when rule `index` needs more bytes. */
export interface RunOutcome {
  readonly verdict:
    "pass" | "accept" | "reject" | "silent-drop" | "close" | "expect-proxy" | "wait";
  readonly index: number;
}

/** Runs the rules from `start` on. */
export function runRules(
  rules: readonly RunnableRule[],
  start: number,
  subject: RuleSubject,
): RunOutcome {
  for (let index = start; index < rules.length; index++) {
    const rule = rules[index]!;
    const applies = rule.condition === undefined ? true : rule.condition(subject);
    if (applies === "wait") return { verdict: "wait", index };
    if (!applies) continue;
    const verdict = act(rule.action, subject);
    if (verdict !== "pass") return { verdict, index };
  }
  return { verdict: "pass", index: rules.length };
}

function act(action: RunnableAction, subject: RuleSubject): RunOutcome["verdict"] {
  switch (action.kind) {
    case "accept":
    case "reject":
    case "silent-drop":
    case "close":
    case "expect-proxy":
      return action.kind;
    case "increment-gpc":
      increment(action, subject);
      return "pass";
    case "unset-variable":
      subject.variables.delete(action.name);
      return "pass";
    case "track":
      return withValue(action.key, subject, (key) =>
        subject.track(action.counter, action.table, key),
      );
    case "set-gpt":
      return withValue(action.value, subject, (value) => {
        if (value.type === "int") {
          const name = action.index === 0 ? "gpt0" : "gpt";
          subject.tracked(action.counter)?.set(name, action.index, value.value, subject.nowMs);
        }
      });
    case "set-src":
      return withValue(action.value, subject, (value) => subject.setSource(value));
    case "set-dst":
      return withValue(action.value, subject, (value) => subject.setDestination(value));
    case "set-variable":
      return withValue(action.value, subject, (value) => subject.variables.set(action.name, value));
    case "capture":
      return withValue(action.value, subject, (value) => {
        if (value.type === "str") subject.capture(value.value.slice(0, action.lengthMax));
      });
  }
}

/** The first two counters go by their old names, which also mean the first elements of the array. */
function increment(
  { index, counter }: { readonly index: number; readonly counter: number },
  subject: RuleSubject,
): void {
  const tracked = subject.tracked(counter);
  if (index < 2) tracked?.increment(`gpc${index}`, 0, subject.nowMs);
  else tracked?.increment("gpc", index, subject.nowMs);
}

/** Runs `use` with the expression's value; without one nothing happens, as in HAProxy. */
function withValue(
  expression: CompiledSample,
  subject: RuleSubject,
  use: (value: Sample) => void,
): "pass" | "wait" {
  const value = expression(subject);
  if (value === "wait") return "wait";
  if (value !== "none") use(value);
  return "pass";
}
