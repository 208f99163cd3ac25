// One client of a statistics page: TLS where the bind line asks for it, and a deadline for every
// step, so that a slow or silent client costs a bounded time.
import type { Socket } from "node:net";
import type { Millis } from "../../base/units.ts";
import type { Timeouts } from "../../config/model/proxy.ts";
import { STATS_LINGER_MS, STATS_REQUEST_MS_MAX, STATS_RESPONSE_MS_MAX } from "../../limits.ts";
import { REQUEST_TIMEOUT, type StatsAnswer } from "../../stats/answer.ts";
import type { PageCounters } from "../../stats/page-counters.ts";
import type { PageClient } from "../../stats/page-rules.ts";
import type { ListenerCounters } from "../../session/counters.ts";
import type { TlsFacts } from "../../session/mover.ts";
import { localEndpoint, remoteEndpoint } from "../mover/endpoints.ts";
import { secureAccepted } from "../mover/secure.ts";
import type { ServerSideTls } from "../tls/context.ts";
import { findRefusal, serverTlsFacts } from "../tls/facts.ts";
import type { PageListener } from "./page-listener.ts";

/** What a connection tells its server. */
export interface PageConnectionHost {
  /** The stream of requests is there, deciphered. */
  ready(connection: PageConnection, stream: Socket): void;
  /** What came was not a request, or not in time. */
  failed(connection: PageConnection, status: number): void;
  /** The connection is gone. */
  closed(connection: PageConnection): void;
}

/** A connection from accept to close. */
export class PageConnection {
  readonly listener: PageListener;
  /** Where it is counted; a reload may give its listener to another proxy meanwhile. */
  readonly page: PageCounters;
  readonly listenerCounters: ListenerCounters;
  readonly socket: Socket;
  readonly #host: PageConnectionHost;
  #stream: Socket;
  #timer: NodeJS.Timeout | undefined;
  #answeredCount = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #tls: TlsFacts | undefined;

  constructor(host: PageConnectionHost, listener: PageListener, raw: Socket) {
    this.#host = host;
    this.listener = listener;
    this.page = listener.page;
    this.listenerCounters = listener.counters;
    this.socket = raw;
    this.#stream = raw;
    raw.on("error", () => raw.destroy());
    raw.once("close", () => this.#onClosed());
  }

  /** Begins with TLS, or with the first request. */
  start(): void {
    const { timeouts } = this.listener.proxy;
    this.#arm(requestMs(timeouts), () => this.#onRequestLate());
    const { tls } = this.listener;
    if (tls === undefined) this.#begin(this.socket);
    else this.#secure(tls);
  }

  /** The client as rules see it. */
  get client(): PageClient {
    const { socket } = this;
    return {
      source: remoteEndpoint(socket),
      destination: localEndpoint(socket),
      tls: this.#tls,
    };
  }

  /** The header of a request is there, and its body must come in time. */
  bodyAwaited(late: () => void): void {
    this.#arm(requestMs(this.listener.proxy.timeouts), late);
  }

  /** A request is there; its answer must be read in time. */
  requestCame(): void {
    this.#arm(STATS_RESPONSE_MS_MAX, () => this.destroy());
  }

  /** The answer has been handed to the system; the next request may follow. */
  answerSent(): void {
    this.#answeredCount++;
    this.countBytes();
    const { timeouts } = this.listener.proxy;
    this.#arm(keepAliveMs(timeouts), () => this.destroy());
  }

  /** Answers what was no request, and ends. */
  refuse(answer: StatsAnswer): void {
    clearTimeout(this.#timer);
    this.#host.failed(this, answer.status);
    if (!this.#stream.writable) return this.destroy();
    this.#stream.end(rawAnswer(answer));
    this.#arm(STATS_LINGER_MS, () => this.destroy());
    // What else the client sends is not looked at.
    this.#stream.resume();
  }

  /** Adds what was moved since the last time to the counters of the page. */
  countBytes(): void {
    const { bytesRead, bytesWritten } = this.socket;
    for (const counters of [this.page.frontend, this.listenerCounters]) {
      counters.bytesIn += bytesRead - this.#bytesIn;
      counters.bytesOut += bytesWritten - this.#bytesOut;
    }
    this.#bytesIn = bytesRead;
    this.#bytesOut = bytesWritten;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #secure(tls: ServerSideTls): void {
    const context = onlyHttp1(tls);
    secureAccepted(this.socket, context, {
      wrapped: (socket) => {
        this.#stream = socket;
        socket.on("error", () => this.destroy());
      },
      secured: (socket, verifyCode) => {
        const facts = serverTlsFacts(socket, context, verifyCode);
        this.#tls = facts;
        if (findRefusal(context, facts, verifyCode) === undefined) this.#begin(socket);
        else this.destroy();
      },
      failed: () => this.destroy(),
    });
  }

  #begin(stream: Socket): void {
    this.#host.ready(this, stream);
    // Accepted sockets are paused.
    stream.resume();
  }

  /** HAProxy tells a client that it was too slow only with the first request. */
  #onRequestLate(): void {
    const isSecuring = this.listener.tls !== undefined && this.#stream === this.socket;
    if (isSecuring || this.#answeredCount > 0) this.destroy();
    else this.refuse(REQUEST_TIMEOUT);
  }

  #onClosed(): void {
    clearTimeout(this.#timer);
    this.countBytes();
    this.#host.closed(this);
  }

  #arm(delayMs: Millis, expired: () => void): void {
    clearTimeout(this.#timer);
    if (!this.socket.destroyed) this.#timer = setTimeout(expired, delayMs);
  }
}

function requestMs({ httpRequest, client }: Timeouts): Millis {
  return Math.min(httpRequest ?? client ?? STATS_REQUEST_MS_MAX, STATS_REQUEST_MS_MAX);
}

function keepAliveMs(timeouts: Timeouts): Millis {
  return Math.min(timeouts.httpKeepAlive ?? requestMs(timeouts), STATS_REQUEST_MS_MAX);
}

/** The protocols of the bind line may name h2, which the page does not speak. */
function onlyHttp1(context: ServerSideTls): ServerSideTls {
  const ALPNProtocols = ["http/1.1"];
  return {
    ...context,
    options: { ...context.options, ALPNProtocols },
    serverOptions: { ...context.serverOptions, ALPNProtocols },
  };
}

/** An answer outside of Node's own HTTP, as bytes. */
function rawAnswer({ status, reason, headers, body }: StatsAnswer): string {
  const lines = Object.entries({
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${reason}`, ...lines, "", body].join("\r\n");
}
