// TLS settings of listeners and servers.
import type { SampleExpression } from "../../rules/ast.ts";

/** `ssl-default-bind-*`, `ssl-default-server-*`, `ca-base`, `crt-base`. */
export interface SslDefaults {
  readonly caBase?: string;
  readonly crtBase?: string;
  readonly bind: TlsSettings;
  readonly server: TlsSettings;
  readonly serverVerify?: "none" | "required";
  readonly dhParamFile?: string;
}

/** A TLS protocol version by OpenSSL's name. */
export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** What both sides of TLS can set. */
export interface TlsSettings {
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
  /** OpenSSL cipher list for TLS 1.2 and older. */
  readonly ciphers?: string;
  /** TLS 1.3 suites. */
  readonly ciphersuites?: string;
  readonly curves?: string;
  readonly alpn?: readonly string[];
  /** `no-tls-tickets`. */
  readonly noTickets?: boolean;
}

/** `bind ... ssl ...`. */
export interface BindTls extends TlsSettings {
  /** Certificate files or folders, `crt`, first one the default. */
  readonly crt: readonly string[];
  readonly crtList: readonly string[];
  readonly caFile?: string;
  readonly crlFile?: string;
  readonly verify: "none" | "optional" | "required";
  readonly strictSni: boolean;
  /** `tls-ticket-keys`. */
  readonly ticketKeysFile?: string;
}

/** `server ... ssl ...`. */
export interface ServerTls extends TlsSettings {
  readonly verify: "none" | "required";
  readonly caFile?: string;
  readonly crlFile?: string;
  /** Client certificate and key, one PEM file. */
  readonly crt?: string;
  readonly sni?: SampleExpression;
  readonly verifyHost?: string;
  /** Whether sessions may be resumed; `no-ssl-reuse` turns it off. */
  readonly reuse: boolean;
}
