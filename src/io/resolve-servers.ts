// Resolves the names of servers at start, following `init-addr` (haproxy configuration §5.2).
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { IpEndpoint } from "../base/address.ts";
import type { Diagnostic } from "../base/diagnostic.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { Server, ServerAddress } from "../config/model/server.ts";
import { RESOLVE_AT_START_MS_MAX } from "../limits.ts";

/** One answer of a name lookup. */
export interface ResolvedName {
  readonly address: string;
  readonly family: number;
}

/** Looks a name up; rejects when it has no address. */
export type NameLookup = (host: string) => Promise<readonly ResolvedName[]>;

/** The addresses found; a server without one is in no map and starts in maintenance. */
export interface ResolvedServers {
  readonly addresses: ReadonlyMap<Server, IpEndpoint>;
  readonly diagnostics: readonly Diagnostic[];
}

interface NamedServerOf {
  readonly proxy: string;
  readonly server: NamedServer;
}

type NamedServer = Server & { readonly address: Extract<ServerAddress, { kind: "name" }> };
type Answers = ReadonlyMap<string, readonly ResolvedName[]>;

/** The system's resolver: hosts file, DNS and whatever else it knows. */
export async function systemLookup(host: string): Promise<readonly ResolvedName[]> {
  return lookup(host, { all: true, verbatim: true });
}

/** Resolves all names at once, each only once, within `timeoutMs`. */
export async function resolveServers(
  configuration: Configuration,
  resolve: NameLookup = systemLookup,
  timeoutMs: number = RESOLVE_AT_START_MS_MAX,
): Promise<ResolvedServers> {
  const servers = namedServers(configuration);
  const answers = await lookUpAll(servers, resolve, timeoutMs);
  const addresses = new Map<Server, IpEndpoint>();
  const diagnostics: Diagnostic[] = [];
  for (const { proxy, server } of servers) {
    const outcome = initialAddress(proxy, server, answers);
    if (outcome === "none") continue;
    if ("severity" in outcome) diagnostics.push(outcome);
    else addresses.set(server, outcome);
  }
  return { addresses, diagnostics };
}

function namedServers(configuration: Configuration): NamedServerOf[] {
  return configuration.proxies
    .filter((proxy) => !proxy.disabled)
    .flatMap((proxy) =>
      (proxy.backend?.servers ?? [])
        .filter((server): server is NamedServer => server.address.kind === "name")
        .map((server) => ({ proxy: proxy.name, server })),
    );
}

async function lookUpAll(
  servers: readonly NamedServerOf[],
  resolve: NameLookup,
  timeoutMs: number,
): Promise<Answers> {
  const answers = new Map<string, readonly ResolvedName[]>();
  const hosts = new Set(
    servers.filter((named) => usesLibc(named.server)).map((named) => named.server.address.host),
  );
  if (hosts.size === 0) return answers;
  const lookups = [...hosts].map(async (host) => {
    const found = await resolve(host).catch(() => []);
    answers.set(host, found);
  });
  const abort = new AbortController();
  const limit = delay(timeoutMs, undefined, { signal: abort.signal }).catch(() => undefined);
  await Promise.race([Promise.all(lookups), limit]);
  abort.abort();
  return new Map(answers);
}

/** `init-addr last,libc` when none is written. */
function methodsOf(server: Server): readonly string[] {
  return server.initAddr.length === 0 ? ["last", "libc"] : server.initAddr;
}

function usesLibc(server: Server): boolean {
  return methodsOf(server).includes("libc");
}

/** Takes the first method that yields an address. `last` needs a state file and yields none here. */
function initialAddress(
  proxy: string,
  server: NamedServer,
  answers: Answers,
): IpEndpoint | Diagnostic | "none" {
  const { host, port, prefer } = server.address;
  for (const method of methodsOf(server)) {
    if (method === "none") return "none";
    if (method === "libc") {
      const chosen = choose(answers.get(host) ?? [], prefer);
      if (chosen !== undefined) return endpointOf(chosen, port);
    }
    if (isIP(method) !== 0) return endpointOf({ address: method, family: isIP(method) }, port);
  }
  const failure = usesLibc(server) ? "could not" : "no method found to";
  return {
    severity: "alert",
    message: `'server ${proxy}/${server.name}' : ${failure} resolve address '${host}'.`,
    position: server.position,
    hint: "check the name, or add 'init-addr last,libc,none' to start without it",
  };
}

/** The preferred family if it is there, IPv6 unless said otherwise only when it comes first. */
function choose(
  found: readonly ResolvedName[],
  prefer: 4 | 6 | undefined,
): ResolvedName | undefined {
  return found.find((candidate) => candidate.family === prefer) ?? found[0];
}

function endpointOf(found: ResolvedName, port: number): IpEndpoint {
  return { kind: "ip", family: found.family === 6 ? 6 : 4, host: found.address, port };
}
