// CONNACKs that refuse a client (MQTT 3.1.1 §3.2.2.3, MQTT 5.0 §3.2.2.2). Before MQTT 5 a broker can
// only say that it is not there or that the client may not enter.
import { generate } from "./generate.ts";
import type { ConnectFacts } from "./inspect.ts";

/** Why a client is refused. */
export type RefusalCause =
  | "unavailable"
  | "busy"
  | "quota"
  | "rate"
  | "banned"
  | "not-authorized"
  | "client-id"
  | "keepalive"
  | "too-large";

interface Wording {
  readonly returnCode: 2 | 3 | 5;
  readonly reasonCode: number;
  readonly reason: string;
}

const WORDINGS: Readonly<Record<RefusalCause, Wording>> = {
  unavailable: {
    returnCode: 3,
    reasonCode: 0x88,
    reason: "No broker can be reached at the moment",
  },
  busy: { returnCode: 3, reasonCode: 0x89, reason: "All brokers are busy" },
  quota: { returnCode: 3, reasonCode: 0x97, reason: "Too many connections" },
  rate: { returnCode: 3, reasonCode: 0x9f, reason: "Too many connections in a short time" },
  banned: { returnCode: 5, reasonCode: 0x8a, reason: "This client is not admitted" },
  "not-authorized": { returnCode: 5, reasonCode: 0x87, reason: "Refused by a rule" },
  "client-id": {
    returnCode: 2,
    reasonCode: 0x85,
    reason: "Client identifiers look different here",
  },
  keepalive: { returnCode: 5, reasonCode: 0x83, reason: "The keep alive is out of range" },
  "too-large": { returnCode: 5, reasonCode: 0x95, reason: "The CONNECT is too large" },
};

/** Recognises a cause by its name. */
export function parseRefusalCause(text: string): RefusalCause | undefined {
  return Object.hasOwn(WORDINGS, text) ? (text as RefusalCause) : undefined;
}

/** A refusal ready to be sent. */
export interface Refusal {
  readonly code: number;
  readonly bytes: Uint8Array;
}

/**
 * The answer to a CONNECT in its own version. The reason string is left out where the client does not
 * take packets of that size (MQTT 5.0 [MQTT-3.2.2-19]).
 */
export function encodeRefusal(connect: ConnectFacts, cause: RefusalCause): Refusal {
  const { returnCode, reasonCode, reason } = WORDINGS[cause];
  if (connect.protocolVersion !== 5) {
    const bytes = generate({ cmd: "connack", sessionPresent: false, returnCode });
    return { code: returnCode, bytes };
  }
  const whole = encode(reasonCode, reason);
  const bytesMax = connect.properties["maximumPacketSize"];
  const isTooLong = typeof bytesMax === "number" && whole.length > bytesMax;
  return { code: reasonCode, bytes: isTooLong ? encode(reasonCode) : whole };
}

function encode(reasonCode: number, reasonString?: string): Uint8Array {
  const properties = reasonString === undefined ? {} : { reasonString };
  const packet = { cmd: "connack", sessionPresent: false, reasonCode, properties } as const;
  return generate(packet, { protocolVersion: 5 });
}
