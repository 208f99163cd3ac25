// Makes every TLS context that a configuration asks for, and finds what is wrong with its files.
// Messages and their order are HAProxy's.
import type { Diagnostic } from "../../base/diagnostic.ts";
import type { Bind } from "../../config/model/bind.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { Server } from "../../config/model/server.ts";
import type { TlsContext } from "../../session/mover.ts";
import { loadBindTls } from "./load-bind.ts";
import { loadServerTls } from "./load-server.ts";

/** The contexts of a configuration, by the line that asks for each. */
export interface LoadedTls {
  readonly binds: ReadonlyMap<Bind, TlsContext>;
  readonly servers: ReadonlyMap<Server, TlsContext>;
  /** An alert for everything that must not start; a context that could not be made is missing above. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads certificates, keys and authorities from their files. */
export function loadTls(configuration: Configuration): LoadedTls {
  const defaults = configuration.global.sslDefaults;
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
  for (const section of configuration.peers) {
    const { bind, name } = section;
    const context =
      bind?.tls && loadBindTls(bind, bind.tls, { kind: "peers", name }, defaults, sink);
    if (bind && context) binds.set(bind, context);
  }
  return { binds, servers, diagnostics };
}
