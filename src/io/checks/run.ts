// One run of one check over a real socket.
import { isIP, connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ConnectionOptions } from "node:tls";
import type { Endpoint } from "../../base/address.ts";
import { assertNever } from "../../base/assert.ts";
import type { Millis } from "../../base/units.ts";
import type { CheckPlan } from "../../health/plan.ts";
import type { CheckReport } from "../../health/result.ts";
import type { ScriptEffect, ScriptEvent } from "../../health/script.ts";
import { CheckScript } from "../../health/script.ts";
import { encodeProxyHeader, encodeProxyLocal } from "../../session/proxy-protocol/encode.ts";
import { unixPath } from "../mover/endpoints.ts";
import { afterPolling } from "../self-probe.ts";

type ConnectEffect = Extract<ScriptEffect, { kind: "connect" }>;

/** What a run needs from its owner. */
export interface CheckRunDeps {
  nowMs(): Millis;
  /** Called once, unless the run is aborted. `reply` is an agent's line. */
  onDone(report: CheckReport, reply: string | undefined): void;
  /** TLS options of the server; Node's defaults hold where there are none. */
  tlsOptions(): ConnectionOptions | undefined;
}

/** Carries out one script; from `start` to its report or `abort`. */
export class CheckRun {
  readonly #deps: CheckRunDeps;
  readonly #plan: CheckPlan;
  readonly #script: CheckScript;
  /** The TCP or unix connection, and what speaks on it: itself or TLS. */
  #wire: Socket | undefined;
  #stream: Socket | undefined;
  /** Whether the TLS handshake on the connection is over. */
  #isSecure = false;
  #cancelTimer: () => void = () => undefined;
  #isOver = false;

  constructor(plan: CheckPlan, deps: CheckRunDeps) {
    this.#deps = deps;
    this.#plan = plan;
    this.#script = new CheckScript(plan);
  }

  start(): void {
    this.#feed({ kind: "start" });
  }

  /** Ends the run without a report. */
  abort(): void {
    this.#isOver = true;
    this.#cancelTimer();
    this.#close(false);
  }

  #feed(event: ScriptEvent): void {
    if (this.#isOver) return;
    this.#script.handle(event, this.#deps.nowMs());
    for (let effect = this.#script.poll(); effect !== undefined; effect = this.#script.poll()) {
      this.#carryOut(effect);
    }
    this.#rearm();
  }

  #carryOut(effect: ScriptEffect): void {
    switch (effect.kind) {
      case "connect":
        this.#connect(effect);
        return;
      case "send":
        this.#stream?.write(effect.bytes);
        return;
      case "close":
        this.#close(effect.linger);
        return;
      case "done":
        this.#isOver = true;
        this.#deps.onDone(effect.report, effect.reply);
        return;
      default:
        assertNever(effect);
    }
  }

  #rearm(): void {
    this.#cancelTimer();
    const dueMs = this.#isOver ? undefined : this.#script.nextTimeout();
    if (dueMs === undefined) return;
    // Rounded up: a timer that fires early would find nothing due.
    const waitMs = Math.max(0, Math.ceil(dueMs - this.#deps.nowMs()));
    // An answer that came while this process was busy or stopped is in time.
    this.#cancelTimer = afterPolling(waitMs, () => this.#feed({ kind: "timeout" }));
  }

  #connect(effect: ConnectEffect): void {
    const wire = openWire(effect.endpoint, this.#plan);
    this.#wire = wire;
    this.#stream = wire;
    this.#isSecure = false;
    wire.on("error", (error) => this.#onError(wire, error));
    wire.once("connect", () => {
      if (this.#wire === wire) this.#onWireConnected(wire, effect);
    });
    if (!effect.tls) this.#listen(wire, wire);
  }

  #onWireConnected(wire: Socket, effect: ConnectEffect): void {
    this.#feed({ kind: "tcp-connected" });
    if (effect.sendProxy !== undefined) wire.write(proxyHeader(effect.sendProxy, wire, effect));
    if (!effect.tls) {
      this.#feed({ kind: "connected" });
      return;
    }
    const secure = connectTls({
      ...this.#deps.tlsOptions(),
      ...tlsOverrides(effect),
      socket: wire,
    });
    this.#stream = secure;
    secure.on("error", (error: Error) => this.#onError(wire, error));
    secure.once("secureConnect", () => {
      if (this.#wire !== wire) return;
      this.#isSecure = true;
      this.#feed({ kind: "connected" });
    });
    this.#listen(wire, secure);
  }

  /** Data and the end of `stream` count as long as `wire` is the current connection. */
  #listen(wire: Socket, stream: Socket): void {
    stream.on("data", (bytes: Buffer) => {
      if (this.#wire === wire) this.#feed({ kind: "data", bytes });
    });
    stream.once("end", () => {
      if (this.#wire === wire) this.#feed({ kind: "ended" });
    });
  }

  #onError(wire: Socket, error: Error): void {
    if (this.#wire === wire) this.#feed({ kind: "failed", code: codeOf(error) });
  }

  #close(linger: boolean): void {
    const wire = this.#wire;
    const stream = this.#stream;
    this.#wire = undefined;
    this.#stream = undefined;
    if (wire === undefined) return;
    // TLS is always closed in order: the last message of our handshake may still be on its way
    // out, and a server that misses it would log a failed handshake for every check.
    if (stream !== undefined && !wire.connecting && (linger || this.#isSecure)) {
      stream.destroySoon();
      return;
    }
    // QUIRK: Node 20 crashes when a socket is reset or destroyed under the TLS on it, so TLS goes
    // first.
    if (stream !== wire) stream?.destroy();
    // A reset leaves no TIME_WAIT behind, which thousands of checks a minute would pile up.
    const canReset = stream === wire && !wire.connecting && wire.remoteAddress !== undefined;
    if (canReset) wire.resetAndDestroy();
    else wire.destroy();
  }
}

function openWire(endpoint: Endpoint, plan: CheckPlan): Socket {
  if (endpoint.kind === "unix") {
    return connect({ path: unixPath(endpoint.path, endpoint.abstract), allowHalfOpen: true });
  }
  const { source } = plan;
  return connect({
    host: endpoint.host,
    port: endpoint.port,
    family: endpoint.family,
    autoSelectFamily: false,
    allowHalfOpen: true,
    noDelay: true,
    ...(source?.host === undefined ? {} : { localAddress: source.host }),
  });
}

/** Version 2 says "local"; version 1 names the check's own connection, as HAProxy does. */
function proxyHeader(version: 1 | 2, wire: Socket, effect: ConnectEffect): Uint8Array {
  const { localAddress, localPort } = wire;
  if (version === 2 || localAddress === undefined || effect.endpoint.kind === "unix") {
    return encodeProxyLocal(version);
  }
  const family = isIP(localAddress) === 6 ? 6 : 4;
  return encodeProxyHeader({
    version,
    source: { kind: "ip", family, host: localAddress, port: localPort ?? 0 },
    destination: { ...effect.endpoint, host: wire.remoteAddress ?? effect.endpoint.host },
  });
}

/** What the check itself says about TLS. A name that is an address cannot be sent (RFC 6066 §3). */
function tlsOverrides(effect: ConnectEffect): ConnectionOptions {
  const { sni, alpn } = effect;
  return {
    ...(sni === undefined || isIP(sni) !== 0 ? {} : { servername: sni }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
  };
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
