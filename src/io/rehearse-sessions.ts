// Serves made-up devices. What a program does for the first time it does slowly, since code is compiled as
// it is needed; a node that takes over gets all devices at once, in just that state. So a balancer under
// a guard serves before its first client comes: by its own configuration, in a world of its own, with a mover
// of its own and a broker in this process, over loopback. Nothing of it is counted, logged or told.
import { once } from "node:events";
import net from "node:net";
import type { IpEndpoint } from "../base/address.ts";
import type { Configuration } from "../config/model/configuration.ts";
import {
  REHEARSAL_AT_ONCE,
  REHEARSAL_LISTENERS_MAX,
  REHEARSAL_MS_MAX,
  REHEARSAL_SESSION_MS_MAX,
  REHEARSAL_SESSIONS,
} from "../limits.ts";
import { encodeConnect, type OwnClient } from "../mqtt/own-connect.ts";
import { applyConfiguration } from "../session/apply.ts";
import type { ListenerId } from "../session/mover.ts";
import { type PlannedListener, planListeners } from "../session/plan-listeners.ts";
import { encodeProxyLocal } from "../session/proxy-protocol/encode.ts";
import { monotonicMs } from "./clock.ts";
import { ListenerOpener } from "./listener-opener.ts";
import { RoutedMover } from "./mover/routed-mover.ts";
import { processWorld } from "./process-world.ts";
import { SessionShell } from "./session-shell.ts";
import { TrafficLog } from "./traffic-log.ts";

/** Where the made-up devices and their broker meet the balancer. */
const ANYWHERE: IpEndpoint = { kind: "ip", family: 4, host: "127.0.0.1", port: 0 };

const DEVICE: OwnClient = { version: 4, keepaliveSeconds: 60 };

/** CONNACK, accepted (MQTT 3.1.1 §3.2). */
const CONNACK = Uint8Array.of(0x20, 2, 0, 0);

/**
 * Serves `REHEARSAL_SESSIONS` devices as long as `goesOn` says so, for `REHEARSAL_MS_MAX` at most; how many
 * were answered. Listeners with TLS and those of unix sockets are left out. Never rejects: where loopback
 * is of no use, or descriptors are short, nobody is served.
 */
export async function rehearseSessions(
  configuration: Configuration,
  goesOn: () => boolean,
): Promise<number> {
  try {
    const stage = new Stage(configuration);
    try {
      return await stage.play(goesOn);
    } finally {
      await stage.close();
    }
  } catch {
    return 0;
  }
}

/** A balancer without a name, its broker and its devices. */
class Stage {
  readonly #configuration: Configuration;
  readonly #world = processWorld();
  readonly #traffic: TrafficLog;
  readonly #shell: SessionShell;
  readonly #mover: RoutedMover;
  readonly #opener: ListenerOpener;
  readonly #broker = net.createServer({ noDelay: true }, answer);
  #playedCount = 0;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
    // First, since it alone may throw: the shell has a timer.
    this.#mover = new RoutedMover({
      warn: () => undefined,
      nowMs: monotonicMs,
      onEvent: (event, nowMs) => {
        this.#opener.onMoverEvent(event);
        this.#shell.onMoverEvent(event, nowMs);
      },
    });
    this.#traffic = new TrafficLog(this.#world, { send: () => undefined });
    this.#shell = new SessionShell(this.#world, {
      logTraffic: (record, context) => this.#traffic.traffic(record, context),
      logHandshake: (record, message) => this.#traffic.handshake(record, message),
      observed: () => undefined,
      acceptFailed: () => undefined,
      idle: () => undefined,
    });
    this.#opener = new ListenerOpener(this.#mover, NO_PAGES);
    this.#shell.attach(this.#mover);
    // Without descriptors it cannot accept, and its devices wait in vain.
    this.#broker.on("error", () => undefined);
  }

  /** Resolves to the number of devices that were answered. */
  async play(goesOn: () => boolean): Promise<number> {
    const endMs = monotonicMs() + REHEARSAL_MS_MAX;
    const planned = planListeners(this.#world, this.#configuration).open.filter(isPlain);
    const listeners = firstOfEach(planned).slice(0, REHEARSAL_LISTENERS_MAX);
    if (listeners.length === 0) return 0;
    const outcome = await this.#mover.choose(this.#configuration.global.mover, () =>
      this.#opener.open(listeners.map(elsewhere)),
    );
    if (!outcome.ok) return 0;
    this.#broker.listen({ host: ANYWHERE.host, port: ANYWHERE.port });
    await once(this.#broker, "listening");
    this.#apply(outcome.opened);
    let servedCount = 0;
    while (this.#playedCount < REHEARSAL_SESSIONS && goesOn() && monotonicMs() < endMs) {
      const served = await Promise.all(
        Array.from({ length: REHEARSAL_AT_ONCE }, () => this.#visit(listeners, outcome.opened)),
      );
      const count = served.filter(Boolean).length;
      // A configuration that lets nobody from here in has nothing to show.
      if (count === 0) break;
      servedCount += count;
    }
    return servedCount;
  }

  #apply(opened: ReadonlyMap<string, ListenerId>): void {
    const { port } = this.#broker.address() as net.AddressInfo;
    const broker = { ...ANYWHERE, port };
    const nowMs = monotonicMs();
    applyConfiguration(
      this.#world,
      this.#configuration,
      {
        endpointOf: () => broker,
        serverTls: () => undefined,
        bindTls: () => undefined,
        readLines: () => [],
        opened,
        environment: process.env,
        maxconn: Infinity,
      },
      nowMs,
    );
    this.#traffic.reconfigure(this.#configuration.proxies);
    this.#shell.adoptListeners(nowMs);
    this.#shell.startAccepting(opened.values(), nowMs);
  }

  /** One device, from connect to reset; whether anything answered it. */
  #visit(
    listeners: readonly PlannedListener[],
    opened: ReadonlyMap<string, ListenerId>,
  ): Promise<boolean> {
    const number = this.#playedCount++;
    const { key, bind } = listeners[number % listeners.length]!;
    const endpoint = this.#mover.viewListener(opened.get(key)!)?.endpoint;
    if (endpoint?.kind !== "ip") return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (isServed: boolean): void => {
        clearTimeout(timer);
        // A reset leaves no TIME_WAIT behind.
        device.resetAndDestroy();
        resolve(isServed);
      };
      const timer = setTimeout(() => settle(false), REHEARSAL_SESSION_MS_MAX);
      const device = net.connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
      if (bind.acceptProxy) device.write(encodeProxyLocal(2));
      device.write(encodeConnect(`rehearsal-${number}`, DEVICE));
      device.once("data", () => settle(true));
      device.once("close", () => settle(false));
      device.on("error", () => undefined);
    });
  }

  async close(): Promise<void> {
    this.#shell.close();
    await this.#mover.shutdown();
    this.#broker.close();
  }
}

/** A broker that takes anybody. */
function answer(socket: net.Socket): void {
  socket.once("data", () => socket.write(CONNACK));
  socket.on("error", () => undefined);
}

const NO_PAGES = {
  open: () => Promise.resolve({ ok: true } as const),
  abandon: () => undefined,
};

function isPlain({ proxy, bind }: PlannedListener): boolean {
  return proxy.mode === "tcp" && bind.address.kind === "ip" && bind.tls === undefined;
}

function firstOfEach(planned: readonly PlannedListener[]): PlannedListener[] {
  return planned.filter(
    ({ proxy }, index) => planned.findIndex((other) => other.proxy === proxy) === index,
  );
}

/** The same listener at another address, under its own name. */
function elsewhere(planned: PlannedListener): PlannedListener {
  const { backlog, access, socket } = planned.spec;
  const spec = { address: ANYWHERE, backlog, access, socket, v6only: false, transparent: false };
  return { ...planned, spec };
}
