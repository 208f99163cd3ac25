// The codes by which a broker accepts or refuses, in words: return codes of CONNACK before MQTT 5
// (MQTT 3.1.1 §3.2.2.3), reason codes since (MQTT 5.0 §2.4).

const RETURN_CODES: Readonly<Record<number, string>> = {
  0: "Connection accepted",
  1: "Unacceptable protocol version",
  2: "Identifier rejected",
  3: "Server unavailable",
  4: "Bad user name or password",
  5: "Not authorized",
  0x80: "Failure",
};

const REASON_CODES: Readonly<Record<number, string>> = {
  0x00: "Success",
  0x10: "No matching subscribers",
  0x80: "Unspecified error",
  0x81: "Malformed packet",
  0x82: "Protocol error",
  0x83: "Implementation specific error",
  0x84: "Unsupported protocol version",
  0x85: "Client identifier not valid",
  0x86: "Bad user name or password",
  0x87: "Not authorized",
  0x88: "Server unavailable",
  0x89: "Server busy",
  0x8a: "Banned",
  0x8b: "Server shutting down",
  0x8c: "Bad authentication method",
  0x8d: "Keep alive timeout",
  0x8e: "Session taken over",
  0x8f: "Topic filter invalid",
  0x90: "Topic name invalid",
  0x93: "Receive maximum exceeded",
  0x94: "Topic alias invalid",
  0x95: "Packet too large",
  0x96: "Message rate too high",
  0x97: "Quota exceeded",
  0x98: "Administrative action",
  0x99: "Payload format invalid",
  0x9a: "Retain not supported",
  0x9b: "QoS not supported",
  0x9c: "Use another server",
  0x9d: "Server moved",
  0x9e: "Shared subscriptions not supported",
  0x9f: "Connection rate exceeded",
  0xa0: "Maximum connect time",
  0xa1: "Subscription identifiers not supported",
  0xa2: "Wildcard subscriptions not supported",
};

/** Words a code of a CONNACK, SUBACK, PUBACK or DISCONNECT of this version; a number if unknown. */
export function describeReason(version: 3 | 4 | 5, code: number): string {
  const text = version === 5 ? REASON_CODES[code] : RETURN_CODES[code];
  return text ?? `Code ${code}`;
}

/** Whether a CONNACK's code says that it is the client that may not enter, not the broker that fails. */
export function isAboutCredentials(version: 3 | 4 | 5, code: number): boolean {
  return version === 5 ? code === 0x86 || code === 0x87 : code === 4 || code === 5;
}
