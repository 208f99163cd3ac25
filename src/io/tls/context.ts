import type tls from "node:tls";
import type { CertificateAlgorithms, TlsContext } from "../../session/mover.ts";
import { assert } from "../../base/assert.ts";
import type { TicketKeyRing } from "../../tickets/key-ring.ts";
import type { SessionCache } from "./session-cache.ts";

/** What a listener needs to answer TLS handshakes. */
export interface ServerSideTls extends TlsContext {
  readonly side: "server";
  readonly verify: "none" | "optional" | "required";
  /** `strict-sni`: there is no certificate for a client that names no server. */
  readonly strictSni: boolean;
  /** Options of a TLS socket: default certificate, choice by name, ALPN. */
  readonly options: tls.TLSSocketOptions;
  /** The same for a `tls.Server`, which makes a secure context of its own. */
  readonly serverOptions: tls.TlsOptions;
  /** `tls-ticket-keys`. */
  readonly ticketKeys?: TicketKeyRing;
  /** The algorithms of the certificate that is shown for a name. */
  algorithms(serverName: string | undefined): CertificateAlgorithms;
}

/** What a connection to a server needs to begin a TLS handshake. */
export interface ClientSideTls extends TlsContext {
  readonly side: "client";
  readonly verify: "none" | "required";
  /** The name that the certificate must carry; without it, the one that was asked for by SNI. */
  readonly verifyHost?: string;
  readonly options: tls.ConnectionOptions;
  /** Absent with `no-ssl-reuse`. */
  readonly sessions?: SessionCache;
}

/** Every context that `loadTls` makes is one of these. */
export type NodeTlsContext = ServerSideTls | ClientSideTls;

/** The listener's half of an opaque context. */
export function serverSide(context: TlsContext): ServerSideTls {
  const known = context as NodeTlsContext;
  assert(known.side === "server", "a listener's TLS context secures accepted connections");
  return known;
}

/** The connecting half of an opaque context. */
export function clientSide(context: TlsContext): ClientSideTls {
  const known = context as NodeTlsContext;
  assert(known.side === "client", "a server's TLS context secures connections to servers");
  return known;
}
