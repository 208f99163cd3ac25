// `tcp-request`, `tcp-response`, `use_backend` and `use-server` rules.
import type { Position } from "../../base/diagnostic.ts";
import type { Millis } from "../../base/units.ts";
import type { Condition, SampleExpression } from "../../rules/ast.ts";

/** The `tcp-request content` and `tcp-response content` rules of a proxy, which both sides may have. */
export interface ContentRules {
  readonly requestRules: readonly TcpRule[];
  readonly responseRules: readonly TcpRule[];
  readonly requestInspectDelayMs?: Millis;
  readonly responseInspectDelayMs?: Millis;
  /** `tcp-request inspect-limit` (ours): how many first bytes may be held for inspection. */
  readonly inspectBytesMax: number;
}

/** An action of `tcp-request` and `tcp-response` rules. */
export type TcpAction =
  | { readonly kind: "accept" }
  | { readonly kind: "reject" }
  | { readonly kind: "silent-drop" }
  | { readonly kind: "close" }
  | { readonly kind: "expect-proxy" }
  | {
      readonly kind: "track-sc";
      readonly counter: number;
      readonly key: SampleExpression;
      readonly table?: string;
    }
  | { readonly kind: "sc-inc-gpc"; readonly index: number; readonly counter: number }
  | {
      readonly kind: "sc-set-gpt";
      readonly index: number;
      readonly counter: number;
      readonly value: number | SampleExpression;
    }
  | { readonly kind: "set-src" | "set-dst"; readonly value: SampleExpression }
  | { readonly kind: "set-var"; readonly name: string; readonly value: SampleExpression }
  | { readonly kind: "unset-var"; readonly name: string }
  | { readonly kind: "capture"; readonly value: SampleExpression; readonly lengthMax: number };

/** One `tcp-request connection|session|content` or `tcp-response content` line. */
export interface TcpRule {
  readonly action: TcpAction;
  readonly condition?: Condition;
  readonly position: Position;
}

/** `mqtt-set-username <sample> [else refuse|keep] [if|unless ...]` (ours). */
export interface UsernameRule {
  readonly value: SampleExpression;
  /** What becomes of a client for whom the sample has no value. */
  readonly otherwise: "refuse" | "keep";
  readonly condition?: Condition;
  readonly position: Position;
}

/** `use_backend <name> [if|unless ...]`. */
export interface UseBackend {
  readonly backend: string;
  readonly condition?: Condition;
  readonly position: Position;
}

/** `use-server <name> if|unless ...`. */
export interface UseServer {
  readonly server: string;
  readonly condition?: Condition;
  readonly position: Position;
}
