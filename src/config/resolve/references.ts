// Checks that the names which rules mention exist: backends, servers, tables, peers.
import type { Position } from "../../base/diagnostic.ts";
import type { AclDefinition, Condition, SampleExpression } from "../../rules/ast.ts";
import { expressionReferences } from "../../rules/needs.ts";
import type { Reference } from "../../rules/needs.ts";
import type { ProxyDraft } from "../draft.ts";
import { proxyLabel } from "../draft.ts";
import type { TcpRule } from "../model/rules.ts";
import type { Finder } from "./finder.ts";

/** An expression of a proxy, how messages name what it belongs to, and where it stands. */
interface Use {
  readonly expression: SampleExpression;
  readonly what: string;
  readonly position: Position;
}

/** Checks all names of a proxy's rules. */
export function checkReferences(finder: Finder, proxy: ProxyDraft): void {
  checkBackends(finder, proxy);
  checkUseServer(finder, proxy);
  checkTables(finder, proxy);
  for (const use of expressionsOf(proxy)) {
    for (const reference of expressionReferences(use.expression)) {
      checkReference(finder, proxy, use, reference);
    }
  }
}

function checkBackends(finder: Finder, proxy: ProxyDraft): void {
  if (proxy.kind === "backend") return;
  const known = finder.drafts.proxies.filter((p) => p.kind !== "frontend").map((p) => p.name);
  const wanted = [
    ...(proxy.defaultBackend === undefined
      ? []
      : [{ ...proxy.defaultBackend, keyword: "default_backend" }]),
    ...proxy.useBackend.map((rule) => ({
      name: rule.backend,
      position: rule.position,
      keyword: "use_backend",
    })),
  ];
  for (const { name, position, keyword } of wanted) {
    const backend = finder.proxy(name, "backend");
    if (backend === undefined) {
      const text = `Proxy '${proxy.name}': unable to find required ${keyword}: '${name}'`;
      finder.missing(text, position, name, known);
    } else if (backend.mode !== proxy.mode) {
      const own = proxy.position;
      finder.alert(
        `${proxy.mode} ${proxyLabel(proxy)} (${own.file}:${own.line}) tries to use ` +
          `incompatible ${backend.mode} ${proxyLabel(backend)} ` +
          `(${backend.position.file}:${backend.position.line}) ` +
          `${keyword === "default_backend" ? "as its default backend" : "in a 'use_backend' rule"} ` +
          "(see 'mode').",
        position,
      );
    }
  }
}

function checkUseServer(finder: Finder, proxy: ProxyDraft): void {
  const known = proxy.servers.map((server) => server.name);
  for (const rule of proxy.useServer) {
    if (known.includes(rule.server)) continue;
    const text = `${proxyLabel(proxy)} : unable to find server '${rule.server}' referenced in a 'use-server' rule`;
    finder.missing(text, rule.position, rule.server, known);
  }
}

function checkTables(finder: Finder, proxy: ProxyDraft): void {
  const peers = proxy.stickTable?.peers;
  if (proxy.stickTable !== undefined && peers !== undefined) {
    const known = finder.drafts.peers.map((section) => section.name);
    const text = `Proxy '${proxy.name}': unable to find sync peers '${peers}'`;
    if (!known.includes(peers)) finder.missing(text, proxy.stickTable.position, peers, known);
  }
  for (const rule of proxy.kind === "frontend" ? [] : proxy.stickRules) {
    const name = rule.table ?? proxy.name;
    if (finder.hasTable(name)) continue;
    const text = `Proxy '${proxy.name}': unable to find stick-table '${name}'`;
    finder.missing(text, rule.position, name, finder.tableNames());
  }
  for (const { action, position } of tcpRules(proxy)) {
    if (action.kind !== "track-sc") continue;
    const name = action.table ?? proxy.name;
    if (finder.hasTable(name)) continue;
    const text =
      `Proxy '${proxy.name}': unable to find table '${name}' referenced by ` +
      `track-sc${action.counter}`;
    finder.missing(text, position, name, finder.tableNames());
  }
}

function tcpRules(proxy: ProxyDraft): readonly TcpRule[] {
  return [
    ...proxy.connectionRules,
    ...proxy.sessionRules,
    ...proxy.requestRules,
    ...proxy.responseRules,
  ];
}

/** Every expression in a proxy: of ACLs, conditions, actions, stick rules and the algorithm. */
function expressionsOf(proxy: ProxyDraft): readonly Use[] {
  const uses: Use[] = proxy.acls.map(aclUse);
  const addCondition = (condition: Condition | undefined): void => {
    for (const { acl } of condition?.anyOf.flat() ?? []) {
      if (typeof acl !== "string") uses.push(aclUse(acl));
    }
  };
  for (const rule of tcpRules(proxy)) {
    addCondition(rule.condition);
    const { action, position } = rule;
    if (action.kind === "track-sc")
      uses.push({ expression: action.key, what: "keyword", position });
    else if ("value" in action && typeof action.value === "object") {
      uses.push({ expression: action.value, what: "keyword", position });
    }
  }
  for (const rule of proxy.stickRules) {
    addCondition(rule.condition);
    uses.push({ expression: rule.key, what: "keyword", position: rule.position });
  }
  for (const rule of [...proxy.useBackend, ...proxy.useServer]) addCondition(rule.condition);
  for (const rule of proxy.usernameRules) {
    addCondition(rule.condition);
    uses.push({ expression: rule.value, what: "keyword", position: rule.position });
  }
  for (const condition of proxy.stats?.admin ?? []) addCondition(condition);
  if (proxy.balance.algorithm === "hash") {
    uses.push({ expression: proxy.balance.key, what: "keyword", position: proxy.position });
  }
  return uses;
}

function aclUse(acl: AclDefinition): Use {
  return { expression: acl.expression, what: "ACL keyword", position: acl.position };
}

function checkReference(finder: Finder, proxy: ProxyDraft, use: Use, reference: Reference): void {
  if (exists(finder, proxy, reference)) return;
  const shown = reference.name ?? proxy.name;
  finder.alertAt(
    `unable to find ${reference.kind} '${shown}' referenced in arg ${reference.argument} of ` +
      `${use.what} '${reference.keyword}' in proxy '${proxy.name}'.`,
    use.position,
  );
}

function exists(finder: Finder, proxy: ProxyDraft, reference: Reference): boolean {
  const name = reference.name ?? proxy.name;
  switch (reference.kind) {
    case "frontend":
      return finder.proxy(name, "frontend") !== undefined;
    case "backend":
      return finder.proxy(name, "backend") !== undefined;
    case "table":
      return finder.hasTable(name);
    case "server": {
      const slash = name.indexOf("/");
      const backend = slash < 0 ? proxy : finder.proxy(name.slice(0, slash), "backend");
      const server = name.slice(slash + 1);
      return backend?.servers.some((other) => other.name === server) ?? false;
    }
  }
}
