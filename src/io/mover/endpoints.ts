import type { AddressInfo, Socket } from "node:net";
import type { Endpoint } from "../../base/address.ts";

/** The end of a connection whose address the system does not name, as a client's of a unix socket. */
export const UNNAMED: Endpoint = { kind: "unix", path: "", abstract: false };

/** The address of the peer; `UNNAMED` when it has none or is gone already. */
export function remoteEndpoint(socket: Socket): Endpoint {
  const host = socket.remoteAddress;
  if (host === undefined) return UNNAMED;
  const family = socket.remoteFamily === "IPv6" ? 6 : 4;
  return { kind: "ip", family, host, port: socket.remotePort ?? 0 };
}

/** Our own address of a connection; `UNNAMED` when there is none. */
export function localEndpoint(socket: Socket): Endpoint {
  const host = socket.localAddress;
  if (host === undefined) return UNNAMED;
  const family = socket.localFamily === "IPv6" ? 6 : 4;
  return { kind: "ip", family, host, port: socket.localPort ?? 0 };
}

/** What a listening socket is bound to. */
export function listeningEndpoint(address: AddressInfo | string | null): Endpoint {
  if (address === null) return UNNAMED;
  if (typeof address === "string") return unixEndpoint(address);
  const family = address.family === "IPv6" ? 6 : 4;
  return { kind: "ip", family, host: address.address, port: address.port };
}

function unixEndpoint(name: string): Endpoint {
  const abstract = name.startsWith("\0");
  return { kind: "unix", path: abstract ? name.replaceAll("\0", "") : name, abstract };
}

/** Bytes of `sun_path` on Linux. */
const SUN_PATH_BYTES = 108;

/**
 * The path that Node takes for a unix socket. HAProxy fills the name of an abstract socket with
 * zeroes to the whole length, and both ends must agree on the length.
 */
export function unixPath(path: string, abstract: boolean): string {
  if (!abstract) return path;
  const missing = SUN_PATH_BYTES - 1 - Buffer.byteLength(path);
  return `\0${path}${"\0".repeat(Math.max(0, missing))}`;
}
