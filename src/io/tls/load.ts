// Makes every TLS context that a configuration asks for, and finds what is wrong with its files.
// Messages and their order are HAProxy's.
import type { Diagnostic } from "../../base/diagnostic.ts";
import type { Bind } from "../../config/model/bind.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { Server } from "../../config/model/server.ts";
import { planPeers } from "../../peers/plan.ts";
import type { TlsContext } from "../../session/mover.ts";
import type { TicketKeyRing } from "../../tickets/key-ring.ts";
import { loadBindTls } from "./load-bind.ts";
import { loadServerTls } from "./load-server.ts";
import { TicketKeyFiles } from "./ticket-keys.ts";

/** The contexts of a configuration, by the line that asks for each. */
export interface LoadedTls {
  readonly binds: ReadonlyMap<Bind, TlsContext>;
  readonly servers: ReadonlyMap<Server, TlsContext>;
  /** By the section's name. */
  readonly peers: ReadonlyMap<string, PeersTls>;
  /** Of `tls-ticket-keys`, one for each file. */
  readonly ticketKeys: readonly TicketKeyRing[];
  /** An alert for everything that must not start; a context that could not be made is missing above. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The contexts of one peers section. */
export interface PeersTls {
  readonly bind: TlsContext | undefined;
  /** For calls, by the name of the peer. */
  readonly targets: ReadonlyMap<string, TlsContext>;
}

/** Reads certificates, keys and authorities from their files. */
export function loadTls(configuration: Configuration): LoadedTls {
  const { sslDefaults, tune } = configuration.global;
  const lifetimeS = tune["tune.ssl.lifetime"];
  const defaults = {
    ...sslDefaults,
    ticketKeyFiles: new TicketKeyFiles(),
    ...(lifetimeS !== undefined && { ticketLifetimeS: lifetimeS }),
  };
  const diagnostics: Diagnostic[] = [];
  const sink = { report: (diagnostic: Diagnostic) => void diagnostics.push(diagnostic) };
  const binds = new Map<Bind, TlsContext>();
  const servers = new Map<Server, TlsContext>();
  for (const proxy of configuration.proxies) {
    if (proxy.disabled) continue;
    const owner = { kind: proxy.kind, name: proxy.name };
    for (const bind of proxy.frontend?.binds ?? []) {
      const context = bind.tls && loadBindTls(bind, bind.tls, owner, defaults, sink);
      if (context) binds.set(bind, context);
    }
    for (const server of proxy.backend?.servers ?? []) {
      const context = server.tls && loadServerTls(server, server.tls, proxy.name, defaults, sink);
      if (context) servers.set(server, context);
    }
  }
  const peers = new Map<string, PeersTls>();
  for (const { name, bind, local, remotes } of planPeers(configuration)) {
    const owner = { kind: "peers", name } as const;
    const own = bind.tls && loadBindTls(bind, bind.tls, owner, defaults, sink);
    const targets = new Map<string, TlsContext>();
    for (const peer of [local, ...remotes]) {
      const context = peer.tls && loadServerTls(peer, peer.tls, name, defaults, sink);
      if (context) targets.set(peer.name, context);
    }
    peers.set(name, { bind: own, targets });
  }
  return { binds, servers, peers, ticketKeys: defaults.ticketKeyFiles.rings, diagnostics };
}
