// What a configuration asks of sockets that Node has no public way to do. Such a line is never
// ignored in silence: what decides who gets in or which way packets take is an alert.
import type { Diagnostic, Position } from "../../base/diagnostic.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { Proxy } from "../../config/model/proxy.ts";

/** Findings about every directive that the node mover cannot serve. */
export function findMoverGaps(configuration: Configuration): readonly Diagnostic[] {
  return configuration.proxies.filter((proxy) => !proxy.disabled).flatMap(gapsOfProxy);
}

function gapsOfProxy(proxy: Proxy): Diagnostic[] {
  const gaps: Diagnostic[] = [];
  for (const bind of proxy.frontend?.binds ?? []) {
    const { position } = bind;
    if (bind.interface !== undefined) gaps.push(alert("'interface' on a 'bind' line", position));
    if (bind.tcpUserTimeoutMs !== undefined) gaps.push(warning("'tcp-ut'", position));
  }
  for (const server of proxy.backend?.servers ?? []) {
    const { position } = server;
    if (server.tcpUserTimeoutMs !== undefined) gaps.push(warning("'tcp-ut'", position));
    gaps.push(...gapsOfSource(server.source, position));
  }
  gaps.push(...gapsOfSource(proxy.backend?.source, proxy.position));
  const { client, server } = proxy.keepalive;
  for (const [prefix, settings] of [
    ["clitcpka", client],
    ["srvtcpka", server],
  ] as const) {
    if (settings.count !== undefined) gaps.push(warning(`'${prefix}-cnt'`, proxy.position));
    if (settings.intervalMs !== undefined) gaps.push(warning(`'${prefix}-intvl'`, proxy.position));
  }
  return gaps;
}

function gapsOfSource(
  source: { readonly interface?: string; readonly useClient?: string } | undefined,
  position: Position,
): Diagnostic[] {
  const gaps: Diagnostic[] = [];
  if (source?.interface !== undefined) gaps.push(alert("'interface' of a 'source'", position));
  if (source?.useClient !== undefined) gaps.push(alert("'usesrc'", position));
  return gaps;
}

function alert(what: string, position: Position): Diagnostic {
  const message = `${what} is not served by the node mover.`;
  return { severity: "alert", message, position, hint: "remove it, or use the native mover" };
}

function warning(what: string, position: Position): Diagnostic {
  const message = `${what} has no effect with the node mover, the system's setting holds.`;
  return {
    severity: "warning",
    message,
    position,
    hint: "set the sysctl, or use the native mover",
  };
}
