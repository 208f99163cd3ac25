// What a statistics page cannot have. Whatever decides who gets in is an alert: a page that is open
// to everybody against the file's word would be worse than none.
import type { Diagnostic, Position } from "../base/diagnostic.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { Proxy } from "../config/model/proxy.ts";

/** An alert for every line of a statistics page that would have to be passed over. */
export function findPageGaps(configuration: Configuration): readonly Diagnostic[] {
  return configuration.proxies
    .filter(({ mode, disabled }) => mode === "http" && !disabled)
    .flatMap(gapsOfPage);
}

function gapsOfPage(proxy: Proxy): Diagnostic[] {
  const { frontend, content, name, position } = proxy;
  if (frontend === undefined) return [];
  const gaps: Diagnostic[] = [];
  const kinds: readonly [string, readonly unknown[]][] = [
    ["connection", frontend.connectionRules],
    ["session", frontend.sessionRules],
    ["content", content.requestRules],
  ];
  for (const [kind, rules] of kinds) {
    if (rules.length === 0) continue;
    const hint = "use 'stats auth', or bind the page to an address that only you can reach";
    gaps.push(alert(`'tcp-request ${kind}'`, name, position, hint));
  }
  if (frontend.rateLimitSessions !== undefined) {
    const hint = "use 'maxconn', which is served for pages, too";
    gaps.push(alert("'rate-limit sessions'", name, position, hint));
  }
  for (const bind of frontend.binds) {
    if (!bind.acceptProxy) continue;
    const hint = "bind the page to a port of its own without 'accept-proxy'";
    gaps.push(alert("'accept-proxy'", name, bind.position, hint));
  }
  return gaps;
}

function alert(what: string, name: string, position: Position, hint: string): Diagnostic {
  const message = `proxy '${name}': ${what} is not served for a statistics page.`;
  return { severity: "alert", message, position, hint };
}
