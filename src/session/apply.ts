// Brings a world in line with a configuration, by difference: what a name still stands for keeps
// its counters, its tables and its connections; what is gone takes no more connections and ends
// with its last one.
import { ADMIN } from "../balance/admin.ts";
import type { QueueOutcome } from "../balance/assignment.ts";
import { BackendBalancer } from "../balance/backend.ts";
import type { Endpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type { Bind } from "../config/model/bind.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { BackendSide, FrontendSide, Proxy } from "../config/model/proxy.ts";
import type { Server } from "../config/model/server.ts";
import type { StickTableSpec } from "../config/model/stick.ts";
import { compileSample } from "../rules/compile.ts";
import { withServerData } from "../stick/server-data.ts";
import { isCompatible, StickTable } from "../stick/table.ts";
import { BackendState, type ServerFacts } from "./backend-state.ts";
import { type ReadLines, RuleCompiler } from "./compile-rules.ts";
import { FrontendState } from "./frontend-state.ts";
import type { ListenerId, TlsContext } from "./mover.ts";
import { formatBindAddress, isServed } from "./plan-listeners.ts";
import type { Session } from "./session.ts";
import { socketOptions } from "./socket-options.ts";
import type { World } from "./world.ts";

/** What the outside has prepared for a configuration. */
export interface Resources {
  /** The address of a server; `undefined` while its name has none. */
  endpointOf(server: Server): Endpoint | undefined;
  serverTls(server: Server): TlsContext | undefined;
  bindTls(bind: Bind): TlsContext | undefined;
  readonly readLines: ReadLines;
  /** Listening sockets opened for this configuration, by address. */
  readonly opened: ReadonlyMap<string, ListenerId>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly maxconn: number;
}

/** What is to be done about sessions after a configuration has been applied. */
export interface AppliedChange {
  readonly outcomes: readonly QueueOutcome<Session>[];
  /** Listeners that the configuration does not name; they are out of the world already. */
  readonly closed: readonly ListenerId[];
}

/** Applies a configuration that has been checked. */
export function applyConfiguration(
  world: World,
  configuration: Configuration,
  resources: Resources,
  nowMs: Millis,
): AppliedChange {
  const proxies = configuration.proxies.filter(isServed);
  world.global = configuration.global;
  world.environment = resources.environment;
  world.limits = {
    maxconn: resources.maxconn,
    maxconnHard: resources.maxconn,
    maxconnrate: configuration.global.maxconnrate,
  };
  applyTables(world, configuration);
  const outcomes = applyBackends(world, proxies, resources, nowMs);
  applyFrontends(world, proxies);
  const disabled = disabledBackends(world, configuration, nowMs);
  const findBackend = (name: string): BackendState | undefined =>
    world.backends.get(name) ?? disabled.get(name);
  for (const proxy of proxies) {
    const compiler = new RuleCompiler(world, proxy, findBackend, resources.readLines);
    const backend = world.backends.get(proxy.name);
    const frontend = world.frontends.get(proxy.name);
    if (proxy.backend !== undefined && backend !== undefined) backend.rules = compiler.backend();
    if (proxy.frontend !== undefined && frontend !== undefined) {
      frontend.rules = compiler.frontend();
    }
  }
  return { outcomes, closed: applyListeners(world, proxies, resources) };
}

/** Every table that a configuration defines, also those of peers sections. */
export function stickTables(configuration: Configuration): StickTableSpec[] {
  const specs = [
    ...configuration.proxies.flatMap((proxy) => proxy.backend?.stickTable ?? []),
    ...configuration.proxies.flatMap((proxy) => proxy.frontend?.stickTable ?? []),
    ...configuration.peers.flatMap((peers) => peers.tables),
  ];
  const sticking = new Set(
    configuration.proxies.flatMap((proxy) =>
      (proxy.backend?.stickRules ?? []).map((rule) => rule.table ?? proxy.name),
    ),
  );
  return specs.map((spec) => (sticking.has(spec.name) ? withServerData(spec) : spec));
}

function applyTables(world: World, configuration: Configuration): void {
  const specs = new Map(stickTables(configuration).map((spec) => [spec.name, spec]));
  for (const name of [...world.tables.keys()]) if (!specs.has(name)) world.tables.delete(name);
  for (const [name, spec] of specs) {
    const table = world.tables.get(name);
    if (table !== undefined && isCompatible(table.spec, spec)) table.reconfigure(spec);
    else world.tables.set(name, new StickTable(spec));
  }
}

function applyBackends(
  world: World,
  proxies: readonly Proxy[],
  resources: Resources,
  nowMs: Millis,
): QueueOutcome<Session>[] {
  const outcomes: QueueOutcome<Session>[] = [];
  const named = new Set<string>();
  for (const proxy of proxies) {
    if (proxy.backend === undefined) continue;
    named.add(proxy.name);
    const spec = balancerSpec(proxy, proxy.backend, proxies, resources.maxconn);
    let state = world.backends.get(proxy.name);
    if (state === undefined) {
      const balancer = new BackendBalancer<Session>(spec, world.random, nowMs);
      state = new BackendState(proxy, proxy.backend, balancer);
      world.backends.set(proxy.name, state);
    } else {
      state.proxy = proxy;
      state.side = proxy.backend;
      outcomes.push(state.balancer.reconfigure(spec, nowMs));
    }
    state.table = world.tables.get(proxy.name);
    state.isPaced = proxy.backend.servers.some(({ connectRate }) => connectRate !== undefined);
    state.facts = serverFacts(proxy, proxy.backend, resources);
    outcomes.push(...followResolution(state, nowMs));
  }
  for (const name of [...world.backends.keys()]) if (!named.has(name)) world.backends.delete(name);
  return outcomes;
}

/** A server whose name has no address is in maintenance until it gets one. */
function followResolution(state: BackendState, nowMs: Millis): QueueOutcome<Session>[] {
  const bit = ADMIN.resolveMaint;
  return state.balancer.servers.map((server) => {
    const isResolved = state.facts.get(server.name)?.endpoint !== undefined;
    return state.balancer.setAdmin(server, isResolved ? { clear: bit } : { set: bit }, nowMs);
  });
}

/** Backends that take nothing but may still be named: what leads there finds no server. */
function disabledBackends(
  world: World,
  configuration: Configuration,
  nowMs: Millis,
): ReadonlyMap<string, BackendState> {
  const states = new Map<string, BackendState>();
  for (const proxy of configuration.proxies) {
    if (proxy.backend === undefined || !proxy.disabled) continue;
    const side = { ...proxy.backend, servers: [] };
    const spec = { name: proxy.name, side, allBackups: false };
    const balancer = new BackendBalancer<Session>(spec, world.random, nowMs);
    states.set(proxy.name, new BackendState(proxy, side, balancer));
  }
  return states;
}

function balancerSpec(
  proxy: Proxy,
  side: BackendSide,
  proxies: readonly Proxy[],
  processMaxconn: number,
): ConstructorParameters<typeof BackendBalancer>[0] {
  const feeding = proxies.filter((other) => leadsTo(other, proxy.name));
  const frontendMaxconnSum = feeding.reduce(
    (sum, other) => sum + (other.frontend?.maxconn ?? processMaxconn),
    0,
  );
  return {
    name: proxy.name,
    side,
    allBackups: proxy.flags.has("allbackups"),
    persist: proxy.flags.has("persist"),
    frontendMaxconnSum,
  };
}

function leadsTo(proxy: Proxy, backend: string): boolean {
  const side = proxy.frontend;
  if (side === undefined) return false;
  if (proxy.kind === "listen" && proxy.name === backend) return true;
  return (
    side.defaultBackend === backend || side.useBackend.some((rule) => rule.backend === backend)
  );
}

function serverFacts(
  proxy: Proxy,
  side: BackendSide,
  resources: Resources,
): ReadonlyMap<string, ServerFacts> {
  return new Map(
    side.servers.map((server) => [
      server.name,
      {
        endpoint: resources.endpointOf(server),
        socket: socketOptions(proxy, "server", server.tcpUserTimeoutMs),
        tls: resources.serverTls(server),
        sni: server.tls?.sni === undefined ? undefined : compileSample(server.tls.sni),
      },
    ]),
  );
}

function applyFrontends(world: World, proxies: readonly Proxy[]): void {
  const named = new Set<string>();
  for (const proxy of proxies) {
    if (proxy.frontend === undefined) continue;
    named.add(proxy.name);
    const state = world.frontends.get(proxy.name);
    if (state === undefined) {
      world.frontends.set(proxy.name, newFrontend(proxy, proxy.frontend));
    } else {
      state.proxy = proxy;
      state.side = proxy.frontend;
      state.admin = "open";
      state.clientSocket = clientSocket(proxy);
    }
  }
  for (const name of [...world.frontends.keys()]) {
    if (!named.has(name)) world.frontends.delete(name);
  }
}

function newFrontend(proxy: Proxy, side: FrontendSide): FrontendState {
  const state = new FrontendState(proxy, side);
  state.clientSocket = clientSocket(proxy);
  return state;
}

function clientSocket(proxy: Proxy): FrontendState["clientSocket"] {
  const options = socketOptions(proxy, "client", undefined);
  return options.keepalive ? options : undefined;
}

function applyListeners(
  world: World,
  proxies: readonly Proxy[],
  resources: Resources,
): ListenerId[] {
  const named = new Set<string>();
  for (const proxy of proxies) {
    const own = new Set(
      (proxy.frontend?.binds ?? []).map(({ address }) => formatBindAddress(address)),
    );
    world.frontends.get(proxy.name)?.listenerCounts.keep(own);
    for (const bind of proxy.frontend?.binds ?? []) {
      const key = formatBindAddress(bind.address);
      named.add(key);
      const frontend = world.frontends.get(proxy.name)!;
      const counters = frontend.listenerCounts.of(key);
      const tls = resources.bindTls(bind);
      const known = world.listeners.get(key);
      const opened = resources.opened.get(key);
      if (known !== undefined) {
        counters.isLimited = known.counters.isLimited;
        Object.assign(known, { frontend, bind, tls, counters });
      } else if (opened !== undefined) {
        const state = { listener: opened, frontend, bind, tls, counters, connectionCount: 0 };
        world.listeners.set(key, state);
      }
    }
  }
  const closed: ListenerId[] = [];
  for (const [key, state] of [...world.listeners]) {
    if (named.has(key)) continue;
    world.listeners.delete(key);
    closed.push(state.listener);
  }
  return closed;
}
