// Servers and how each is checked.
import type { Endpoint } from "../../base/address.ts";
import type { Position } from "../../base/diagnostic.ts";
import type { Millis } from "../../base/units.ts";
import type { SourceSettings } from "./proxy.ts";
import type { ServerTls } from "./tls.ts";

/** Where a server is: an address, or a name still to be resolved. */
export type ServerAddress =
  | Endpoint
  | {
      readonly kind: "name";
      readonly host: string;
      readonly port: number;
      readonly prefer?: 4 | 6;
    };

/** A `server` line with its `default-server` applied. */
export interface Server {
  readonly name: string;
  /** `id`, else the 1-based position in the backend. */
  readonly id: number;
  readonly position: Position;
  readonly address: ServerAddress;
  /** `:+n` or `:-n` in the address: the port is the client's destination port plus this. */
  readonly portOffset?: number;
  /** 0..256. */
  readonly weight: number;
  /** 0 means unlimited. */
  readonly maxconn: number;
  readonly minconn: number;
  /** 0 means unlimited. */
  readonly maxqueue: number;
  /** `mqtt-connect-rate` (ours): connections it is presented with in a second, and at once. */
  readonly connectRate?: { readonly perSecond: number; readonly burst: number };
  readonly backup: boolean;
  readonly disabled: boolean;
  readonly nonStick: boolean;
  readonly slowstartMs: Millis;
  readonly check?: CheckSettings;
  readonly agent?: AgentSettings;
  readonly track?: { readonly backend?: string; readonly server: string };
  readonly observe?: "layer4";
  readonly errorLimit: number;
  readonly onError: "fastinter" | "fail-check" | "sudden-death" | "mark-down";
  readonly onMarkedDown?: "shutdown-sessions";
  readonly onMarkedUp?: "shutdown-backup-sessions";
  readonly sendProxy?: SendProxy;
  readonly tls?: ServerTls;
  readonly source?: SourceSettings;
  readonly tcpUserTimeoutMs?: Millis;
  readonly resolvers?: string;
  /** `init-addr` methods in order. */
  readonly initAddr: readonly string[];
  readonly cookie?: string;
}

/** `send-proxy`, `send-proxy-v2[-ssl[-cn]]`, `proxy-v2-options`. */
export interface SendProxy {
  readonly version: 1 | 2;
  readonly options: readonly (
    "ssl" | "cert-cn" | "ssl-cipher" | "cert-sig" | "cert-key" | "authority" | "crc32c"
  )[];
}

/** `server ... agent-check ...`. */
export interface AgentSettings {
  readonly port: number;
  readonly host?: string;
  readonly intervalMs: Millis;
  readonly send?: string;
}

/** `server ... check ...`; intervals in ms. */
export interface CheckSettings {
  readonly intervalMs: Millis;
  readonly fastIntervalMs?: Millis;
  readonly downIntervalMs?: Millis;
  readonly rise: number;
  readonly fall: number;
  readonly host?: string;
  readonly port?: number;
  readonly tls: boolean;
  readonly sni?: string;
  readonly alpn?: readonly string[];
  readonly sendProxy: boolean;
  /** TLS of the check where the server itself speaks none (`check-ssl` without `ssl`). */
  readonly tlsSettings?: ServerTls;
  /** `init-state` (HAProxy 3.1). */
  readonly initState: "up" | "down" | "fully-up" | "fully-down";
}
