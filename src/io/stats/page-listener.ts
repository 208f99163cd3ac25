// One listening socket of statistics pages. It is opened paused, so that clients wait until the
// configuration it belongs to is in force.
import type { Socket } from "node:net";
import type { Bind } from "../../config/model/bind.ts";
import type { Proxy } from "../../config/model/proxy.ts";
import type { ListenerCounters } from "../../session/counters.ts";
import type { PlannedListener } from "../../session/plan-listeners.ts";
import type { PageCounters } from "../../stats/page-counters.ts";
import { NodeListener } from "../mover/listener.ts";
import type { ServerSideTls } from "../tls/context.ts";

/** How an attempt to open a socket ended. */
export type OpenedOrNot =
  { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };

/** What a listener asks and tells its server. */
export interface PageListenerHost {
  hasRoom(): boolean;
  arrived(listener: PageListener, socket: Socket): void;
}

/** A socket with the proxy whose page it serves; a reload changes both in place. */
export class PageListener {
  readonly key: string;
  proxy: Proxy;
  bind: Bind;
  page: PageCounters;
  tls: ServerSideTls | undefined;
  connectionCount = 0;
  readonly #listener: NodeListener;
  readonly opened: Promise<OpenedOrNot>;
  #isPaused = true;

  constructor(host: PageListenerHost, planned: PlannedListener, page: PageCounters) {
    this.key = planned.key;
    this.proxy = planned.proxy;
    this.bind = planned.bind;
    this.page = page;
    let settle: (outcome: OpenedOrNot) => void = () => undefined;
    this.opened = new Promise((resolve) => (settle = resolve));
    this.#listener = new NodeListener(
      {
        listening: () => settle({ ok: true }),
        listenFailed: (_listener, code, message) => settle({ ok: false, code, message }),
        hasRoom: () => host.hasRoom(),
        takesOwn: () => false,
        arrived: (_listener, socket) => host.arrived(this, socket),
      },
      0,
      planned.spec,
    );
    this.#listener.pause();
    this.#listener.open();
  }

  /** Those that the page keeps for it. */
  get counters(): ListenerCounters {
    return this.page.listenerCounts.of(this.key);
  }

  /** Connections that wait while the listener is paused. */
  get parkedCount(): number {
    return this.#listener.parkedCount;
  }

  /** Stops or goes on to take clients; those that wait are taken later than this call. */
  setPaused(isPaused: boolean): void {
    this.counters.isLimited = isPaused;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#listener.pause();
    else {
      process.nextTick(() => {
        if (!this.#isPaused) this.#listener.resume();
      });
    }
  }

  /** Stops to listen. */
  close(): void {
    this.#listener.close();
  }
}
