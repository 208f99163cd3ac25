/** An IP endpoint. `port` is 0..65535; 0 means "any" when binding and "as the client's" when connecting. */
export interface IpEndpoint {
  readonly kind: "ip";
  readonly family: 4 | 6;
  /** A numeric address in canonical text form, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** A unix stream socket by path; `abstract` sockets live in Linux's abstract name space. */
export interface UnixEndpoint {
  readonly kind: "unix";
  readonly path: string;
  readonly abstract: boolean;
}

/** One end of a connection. */
export type Endpoint = IpEndpoint | UnixEndpoint;

/** `host:port`, with brackets around IPv6; a unix socket's path; `abns@` before an abstract name. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === "unix") return endpoint.abstract ? `abns@${endpoint.path}` : endpoint.path;
  const host = endpoint.family === 6 ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}
