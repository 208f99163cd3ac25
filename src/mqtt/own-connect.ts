// CONNECT of clients of our own: checks, probes and practice.
import { generate } from "./generate.ts";

/** Who connects, and how. */
export interface OwnClient {
  /** The protocol level: 4 is MQTT 3.1.1. */
  readonly version: 4 | 5;
  /** 0: the broker need not hear from it. */
  readonly keepaliveSeconds: number;
  readonly username?: string;
  readonly password?: string;
}

/** CONNECT (MQTT 3.1.1 and 5.0, §3.1) that begins a new session, without a will. */
export function encodeConnect(
  clientId: string,
  { version, keepaliveSeconds, username, password }: OwnClient,
): Uint8Array {
  return generate(
    {
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: version,
      clean: true,
      clientId,
      keepalive: keepaliveSeconds,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: Buffer.from(password, "utf8") }),
    },
    { protocolVersion: version },
  );
}
