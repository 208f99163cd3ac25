// What an expression or condition looks at, so that a caller knows whether to wait for the first
// packet, and whether every name it mentions exists.
import type { AclDefinition, Condition, SampleExpression } from "./ast.ts";
import { findConverter } from "./converter/catalogue.ts";
import type { ArgumentSpec, FetchSource } from "./definition.ts";
import { findFetch } from "./fetch/catalogue.ts";
import { resolveAcl } from "./compile.ts";

/** Where an expression takes its value from. */
export function expressionSource(expression: SampleExpression): FetchSource {
  return findFetch(expression.fetch.name)?.source ?? "nothing";
}

/** Whether an expression reads the client's first bytes. */
export function expressionNeedsRequest(expression: SampleExpression): boolean {
  return expressionSource(expression) === "request";
}

/** Every ACL that a condition uses, by name or anonymous; unknown names are left out. */
export function conditionAcls(
  condition: Condition,
  acls: ReadonlyMap<string, readonly AclDefinition[]>,
): readonly AclDefinition[] {
  return condition.anyOf.flat().flatMap((term) => resolveAcl(term.acl, acls) ?? []);
}

/** Whether judging a condition may need the client's first bytes. */
export function conditionNeedsRequest(
  condition: Condition,
  acls: ReadonlyMap<string, readonly AclDefinition[]>,
): boolean {
  return conditionAcls(condition, acls).some((acl) => expressionNeedsRequest(acl.expression));
}

/** The names in a condition that are neither defined nor predefined; HAProxy: `no such ACL : 'x'`. */
export function unknownAcls(
  condition: Condition,
  acls: ReadonlyMap<string, readonly AclDefinition[]>,
): readonly string[] {
  const names = condition.anyOf.flat().flatMap(({ acl }) => (typeof acl === "string" ? [acl] : []));
  return names.filter((name) => resolveAcl(name, acls) === undefined);
}

/** A configured object that an expression mentions. */
export interface Reference {
  readonly kind: "frontend" | "backend" | "server" | "table";
  /** Absent: the proxy's own. */
  readonly name?: string;
  /** The fetch or converter that mentions it, and the 1-based position of the argument. */
  readonly keyword: string;
  readonly argument: number;
}

/** The proxies, servers and tables that an expression mentions, for the check that they exist. */
export function expressionReferences(expression: SampleExpression): readonly Reference[] {
  const { fetch, converters } = expression;
  return [
    ...callReferences(fetch.name, fetch.args, findFetch(fetch.name)?.args ?? []),
    ...converters.flatMap((call) =>
      callReferences(call.name, call.args, findConverter(call.name)?.args ?? []),
    ),
  ];
}

function callReferences(
  keyword: string,
  args: readonly string[],
  specs: readonly ArgumentSpec[],
): readonly Reference[] {
  return specs.flatMap(({ type }, i): Reference[] => {
    if (type !== "frontend" && type !== "backend" && type !== "server" && type !== "table") {
      return [];
    }
    const name = args[i];
    const isTracked = /^sc[0-2]?_/.test(keyword);
    if (name === undefined || name === "") {
      // `sc_*` without a table reads whatever table the counter tracks.
      return isTracked ? [] : [{ kind: type, keyword, argument: i + 1 }];
    }
    return [{ kind: type, name, keyword, argument: i + 1 }];
  });
}

/** The files that an expression's maps read. */
export function expressionFiles(expression: SampleExpression): readonly string[] {
  return expression.converters.flatMap(({ name, args }) =>
    name === "map" || name.startsWith("map_") ? args.slice(0, 1) : [],
  );
}
