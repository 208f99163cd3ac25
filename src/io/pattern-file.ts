// Pattern and map files of ACLs and converters.
import { accessSync, constants, readFileSync } from "node:fs";
import type { Diagnostic, Position } from "../base/diagnostic.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { Proxy } from "../config/model/proxy.ts";
import type { SampleExpression } from "../rules/ast.ts";
import { conditionAcls, expressionFiles } from "../rules/needs.ts";

/** The lines of a pattern or map file; `undefined` if it cannot be read. */
export function readLines(path: string): readonly string[] | undefined {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return undefined;
  }
}

/** An alert for each file that rules name and that cannot be read: it would match nothing. */
export function checkPatternFiles(configuration: Configuration): readonly Diagnostic[] {
  return configuration.proxies
    .filter((proxy) => !proxy.disabled)
    .flatMap(filesOf)
    .filter(({ path }) => !isReadable(path))
    .map(({ path, position }) => ({
      severity: "alert",
      message: `failed to open pattern file <${path}>`,
      position,
    }));
}

interface NamedFile {
  readonly path: string;
  readonly position: Position;
}

function filesOf(proxy: Proxy): NamedFile[] {
  const acls = new Map(proxy.acls.map((acl) => [acl.name ?? "", [acl]]));
  const conditions = [
    ...proxy.content.requestRules,
    ...proxy.content.responseRules,
    ...(proxy.frontend?.connectionRules ?? []),
    ...(proxy.frontend?.sessionRules ?? []),
    ...(proxy.frontend?.usernameRules ?? []),
    ...(proxy.frontend?.useBackend ?? []),
    ...(proxy.backend?.useServer ?? []),
    ...(proxy.backend?.stickRules ?? []),
  ].flatMap((rule) =>
    rule.condition === undefined ? [] : [...conditionAcls(rule.condition, acls)],
  );
  const admin = (proxy.stats?.admin ?? []).flatMap((condition) => conditionAcls(condition, acls));
  const fromAcls = [...proxy.acls, ...conditions, ...admin].flatMap((acl) =>
    [...acl.files, ...expressionFiles(acl.expression)].map((path) => ({
      path,
      position: acl.position,
    })),
  );
  return [...fromAcls, ...keysOf(proxy).flatMap(filesOfKey)];
}

interface Key {
  readonly expression: SampleExpression;
  readonly position: Position;
}

function keysOf(proxy: Proxy): Key[] {
  const { balance, stickRules } = proxy.backend ?? {};
  const keys = (stickRules ?? []).map((rule) => ({
    expression: rule.key,
    position: rule.position,
  }));
  for (const { value, position } of proxy.frontend?.usernameRules ?? []) {
    keys.push({ expression: value, position });
  }
  if (balance?.algorithm === "hash") {
    keys.push({ expression: balance.key, position: proxy.position });
  }
  return keys;
}

function filesOfKey({ expression, position }: Key): NamedFile[] {
  return expressionFiles(expression).map((path) => ({ path, position }));
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
