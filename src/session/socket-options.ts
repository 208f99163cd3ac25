import type { Millis } from "../base/units.ts";
import type { Proxy } from "../config/model/proxy.ts";
import type { SocketOptions } from "./mover.ts";

/** The TCP options of one side of a proxy's connections (`tcpka`, `clitcpka*`, `srvtcpka*`, `tcp-ut`). */
export function socketOptions(
  proxy: Proxy,
  side: "client" | "server",
  userTimeoutMs: Millis | undefined,
): SocketOptions {
  const { count, idleMs, intervalMs } = proxy.keepalive[side];
  const flag = side === "client" ? "clitcpka" : "srvtcpka";
  return {
    keepalive: proxy.flags.has("tcpka") || proxy.flags.has(flag),
    ...(idleMs === undefined ? {} : { keepaliveIdleMs: idleMs }),
    ...(intervalMs === undefined ? {} : { keepaliveIntervalMs: intervalMs }),
    ...(count === undefined ? {} : { keepaliveCount: count }),
    ...(userTimeoutMs === undefined ? {} : { userTimeoutMs }),
  };
}
