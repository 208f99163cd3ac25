import type { ListenSpec } from "../../session/mover.ts";

/** Says why a listening socket could not be had, in HAProxy's words, and what to do about it. */
export function explainListenError(error: NodeJS.ErrnoException, spec: ListenSpec): string {
  const where = describeAddress(spec);
  switch (error.code) {
    case "EADDRINUSE":
      return `cannot bind socket (Address already in use) for [${where}]`;
    case "EADDRNOTAVAIL":
      return (
        `cannot bind socket (Cannot assign requested address) for [${where}]: the address is not ` +
        "on this node; set sysctl net.ipv4.ip_nonlocal_bind=1 (net.ipv6.ip_nonlocal_bind=1) to " +
        "listen on a virtual address that another node holds"
      );
    case "EACCES":
      return `cannot bind socket (Permission denied) for [${where}]`;
    default:
      return `cannot bind socket (${error.message}) for [${where}]`;
  }
}

function describeAddress({ address }: ListenSpec): string {
  switch (address.kind) {
    case "ip":
      return `${address.host}:${address.port}`;
    case "unix":
      return `${address.abstract ? "abns@" : ""}${address.path}`;
    case "fd":
      return `fd@${address.fd}`;
  }
}
