// `balancer-probe mqtt`: an MQTT client of our own that passes the balancer as any other does. An
// answer of any kind or the end of the connection proves that the whole path turns; that a broker
// refuses it, or is not there, is no fault of the balancer.
import net from "node:net";
import { connect as connectTls } from "node:tls";
import type { ProbeResult } from "../base/life.ts";
import type { Bind } from "../config/model/bind.ts";
import { SELF_PROBE_ANSWER_MS_MAX } from "../limits.ts";
import type { FrontendSide } from "../config/model/proxy.ts";
import { encodeConnect } from "../mqtt/own-connect.ts";
import { encodeProxyLocal } from "../session/proxy-protocol/encode.ts";
import { randomUint32 } from "./random.ts";
import { afterPolling, isLocal, type ProbeOutcome, reachable } from "./self-probe.ts";

/** One for the life of the process, so that sticking to the client id makes one table entry. */
const CLIENT_ID = `tandem-probe-${randomUint32().toString(16).padStart(8, "0")}`;

const CONNECT = encodeConnect(CLIENT_ID, { version: 4, keepaliveSeconds: 10 });

const MQTT_PORT = 1883;

/** How a connection ends that was taken and refused; the reset may come before we know of the connection. */
const TAKEN: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/** DISCONNECT (MQTT 3.1.1 §3.14). */
const DISCONNECT = Uint8Array.of(0xe0, 0);

/** The listener of MQTT: the first with its port, else the first of TCP. */
export function mqttBind(frontends: Iterable<{ readonly side: FrontendSide }>): Bind | undefined {
  const binds = [...frontends].flatMap(({ side }) => side.binds);
  const tcp = binds.filter(({ address }) => address.kind === "ip");
  const isOfPort = ({ address }: Bind): boolean =>
    address.kind === "ip" && address.port === MQTT_PORT;
  return tcp.find(isOfPort) ?? tcp[0];
}

/**
 * Sends a CONNECT to a listener of ours. `unknown` where it cannot be reached from here, and where no
 * answer comes for want of a broker or a free place: `isExcused` tells by the probe's local port.
 */
export function probeByMqtt(
  bind: Bind,
  isExcused: (localPort: number) => boolean,
): Promise<ProbeOutcome> {
  if (bind.address.kind !== "ip") return Promise.resolve({ result: "unknown" });
  const { host, port, family } = reachable(bind.address);
  if (!isLocal(host)) return Promise.resolve({ result: "unknown" });
  return new Promise((resolve) => {
    const settle = (result: ProbeResult, failure?: string): void => {
      cancelTimer();
      stream.destroy();
      wire.destroy();
      if (failure === undefined) resolve({ result });
      else resolve({ result, problem: `MQTT at ${host} port ${port}: ${failure}` });
    };
    const cancelTimer = afterPolling(SELF_PROBE_ANSWER_MS_MAX, () => {
      if (isExcused(wire.localPort ?? 0)) settle("unknown");
      else settle("failed", `no answer and no end within ${SELF_PROBE_ANSWER_MS_MAX} ms`);
    });
    const wire = net.connect({ host, port, family });
    if (bind.acceptProxy) wire.write(encodeProxyLocal(2));
    const stream =
      bind.tls === undefined ? wire : connectTls({ socket: wire, rejectUnauthorized: false });
    wire.on("error", ({ code = "failed" }: NodeJS.ErrnoException) => {
      if (TAKEN.has(code)) settle("ok");
      else settle("failed", code);
    });
    // A handshake that fails has been taken part in.
    if (stream !== wire) stream.on("error", () => settle("ok"));
    stream.write(CONNECT);
    stream.once("data", () => {
      stream.write(DISCONNECT);
      settle("ok");
    });
    stream.once("close", () => settle("ok"));
  });
}
