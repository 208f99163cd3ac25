// Checks of the servers of a proxy: names, tracking, resolvers, ports of checks, trust.
import type { ProxyDraft } from "../draft.ts";
import type { ServerDraft } from "../server-draft.ts";
import type { Finder } from "./finder.ts";

const NO_CA_FILE =
  "verify is enabled by default but no CA file specified. If you're running on a LAN where " +
  "you're certain to trust the server's certificate, please set an explicit 'verify none' " +
  "statement on the 'server' line, or use 'ssl-server-verify none' in the global section to " +
  "disable server-side verifications by default.";

/** Checks all servers of a proxy. */
export function checkServers(
  finder: Finder,
  proxy: ProxyDraft,
  serverVerify: "none" | "required" | undefined,
): void {
  checkNames(finder, proxy);
  for (const server of proxy.servers) {
    checkTracking(finder, proxy, server);
    checkPorts(finder, proxy, server);
    const label = `'server ${proxy.name}/${server.name}'`;
    if (server.resolvers !== undefined) {
      const known = finder.drafts.resolvers.map((section) => section.name);
      const text = `proxy '${proxy.name}', server '${server.name}': unable to find required resolvers '${server.resolvers}'`;
      if (!known.includes(server.resolvers)) {
        finder.missing(text, server.position, server.resolvers, known);
      }
    }
    if (server.agentCheck && server.agentPort === undefined) {
      finder.alertAt(
        `${label} : server ${server.name} does not have agent port. Agent check has been disabled.`,
        server.position,
      );
    }
    const verify = server.tls.verifySet === true ? server.tls.verify : (serverVerify ?? "required");
    const usesTls = server.ssl || (server.check && server.checkTls === true);
    if (usesTls && verify === "required" && server.tls.caFile === undefined) {
      finder.alertAt(`${label} : ${NO_CA_FILE}`, server.position);
    }
  }
}

function checkNames(finder: Finder, proxy: ProxyDraft): void {
  const seen = new Map<string, ServerDraft>();
  for (const server of proxy.servers) {
    const first = seen.get(server.name);
    if (first === undefined) seen.set(server.name, server);
    else {
      finder.alertAt(
        `proxy '${proxy.name}', another server named '${server.name}' was already defined at ` +
          `line ${first.position.line}, please use distinct names.`,
        server.position,
      );
    }
  }
}

function checkPorts(finder: Finder, proxy: ProxyDraft, server: ServerDraft): void {
  if (!server.check || server.checkPort !== undefined) return;
  const { address } = server;
  if (address === undefined || address.kind === "unix" || address.port > 0) return;
  const rules = proxy.checkKind === "httpchk" ? proxy.httpCheckRules : proxy.tcpCheckRules;
  if (rules.some((rule) => rule.kind === "connect" && rule.port !== undefined)) return;
  finder.alert(
    `proxy '${proxy.name}': server '${server.name}' has neither service port nor check port.`,
    server.position,
  );
}

/** The server that another one tracks, with its proxy. */
function trackedBy(
  finder: Finder,
  proxy: ProxyDraft,
  server: ServerDraft,
): readonly [ProxyDraft, ServerDraft] | undefined {
  const { track } = server;
  if (track === undefined) return undefined;
  const backend = track.backend === undefined ? proxy : finder.proxy(track.backend, "backend");
  const found = backend?.servers.find((other) => other.name === track.server);
  return backend === undefined || found === undefined ? undefined : [backend, found];
}

function checkTracking(finder: Finder, proxy: ProxyDraft, server: ServerDraft): void {
  const { track } = server;
  if (track === undefined) return;
  const label = `'server ${proxy.name}/${server.name}'`;
  if (server.check || server.agentCheck) {
    const text = `${label} : unable to enable checks and tracking at the same time!`;
    finder.alertAt(text, server.position);
    return;
  }
  if (track.backend !== undefined && finder.proxy(track.backend, "backend") === undefined) {
    const text = `${label} : unable to find required proxy '${track.backend}' for tracking.`;
    finder.alertAt(text, server.position);
    return;
  }
  const found = trackedBy(finder, proxy, server);
  if (found === undefined) {
    const text = `${label} : unable to find required server '${track.server}' for tracking.`;
    finder.alertAt(text, server.position);
    return;
  }
  const seen = new Set<ServerDraft>([server]);
  let last: readonly [ProxyDraft, ServerDraft] = found;
  for (let next: typeof last | undefined = found; next !== undefined;) {
    if (seen.has(next[1])) {
      finder.alertAt(
        `${label} : unable to track ${found[0].name}/${found[1].name} as it belongs to a ` +
          `tracking chain looping back to ${proxy.name}/${server.name}.`,
        server.position,
      );
      return;
    }
    seen.add(next[1]);
    last = next;
    next = trackedBy(finder, next[0], next[1]);
  }
  if (!last[1].check && !last[1].agentCheck && last[1].track === undefined) {
    finder.alertAt(
      `${label} : unable to use ${last[0].name}/${last[1].name} for tracking as it does not have ` +
        "any check nor agent enabled.",
      server.position,
    );
  }
}
