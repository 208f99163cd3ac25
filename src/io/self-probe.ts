// Connects to the balancer's own listeners, as a client would: it proves that the event loop, the
// listening sockets and descriptors work together. The accept path knows a probe by where it comes
// from and resets it before anything counts, logs or limits it.
import net from "node:net";
import { networkInterfaces } from "node:os";
import type { IpEndpoint } from "../base/address.ts";
import type { ProbeResult } from "../base/life.ts";
import type { Millis } from "../base/units.ts";
import {
  SELF_PROBE_ACCEPT_MS_MAX,
  SELF_PROBE_INTERVAL_MS,
  SELF_PROBE_LISTENERS_MAX,
  SELF_PROBE_PORTS_MAX,
} from "../limits.ts";
import type { ListenerId } from "../session/mover.ts";
import type { ExpectedConnections } from "./mover/expected-connections.ts";
import type { ListenerView } from "./mover/process-mover.ts";
import { randomUint32 } from "./random.ts";

/** How a probe ended, and why it failed. */
export interface ProbeOutcome {
  readonly result: ProbeResult;
  /** For people; only of a failed one. */
  readonly problem?: string;
}

/** What probes need of their process. */
export interface SelfProbeHost {
  /** The listeners that are open, in a steady order. */
  listeners(): readonly ListenerId[];
  view(listener: ListenerId): ListenerView | undefined;
  readonly expected: ExpectedConnections;
  /** Probes in another way than by a bare connection to each listener (`balancer-probe mqtt`). */
  probeOtherwise?(): Promise<ProbeOutcome> | undefined;
  /** A round has ended: of all its probes the worst outcome. */
  ended(outcome: ProbeOutcome): void;
}

/** Failures that say nothing about the balancer: the address cannot be reached from here. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  "EADDRNOTAVAIL",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "EAFNOSUPPORT",
  "EACCES",
  "EPERM",
]);

/** Dynamic ports (RFC 6335 §6); few listen on them. */
const PORT_FIRST = 49_152;
const PORT_COUNT = 65_536 - PORT_FIRST;

const UNKNOWN: ProbeOutcome = { result: "unknown" };
const OK: ProbeOutcome = { result: "ok" };

/** Probes in rounds, one after the other, from `start` to `close`. */
export class SelfProbe {
  readonly #host: SelfProbeHost;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Where the next round begins when there are more listeners than one round takes. */
  #offset = 0;
  #port = newPort();

  constructor(host: SelfProbeHost) {
    this.#host = host;
  }

  /** Begins the first round at once. */
  start(): void {
    void this.#rounds();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #rounds(): Promise<void> {
    const startedMs = performance.now();
    const outcome = await (this.#host.probeOtherwise?.() ?? this.#round());
    // Closed while the round ran; nothing is to follow it then.
    if (this.#isClosed) return;
    this.#host.ended(outcome);
    const waitMs = Math.max(0, startedMs + SELF_PROBE_INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => void this.#rounds(), waitMs);
  }

  /** Ends with the first failure: the others would only delay the news. */
  async #round(): Promise<ProbeOutcome> {
    let worst = UNKNOWN;
    for (const listener of this.#nextListeners()) {
      if (this.#isClosed) return UNKNOWN;
      const outcome = await this.#probe(listener);
      if (outcome.result === "failed") return outcome;
      if (outcome.result === "ok") worst = outcome;
    }
    return worst;
  }

  #nextListeners(): readonly ListenerId[] {
    const all = this.#host.listeners();
    if (all.length <= SELF_PROBE_LISTENERS_MAX) return all;
    const start = this.#offset % all.length;
    this.#offset = start + SELF_PROBE_LISTENERS_MAX;
    return [...all.slice(start), ...all.slice(0, start)].slice(0, SELF_PROBE_LISTENERS_MAX);
  }

  async #probe(listener: ListenerId): Promise<ProbeOutcome> {
    const view = this.#host.view(listener);
    if (view?.endpoint.kind !== "ip" || view.isHeldBack) return UNKNOWN;
    const target = reachable(view.endpoint);
    for (let tries = 0; tries < SELF_PROBE_PORTS_MAX; tries++) {
      if (!isLocal(target.host)) return UNKNOWN;
      const outcome = await this.#connect(listener, target);
      if (outcome !== "port-taken") return this.#judge(listener, target, outcome);
      this.#port = newPort();
    }
    return UNKNOWN;
  }

  /** A failure counts only if the listener and its address are still there: a VIP may have moved. */
  #judge(listener: ListenerId, target: IpEndpoint, failure: string | undefined): ProbeOutcome {
    if (failure === undefined) return OK;
    const view = this.#host.view(listener);
    const isThere = view !== undefined && !view.isHeldBack && isLocal(target.host);
    if (!isThere || UNREACHABLE.has(failure)) return UNKNOWN;
    return { result: "failed", problem: `${target.host} port ${target.port}: ${failure}` };
  }

  /** Resolves with a failure, or with nothing once the connection was accepted. */
  #connect(listener: ListenerId, target: IpEndpoint): Promise<string | undefined> {
    return new Promise((resolve) => {
      const settle = (failure: string | undefined): void => {
        cancel();
        cancelTimer();
        socket.destroy();
        resolve(failure);
      };
      const { host, port, family } = target;
      const local = this.#port;
      const cancel = this.#host.expected.expect(listener, host, local, () => settle(undefined));
      const cancelTimer = afterPolling(SELF_PROBE_ACCEPT_MS_MAX, () =>
        settle(`a connection was not accepted within ${SELF_PROBE_ACCEPT_MS_MAX} ms`),
      );
      const socket = net.connect({ host, port, family, localAddress: host, localPort: local });
      socket.on("error", (error: NodeJS.ErrnoException) => {
        const code = error.code ?? error.message;
        // Reset by the accept path, which tells by itself; or by the system, and time will tell.
        if (code === "ECONNRESET") return;
        settle(code === "EADDRINUSE" ? "port-taken" : code);
      });
    });
  }
}

/**
 * Calls back after `delayMs`, but not before the sockets have been looked at once more: after a long
 * turn of the event loop, or a pause of the whole process, what has arrived meanwhile goes first.
 */
export function afterPolling(delayMs: Millis, callback: () => void): () => void {
  let second: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    second = setImmediate(() => {
      second = setImmediate(callback);
    });
  }, delayMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(second);
  };
}

/** Where a listener is reached from its own machine. */
export function reachable(endpoint: IpEndpoint): IpEndpoint {
  if (endpoint.host === "0.0.0.0") return { ...endpoint, host: "127.0.0.1" };
  return endpoint.host === "::" ? { ...endpoint, host: "::1" } : endpoint;
}

/** Whether an address is ours now; a VIP that another node holds would lead there. */
export function isLocal(host: string): boolean {
  if (host.startsWith("127.") || host === "::1") return true;
  return Object.values(networkInterfaces()).some((list) =>
    list?.some(({ address }) => address === host),
  );
}

function newPort(): number {
  return PORT_FIRST + (randomUint32() % PORT_COUNT);
}
