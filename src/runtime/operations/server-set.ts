// Servers that come and go at run time (haproxy management §9.3 `add server`, `del server`).
import { ADMIN } from "../../balance/admin.ts";
import { isDynamic } from "../../balance/algorithm/create.ts";
import type { Millis } from "../../base/units.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { Server } from "../../config/model/server.ts";
import { BACKEND_SERVERS_MAX } from "../limits.ts";
import type { BackendState } from "../../session/backend-state.ts";
import { socketOptions } from "../../session/socket-options.ts";
import type { World } from "../../session/world.ts";
import { type Answer, refuse, type RuntimeEffect, tell } from "../command.ts";
import { replaceServers } from "./configured-servers.ts";
import { readServerLine } from "./server-line.ts";
import { findBackend, findServer, splitServerWord } from "./target.ts";

/** Adds a server, in maintenance and with its checks at rest unless it is `enabled`. */
export function addServer(
  world: World,
  configuration: Configuration,
  args: readonly string[],
  nowMs: Millis,
): Answer {
  const words = splitServerWord(args[0]);
  if (!words.ok) return words.answer;
  const backend = findBackend(world, words.value.backend);
  if (backend === undefined) return refuse("No such backend.");
  if (!isDynamic(backend.side)) {
    return refuse("Backend must use a dynamic load balancing to support dynamic servers.");
  }
  if (args[1] === undefined) {
    return refuse("'server' expects <name> and <addr>[:<port>] as arguments.");
  }
  const { server: name } = words.value;
  if (backend.balancer.find(name) !== undefined) {
    return refuse("Already exists a server with the same name in backend.");
  }
  if (backend.side.servers.length >= BACKEND_SERVERS_MAX) {
    return refuse(`A backend takes no more than ${BACKEND_SERVERS_MAX} servers at run time.`);
  }
  const { hostName } = world;
  const line = readServerLine(configuration, backend, name, args.slice(1), hostName);
  if (!line.ok) return refuse(line.problem);
  const identified = identify(backend, line.server, args.includes("id"));
  if ("problem" in identified) return refuse(identified.problem);
  const effects = insert(configuration, backend, identified, line.isEnabled, nowMs);
  return tell("New server registered.", effects);
}

/** A server's own identifier, or the lowest that is free. */
function identify(
  backend: BackendState,
  server: Server,
  hasId: boolean,
): Server | { readonly problem: string } {
  const position = { file: "(command)", line: 0 };
  const other = backend.balancer.findById(server.id);
  if (hasId && other !== undefined) {
    const { file, line } = other.spec.position;
    return {
      problem:
        `'id' : custom id ${server.id} already used at ${file}:${line} ` +
        `('server ${other.name}').`,
    };
  }
  if (hasId) return { ...server, position };
  let id = 1;
  while (backend.balancer.findById(id) !== undefined) id += 1;
  return { ...server, id, position };
}

function insert(
  configuration: Configuration,
  backend: BackendState,
  server: Server,
  isEnabled: boolean,
  nowMs: Millis,
): readonly RuntimeEffect[] {
  // Disabled from its first moment, so that nobody who waits is sent to it.
  const added: Server = { ...server, disabled: !isEnabled };
  const facts = {
    endpoint: added.address.kind === "name" ? undefined : added.address,
    socket: socketOptions(backend.proxy, "server", added.tcpUserTimeoutMs),
    tls: undefined,
    sni: undefined,
  };
  const servers = [...backend.side.servers, added];
  const change = { backend, servers, facts: new Map([[added.name, facts]]) };
  const effects = [...replaceServers(configuration, change, nowMs)];
  const state = backend.balancer.find(added.name)!;
  if (!isEnabled && !server.disabled) {
    backend.balancer.setAdmin(state, { clear: ADMIN.configMaint }, nowMs);
  }
  const key = `${backend.name}/${added.name}`;
  if (added.check !== undefined) {
    effects.push({ kind: "health", event: { kind: "enable-checks", server: key, on: false } });
  }
  if (added.agent !== undefined) {
    effects.push({ kind: "health", event: { kind: "enable-agent", server: key, on: false } });
  }
  return effects;
}

/** Removes a server that is in maintenance, is used by no connection and that nothing refers to. */
export function deleteServer(
  world: World,
  configuration: Configuration,
  word: string | undefined,
  nowMs: Millis,
): Answer {
  const found = findServer(world, word);
  if (!found.ok) return found.answer;
  const { backend, server } = found.value;
  if (isReferredTo(configuration, backend, server.name)) {
    return refuse(
      "This server cannot be removed at runtime due to other configuration elements pointing to it.",
    );
  }
  if (!server.isInMaintenance()) {
    return refuse("Only servers in maintenance mode can be deleted.");
  }
  if (server.served > 0 || server.queued > 0 || backend.sessions.has(server)) {
    return refuse("Server still has connections attached to it, cannot remove it.");
  }
  const servers = backend.side.servers.filter((each) => each.name !== server.name);
  const effects = replaceServers(configuration, { backend, servers, facts: new Map() }, nowMs);
  return tell("Server deleted.", effects);
}

/** Whether another server tracks it or a `use-server` rule names it. */
function isReferredTo(configuration: Configuration, backend: BackendState, name: string): boolean {
  if (backend.side.useServer.some((rule) => rule.server === name)) return true;
  return configuration.proxies.some((proxy) =>
    (proxy.backend?.servers ?? []).some(
      ({ track }) => track?.server === name && (track.backend ?? proxy.name) === backend.name,
    ),
  );
}
