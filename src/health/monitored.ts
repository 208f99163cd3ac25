// The servers of a configuration as the monitor sees them.
import type { SlowCheck } from "../config/model/check.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { Proxy } from "../config/model/proxy.ts";
import type { AgentSettings, CheckSettings, Server } from "../config/model/server.ts";

/** One server as the monitor sees it. */
export interface MonitoredServer {
  /** `backend/server`. */
  readonly key: string;
  /** Differs when the checked address is another; the server's health then counts from anew. */
  readonly identity: string;
  readonly check?: CheckSettings;
  /** How late its answers may be before it is weighed down. */
  readonly slow?: SlowCheck;
  readonly agent?: AgentSettings;
  /** The key of the server whose health this one shares. */
  readonly track?: string;
  readonly observe?: "layer4";
  readonly errorLimit: number;
  readonly onError: Server["onError"];
  /** Starts in maintenance. */
  readonly disabled: boolean;
  /** `option log-health-checks`. */
  readonly logChecks: boolean;
}

/** The key of a server. */
export function serverKey(backend: string, server: string): string {
  return `${backend}/${server}`;
}

/** All servers of enabled proxies, in the order of the files. */
export function monitoredServers(configuration: Configuration): MonitoredServer[] {
  const servers: MonitoredServer[] = [];
  for (const proxy of configuration.proxies) {
    if (proxy.disabled || proxy.backend === undefined) continue;
    for (const server of proxy.backend.servers) servers.push(monitored(proxy, server));
  }
  return servers;
}

function monitored(proxy: Proxy, server: Server): MonitoredServer {
  const { track } = server;
  const method = proxy.backend?.check;
  const slow = method?.kind === "mqtt-check" ? method.mqtt.slow : undefined;
  const identity = JSON.stringify([server.address, server.check?.host, server.check?.port]);
  return {
    key: serverKey(proxy.name, server.name),
    identity,
    ...(server.check === undefined ? {} : { check: server.check }),
    ...(slow === undefined || server.check === undefined ? {} : { slow }),
    ...(server.agent === undefined ? {} : { agent: server.agent }),
    ...(track === undefined ? {} : { track: serverKey(track.backend ?? proxy.name, track.server) }),
    ...(server.observe === undefined ? {} : { observe: server.observe }),
    errorLimit: server.errorLimit,
    onError: server.onError,
    disabled: server.disabled,
    logChecks: proxy.flags.has("log-health-checks"),
  };
}
