// What is counted of a proxy in HTTP mode, which serves a statistics page and relays nothing.
import type { Millis } from "../base/units.ts";
import {
  FrontendCounters,
  Gauge,
  type ListenerCounters,
  ListenerCounts,
  Rate,
} from "../session/counters.ts";

/** How many responses there were of each class; the last one is for other codes. */
export type ResponseCounts = [number, number, number, number, number, number];

/** Counters of one such proxy. A reload keeps them. */
export class PageCounters {
  readonly frontend = new FrontendCounters();
  readonly listenerCounts = new ListenerCounts();
  readonly requestRate = new Rate();
  /** Requests that no page answers: HAProxy passes them to the proxy's backend, which has no server. */
  readonly strayRequests = new Gauge();
  readonly strayRate = new Rate();
  readonly responses: ResponseCounts = [0, 0, 0, 0, 0, 0];
  requestsTotal = 0;
  /** Requests that the page, its accounts or its refusals answered. */
  intercepted = 0;
  lastStrayMs: Millis | undefined;

  /** A client has connected. */
  connected(listener: ListenerCounters, nowMs: Millis): void {
    const { frontend } = this;
    listener.sessions.enter();
    frontend.connectionsTotal++;
    frontend.connectionRate.add(nowMs);
    frontend.sessions.enter();
    frontend.countSession(nowMs);
  }

  /** A client's connection has ended. */
  disconnected(listener: ListenerCounters): void {
    listener.sessions.leave();
    this.frontend.sessions.leave();
  }

  /** A request is there. */
  requested(nowMs: Millis): void {
    this.requestsTotal++;
    this.requestRate.add(nowMs);
  }

  /** A request was answered with this status. */
  answered(status: number, nowMs: Millis): void {
    this.#count(status);
    if (status !== 503) {
      this.intercepted++;
      return;
    }
    this.strayRequests.enter();
    this.strayRequests.leave();
    this.strayRate.add(nowMs);
    this.lastStrayMs = nowMs;
  }

  /** What came was no request, or not in time. */
  failed(listener: ListenerCounters, status: number, nowMs: Millis): void {
    this.requested(nowMs);
    this.#count(status);
    listener.failedRequests++;
    this.frontend.failedRequests++;
  }

  #count(status: number): void {
    const index = Math.floor(status / 100) - 1;
    this.responses[index >= 0 && index < 5 ? index : 5]!++;
  }
}
