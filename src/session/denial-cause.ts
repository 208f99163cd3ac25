// What a rule that rejects says of its reason by the things it asks for. Clients of MQTT 5 are told.
import type { AclDefinition, AclTerm, Condition } from "../rules/ast.ts";
import type { RefusalCause } from "../mqtt/refusal.ts";

/** By the name of a fetch or converter, the first that fits. */
const BY_NAME: readonly (readonly [RegExp, RefusalCause])[] = [
  [/_rate$/, "rate"],
  [/conn_cur$|_conn$|_sess$|connslots$|conn_free$/, "quota"],
  [/gp[ct]\d?$/, "banned"],
  [/queue$/, "busy"],
  [/^nbsrv$|^srv_is_up$|^stopping$/, "unavailable"],
];

/** If a condition asks for several things, the first of these counts. */
const PRECEDENCE: readonly RefusalCause[] = ["rate", "quota", "banned", "busy", "unavailable"];

/**
 * The cause of a rejection under this condition: a rate, a number of connections, a mark in a table or
 * an address that is listed, a queue, a lack of servers. All else is a lack of rights.
 */
export function denialCause(
  condition: Condition | undefined,
  acls: ReadonlyMap<string, readonly AclDefinition[]>,
): RefusalCause {
  const found = new Set(
    (condition?.anyOf ?? []).flat().flatMap((term) => causesOf(term, condition!.kind, acls)),
  );
  return PRECEDENCE.find((cause) => found.has(cause)) ?? "not-authorized";
}

function causesOf(
  term: AclTerm,
  kind: Condition["kind"],
  acls: ReadonlyMap<string, readonly AclDefinition[]>,
): readonly RefusalCause[] {
  const definitions = typeof term.acl === "string" ? (acls.get(term.acl) ?? []) : [term.acl];
  // Whoever is not on a list of those who may enter is not banned.
  const isListed = term.negated === (kind === "unless");
  return definitions.flatMap(({ expression: { fetch, converters } }) => {
    if (fetch.name === "src" && converters.length === 0) return isListed ? ["banned"] : [];
    return [fetch, ...converters].flatMap(({ name }) => causeOfName(name) ?? []);
  });
}

function causeOfName(name: string): RefusalCause | undefined {
  return BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
}
