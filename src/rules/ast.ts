// The syntax trees of the rules language: sample expressions, ACLs and conditions (haproxy
// configuration §7). They are plain data, so a configuration can be printed and compared;
// `compile` turns them into functions once at start.
import type { Position } from "../base/diagnostic.ts";

/** A fetch or converter with its arguments: `req.payload(0,0)`, `mqtt_field_value(connect,client_identifier)`. */
export interface SampleCall {
  /** As written, lower case where the language ignores case. */
  readonly name: string;
  readonly args: readonly string[];
}

/** A fetch followed by converters: `req.payload(0,0),mqtt_is_valid`. */
export interface SampleExpression {
  readonly fetch: SampleCall;
  readonly converters: readonly SampleCall[];
}

/** How an ACL compares its sample with its patterns (haproxy configuration §7.1.3). */
export type MatchMethod =
  | "found"
  | "bool"
  | "int"
  | "ip"
  | "bin"
  | "len"
  | "str"
  | "sub"
  | "reg"
  | "beg"
  | "end"
  | "dir"
  | "dom";

/** One ACL line, or the inside of `{ ... }`. An ACL of the same name given twice matches if either does. */
export interface AclDefinition {
  /** Absent for an anonymous ACL. */
  readonly name?: string;
  readonly expression: SampleExpression;
  readonly method: MatchMethod;
  /** `-i`: compare without case. */
  readonly ignoreCase: boolean;
  /** `-n`: never resolve names in `ip` patterns. */
  readonly noResolve: boolean;
  /** Files given with `-f`; their lines are patterns too. */
  readonly files: readonly string[];
  readonly patterns: readonly string[];
  readonly position: Position;
}

/** One operand of a condition: a named ACL or an anonymous one, perhaps negated by `!`. */
export interface AclTerm {
  readonly negated: boolean;
  readonly acl: string | AclDefinition;
}

/** `if`/`unless` and its terms: the inner lists are joined by AND, the outer one by OR. */
export interface Condition {
  readonly kind: "if" | "unless";
  readonly anyOf: readonly (readonly AclTerm[])[];
}
