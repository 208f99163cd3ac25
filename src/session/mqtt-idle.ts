// `timeout client mqtt`: the idle limit of a connection follows its client's own keep alive. A broker may
// call a client dead that it has not heard for one and a half times that (MQTT 5.0 [MQTT-3.1.2-22]).
//
// The CONNECT is waited for (`mqtt-client.ts`). With MQTT 5 the broker may set another keep alive in its
// CONNACK, which the client must use ([MQTT-3.1.2-21]); so there the first bytes of the server are looked
// at, too. Whoever speaks something else, or nothing, has `timeout client` as ever.
import type { Millis } from "../base/units.ts";
import { inspectFirstPacket } from "../mqtt/inspect.ts";
import type { SessionContext } from "./session-context.ts";

/** What is known of a client's keep alive. The packets themselves are not kept for its whole life. */
export interface Keepalive {
  /** 0 for none. */
  readonly seconds: number;
  /** The broker has not had its say yet. */
  readonly isProposal: boolean;
}

/** Notes the keep alive that the broker sets (MQTT 5.0 §3.2.2.3.14); false while its answer is to come. */
export function noteConnack(context: SessionContext): boolean {
  const { backend, keepalive, response } = context;
  if (keepalive?.isProposal !== true) return true;
  const { inspectBytesMax } = backend!.proxy.content;
  const found = inspectFirstPacket(response.bytes, inspectBytesMax);
  if (found.kind === "need-more" && !response.final) return false;
  const set = found.kind === "connack" ? found.packet.properties["serverKeepAlive"] : undefined;
  const seconds = typeof set === "number" ? set : keepalive.seconds;
  context.keepalive = { seconds, isProposal: false };
  return true;
}

/** How long the client may be silent; `undefined` where its keep alive does not say. */
export function idleLimitMs({ frontend, keepalive }: SessionContext): Millis | undefined {
  const { mqttIdle } = frontend.side;
  if (mqttIdle === undefined || keepalive === undefined || keepalive.seconds === 0) {
    return undefined;
  }
  return Math.min(Math.max(keepalive.seconds * 1_500, mqttIdle.minMs), mqttIdle.maxMs);
}
