// DISCONNECT of a server (MQTT 5.0 §3.14), the last packet that a client gets. Before MQTT 5 only clients
// send it: to others a server can but close.
import { generate } from "./generate.ts";
import type { ServerReference } from "../config/model/proxy.ts";
import type { ConnectFacts } from "./inspect.ts";

/** What is remembered of a client that said CONNECT. */
export interface MqttClient {
  readonly protocolVersion: 3 | 4 | 5;
  /** It begins a new session with each connection. */
  readonly isClean: boolean;
  /** Bytes of the longest packet that it takes. */
  readonly packetBytesMax: number;
}

/** Why a client is sent away. */
export type FarewellCause = "elsewhere" | "shutdown" | "administrator";

const USE_ANOTHER_SERVER = 0x9c;
const SERVER_MOVED = 0x9d;

const CODES: Readonly<Record<FarewellCause, number>> = {
  elsewhere: USE_ANOTHER_SERVER,
  shutdown: 0x8b,
  administrator: 0x98,
};

/** What a CONNECT says that matters when its client is sent away. */
export function mqttClientOf({ protocolVersion, clean, properties }: ConnectFacts): MqttClient {
  const bytesMax = properties["maximumPacketSize"];
  return {
    protocolVersion,
    isClean: clean,
    packetBytesMax: typeof bytesMax === "number" ? bytesMax : Infinity,
  };
}

/**
 * The DISCONNECT for a client; `undefined` if it understands none. A reference makes of any cause but an
 * administrator's that it should go there: only those codes may come with one (MQTT 5.0 §3.14.2.2.5).
 * It is left out where the client does not take packets of that size ([MQTT-3.1.2-24]).
 */
export function encodeFarewell(
  client: MqttClient,
  cause: FarewellCause,
  reference: ServerReference | undefined,
): Uint8Array | undefined {
  if (client.protocolVersion !== 5) return undefined;
  const fits = (bytes: Uint8Array): boolean => bytes.length <= client.packetBytesMax;
  if (reference !== undefined && cause !== "administrator") {
    const code = reference.isMoved ? SERVER_MOVED : USE_ANOTHER_SERVER;
    const whole = encode(code, { serverReference: reference.text });
    if (fits(whole)) return whole;
  }
  const short = encode(CODES[cause], {});
  return fits(short) ? short : undefined;
}

function encode(reasonCode: number, properties: { serverReference?: string }): Uint8Array {
  return generate({ cmd: "disconnect", reasonCode, properties }, { protocolVersion: 5 });
}
