// The servers of a backend as they are in force: what is changed at run time becomes part of the
// configuration that the process works with, and the next reload replaces it by the files again.
import type { QueueOutcome } from "../../balance/assignment.ts";
import type { Millis } from "../../base/units.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { Proxy } from "../../config/model/proxy.ts";
import type { Server } from "../../config/model/server.ts";
import type { BackendState, ServerFacts } from "../../session/backend-state.ts";
import type { Session } from "../../session/session.ts";
import type { RuntimeEffect } from "../command.ts";

/** A change of a backend's servers. */
export interface ServerChange {
  readonly backend: BackendState;
  /** All servers that the backend is to have, in order. */
  readonly servers: readonly Server[];
  /** What is known of servers that are new or elsewhere. */
  readonly facts: ReadonlyMap<string, ServerFacts>;
}

/** Gives a backend other servers; the ones that stay keep their state and connections. */
export function replaceServers(
  configuration: Configuration,
  { backend, servers, facts }: ServerChange,
  nowMs: Millis,
): readonly RuntimeEffect[] {
  const side = { ...backend.side, servers };
  const proxy = { ...backend.proxy, backend: side };
  backend.side = side;
  backend.proxy = proxy;
  const spec = { ...backend.balancer.spec, side };
  const outcome: QueueOutcome<Session> = backend.balancer.reconfigure(spec, nowMs);
  const named = new Set(servers.map((server) => server.name));
  backend.facts = new Map([...backend.facts, ...facts].filter(([name]) => named.has(name)));
  return [
    { kind: "queue", backend, outcome },
    { kind: "configuration", configuration: withProxy(configuration, proxy) },
  ];
}

/** Gives one server other settings. */
export function replaceServer(
  configuration: Configuration,
  backend: BackendState,
  server: Server,
  nowMs: Millis,
  facts: Partial<ServerFacts> = {},
): readonly RuntimeEffect[] {
  const servers = backend.side.servers.map((each) => (each.name === server.name ? server : each));
  const known = backend.facts.get(server.name);
  const changed: ReadonlyMap<string, ServerFacts> =
    known === undefined ? new Map() : new Map([[server.name, { ...known, ...facts }]]);
  return replaceServers(configuration, { backend, servers, facts: changed }, nowMs);
}

/** The configuration with another proxy in the place of the one of the same name and side. */
export function withProxy(configuration: Configuration, proxy: Proxy): Configuration {
  const proxies = configuration.proxies.map((each) =>
    each.name === proxy.name && each.kind === proxy.kind ? proxy : each,
  );
  return { ...configuration, proxies };
}
