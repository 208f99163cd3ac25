// Words for a listening socket that could not be opened.
import type { Diagnostic } from "../base/diagnostic.ts";
import type { FailedListener } from "./listener-opener.ts";
import type { FailedPeersListener } from "./peers/peers-shell.ts";
import type { FailedStatsSocket } from "./runtime/runtime-server.ts";

/** The finding about a `bind` line, with what can be done. */
export function describeListenFailure({ planned, code, message }: FailedListener): Diagnostic {
  const { proxy, bind, key } = planned;
  const hint = hintFor(code, key);
  return {
    severity: "alert",
    message: `Starting ${proxy.kind === "listen" ? "proxy" : "frontend"} ${proxy.name}: cannot bind socket (${message}) [${key}]`,
    position: bind.position,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The finding about a peers section. */
export function describePeersFailure(failure: FailedPeersListener): Diagnostic {
  const { plan, key, code, message } = failure;
  const hint = hintFor(code, key);
  return {
    severity: "alert",
    message: `Starting peers ${plan.name}: cannot bind socket (${message}) [${key}]`,
    position: plan.bind.position,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The finding about a `stats socket` line. */
export function describeStatsSocketFailure(failure: FailedStatsSocket): Diagnostic {
  const { socket, key, code, message } = failure;
  const hint = hintFor(code, key);
  return {
    severity: "alert",
    message: `Starting frontend GLOBAL: cannot bind socket (${message}) [${key}]`,
    position: socket.position,
    ...(hint === undefined ? {} : { hint }),
  };
}

function hintFor(code: string, key: string): string | undefined {
  switch (code) {
    case "EADDRINUSE":
      return `another process listens on ${key}: stop it, or choose another port ('ss -ltnp' shows which)`;
    case "EADDRNOTAVAIL":
      return "the address is not on this machine: a virtual address that may be elsewhere needs 'sysctl net.ipv4.ip_nonlocal_bind=1' (or net.ipv6.ip_nonlocal_bind), or bind '*'";
    case "EACCES":
      return "ports below 1024 and other users' folders need root, or CAP_NET_BIND_SERVICE";
    default:
      return undefined;
  }
}
