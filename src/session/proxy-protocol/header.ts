// The PROXY protocol's header as values, and its numbers (haproxy proxy-protocol.txt §2).
import type { Endpoint } from "../../base/address.ts";

/** One type-length-value of a version 2 header, undecoded. */
export interface ProxyTlv {
  /** 0..255. */
  readonly type: number;
  readonly value: Uint8Array;
}

/** What PP2_TYPE_SSL says of the client's TLS connection to the proxy before us. */
export interface ProxyTls {
  /** The client connected over TLS. */
  readonly secure: boolean;
  /** It showed a certificate in this connection. */
  readonly certificateInConnection: boolean;
  /** It showed one at least once in the TLS session. */
  readonly certificateInSession: boolean;
  /** 0 when the certificate was verified, anything else when not, or when there was none. */
  readonly verifyResult: number;
  readonly protocol?: string;
  readonly commonName?: string;
  readonly cipher?: string;
  readonly signatureAlgorithm?: string;
  readonly keyAlgorithm?: string;
}

/** A whole PROXY header. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** `local`: the sender speaks for itself (a health check); the connection's own addresses hold. */
  readonly command: "local" | "proxy";
  /** Absent with `local` and for families that are not carried (`UNKNOWN`, `UNSPEC`). */
  readonly source?: Endpoint;
  readonly destination?: Endpoint;
  /** Every TLV in order, the decoded ones too; always empty in version 1. */
  readonly tlvs: readonly ProxyTlv[];
  /** PP2_TYPE_ALPN. */
  readonly alpn?: string;
  /** PP2_TYPE_AUTHORITY: the host name that the client asked for, as in SNI. */
  readonly authority?: string;
  readonly tls?: ProxyTls;
}

/** The twelve bytes that begin a version 2 header. */
export const V2_SIGNATURE: Uint8Array = Uint8Array.of(
  0x0d,
  0x0a,
  0x0d,
  0x0a,
  0x00,
  0x0d,
  0x0a,
  0x51,
  0x55,
  0x49,
  0x54,
  0x0a,
);

/** Bytes before the addresses of a version 2 header. */
export const V2_FIXED_BYTES = 16;

/** Address families with stream transport, the 14th byte of a version 2 header. */
export const V2_FAMILY = { unspec: 0x00, tcp4: 0x11, tcp6: 0x21, unixStream: 0x31 } as const;

/** Bytes of each half of an address block of unix sockets. */
export const V2_UNIX_PATH_BYTES = 108;

/** TLV types of §2.2. */
export const TLV = {
  alpn: 0x01,
  authority: 0x02,
  crc32c: 0x03,
  ssl: 0x20,
  sslVersion: 0x21,
  sslCommonName: 0x22,
  sslCipher: 0x23,
  sslSignature: 0x24,
  sslKey: 0x25,
} as const;

/** Bits of the first byte of PP2_TYPE_SSL. */
export const SSL_CLIENT = { ssl: 0x01, certConnection: 0x02, certSession: 0x04 } as const;
