// What is remembered of a client's CONNECT, where something wants to know: `timeout client mqtt`, the
// counters of packets, and whatever sends clients away. It is waited for as rules wait for it.
import type { BackendSide } from "../config/model/proxy.ts";
import { inspectOnce } from "../mqtt/cached-inspection.ts";
import { mqttClientOf } from "../mqtt/farewell.ts";
import { FrameTracker } from "../mqtt/frames.ts";
import { WebSocketTracker } from "../websocket/packet-tracker.ts";
import type { SessionContext } from "./session-context.ts";

/** Whether sessions of this backend are moved away, and MQTT clients are told when they are ended. */
export function tellsFarewell(side: BackendSide): boolean {
  const { drainTimeMs, drainRate, serverReference, rebalance } = side;
  return [drainTimeMs, drainRate, serverReference, rebalance].some((each) => each !== undefined);
}

function wantsFraming({ frontend, backend }: SessionContext): boolean {
  const doesCount = [frontend, backend].some((each) => each?.proxy.flags.has("mqtt-packets"));
  return doesCount || (backend !== undefined && tellsFarewell(backend.side));
}

/** Notes what the CONNECT says, where it is wanted; false while the CONNECT is still to come. */
export function noteConnect(context: SessionContext): boolean {
  const { frontend, request } = context;
  const isFramed = wantsFraming(context);
  const hasIdleLimit = frontend.side.mqttIdle !== undefined;
  if (!isFramed && !hasIdleLimit) return true;
  const found = inspectOnce(request.bytes, request.bytesMax);
  if (found.kind === "need-more") return request.final;
  if (found.kind !== "connect") return true;
  const { keepaliveSeconds, protocolVersion } = found.packet;
  if (hasIdleLimit) {
    context.keepalive = { seconds: keepaliveSeconds, isProposal: protocolVersion === 5 };
  }
  if (isFramed) {
    context.mqtt = mqttClientOf(found.packet);
    const isBare = context.stream.webSocket === undefined;
    context.framing = isBare ? new FrameTracker() : new WebSocketTracker();
  }
  return true;
}
