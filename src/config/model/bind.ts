// Listening addresses.
import type { Endpoint } from "../../base/address.ts";
import type { Position } from "../../base/diagnostic.ts";
import type { Millis } from "../../base/units.ts";
import type { BindTls } from "./tls.ts";

/** Ownership and mode of a unix socket's file. */
export interface UnixAccess {
  readonly mode?: number;
  readonly user?: string | number;
  readonly group?: string | number;
}

/** The address part of a `bind` line. */
export type BindAddress = Endpoint | { readonly kind: "fd"; readonly fd: number };

/** One listening address; a port range or a comma list makes several of them. */
export interface Bind {
  readonly address: BindAddress;
  readonly position: Position;
  readonly name?: string;
  readonly id?: number;
  readonly acceptProxy: boolean;
  readonly maxconn?: number;
  readonly backlog?: number;
  readonly interface?: string;
  readonly transparent: boolean;
  readonly v4v6: boolean;
  readonly v6only: boolean;
  readonly tcpUserTimeoutMs?: Millis;
  readonly access: UnixAccess;
  readonly level?: "user" | "operator" | "admin";
  readonly tls?: BindTls;
}
