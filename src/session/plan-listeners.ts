// Which listening sockets a configuration needs, and which of the open ones it no longer names.
import { formatEndpoint } from "../base/address.ts";
import type { Bind, BindAddress } from "../config/model/bind.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { Proxy } from "../config/model/proxy.ts";
import { LISTEN_BACKLOG_DEFAULT } from "../limits.ts";
import type { ListenerState } from "./frontend-state.ts";
import type { ListenSpec } from "./mover.ts";
import { socketOptions } from "./socket-options.ts";
import type { World } from "./world.ts";

/** A listening socket to be opened. */
export interface PlannedListener {
  /** Its address as text; the key of `World.listeners`. */
  readonly key: string;
  readonly proxy: Proxy;
  readonly bind: Bind;
  readonly spec: ListenSpec;
}

/** What changes between the open listeners and those of a configuration. */
export interface ListenerPlan {
  readonly open: readonly PlannedListener[];
  readonly close: readonly ListenerState[];
}

/** A bind address as text. */
export function formatBindAddress(address: BindAddress): string {
  return address.kind === "fd" ? `fd@${address.fd}` : formatEndpoint(address);
}

/** The proxies whose connections are relayed: `mode http` serves statistics only. */
export function isServed(proxy: Proxy): boolean {
  return proxy.mode === "tcp" && !proxy.disabled;
}

/** Compares the open listeners with the `bind` lines of a configuration. */
export function planListeners(world: World, configuration: Configuration): ListenerPlan {
  const open: PlannedListener[] = [];
  const named = new Set<string>();
  for (const proxy of configuration.proxies) {
    if (!isServed(proxy) || proxy.frontend === undefined) continue;
    for (const bind of proxy.frontend.binds) {
      const key = formatBindAddress(bind.address);
      // A second one of the same address is to fail as it would at the start.
      const isRepeated = named.has(key);
      named.add(key);
      if (isRepeated || !world.listeners.has(key)) {
        open.push({ key, proxy, bind, spec: listenSpec(proxy, bind) });
      }
    }
  }
  const close = [...world.listeners].filter(([key]) => !named.has(key)).map(([, state]) => state);
  return { open, close };
}

/**
 * The socket that a `bind` line asks for. A low `maxconn` does not shorten the queue, as it does in
 * HAProxy: a crowd would overflow it, and the kernel then leaves clients connected to nothing.
 */
export function listenSpec(proxy: Proxy, bind: Bind): ListenSpec {
  const { backlog, maxconn = 0 } = proxy.frontend ?? {};
  return {
    address: bind.address,
    backlog: bind.backlog ?? backlog ?? Math.max(maxconn, LISTEN_BACKLOG_DEFAULT),
    v6only: bind.v6only,
    transparent: bind.transparent,
    access: bind.access,
    socket: socketOptions(proxy, "client", bind.tcpUserTimeoutMs),
    ...(bind.interface === undefined ? {} : { interface: bind.interface }),
  };
}
