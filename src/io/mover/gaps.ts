// What a configuration asks of sockets that a mover cannot do. Such a line is never ignored in
// silence: what decides who gets in or which way packets take is an alert.
import type { Diagnostic, Position } from "../../base/diagnostic.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { Proxy } from "../../config/model/proxy.ts";
import type { Server } from "../../config/model/server.ts";
import type { LoadedAddon } from "./native/addon.ts";

/**
 * Findings about every directive that cannot be served. The native mover opens plain connections and
 * all listeners; Node's opens connections with TLS, and everything where the native part is missing.
 */
export function findMoverGaps(
  configuration: Configuration,
  loaded: LoadedAddon,
): readonly Diagnostic[] {
  const { mover } = configuration.global;
  const isNative = loaded.addon !== undefined && mover !== "node";
  const gaps = configuration.proxies
    .filter((proxy) => !proxy.disabled)
    .flatMap((proxy) => [
      ...(isNative ? [] : gapsOfListeners(proxy)),
      ...gapsOfServers(proxy, (server) => isNative && server.tls === undefined),
    ]);
  if (mover !== "native" || loaded.addon !== undefined) return gaps;
  const message = `'mover native' cannot be served: ${loaded.reason}.`;
  const hint = "run scripts/build-native, or write 'mover auto' to run without it";
  return [{ severity: "alert", message, hint }, ...gaps];
}

function gapsOfListeners(proxy: Proxy): Diagnostic[] {
  const gaps: Diagnostic[] = [];
  for (const bind of proxy.frontend?.binds ?? []) {
    const { position } = bind;
    if (bind.interface !== undefined) gaps.push(alert("'interface' on a 'bind' line", position));
    if (bind.tcpUserTimeoutMs !== undefined) gaps.push(warning("'tcp-ut'", position));
  }
  return [...gaps, ...gapsOfKeepalive(proxy, "client")];
}

function gapsOfServers(proxy: Proxy, isNative: (server: Server) => boolean): Diagnostic[] {
  const gaps: Diagnostic[] = [];
  const servers = proxy.backend?.servers ?? [];
  for (const server of servers) {
    const { position } = server;
    if (!isNative(server) && server.tcpUserTimeoutMs !== undefined) {
      gaps.push(warning("'tcp-ut'", position));
    }
    gaps.push(...gapsOfSource(server.source, position, isNative(server)));
  }
  const isAllNative = servers.every(isNative);
  gaps.push(...gapsOfSource(proxy.backend?.source, proxy.position, isAllNative));
  return isAllNative ? gaps : [...gaps, ...gapsOfKeepalive(proxy, "server")];
}

function gapsOfKeepalive(proxy: Proxy, side: "client" | "server"): Diagnostic[] {
  const prefix = side === "client" ? "clitcpka" : "srvtcpka";
  const { count, intervalMs } = proxy.keepalive[side];
  const gaps: Diagnostic[] = [];
  if (count !== undefined) gaps.push(warning(`'${prefix}-cnt'`, proxy.position));
  if (intervalMs !== undefined) gaps.push(warning(`'${prefix}-intvl'`, proxy.position));
  return gaps;
}

function gapsOfSource(
  source: { readonly interface?: string; readonly useClient?: string } | undefined,
  position: Position,
  isNative: boolean,
): Diagnostic[] {
  const gaps: Diagnostic[] = [];
  if (!isNative && source?.interface !== undefined) {
    gaps.push(alert("'interface' of a 'source'", position));
  }
  if (source?.useClient !== undefined) {
    const message = "'usesrc' is not served: connections have addresses of this node.";
    gaps.push({ severity: "alert", message, position, hint: "send a PROXY header instead" });
  }
  return gaps;
}

function alert(what: string, position: Position): Diagnostic {
  const message = `${what} is not served by Node's sockets.`;
  return { severity: "alert", message, position, hint: HINT };
}

function warning(what: string, position: Position): Diagnostic {
  const message = `${what} has no effect with Node's sockets, the system's setting holds.`;
  return { severity: "warning", message, position, hint: `set the sysctl, or ${HINT}` };
}

const HINT = "use the native mover (scripts/build-native), which serves connections without TLS";
