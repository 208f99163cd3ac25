import type { ConnectFacts } from "./inspect.ts";

/** The interval that means for ever (MQTT 5.0 §3.1.2.11.2). */
export const SESSION_EXPIRY_NEVER = 0xffff_ffff;

/**
 * How long a client's session is to outlive its connection, seconds. Before MQTT 5 that is not at all
 * with a clean session, and otherwise for ever (MQTT 3.1.1 §3.1.2.4).
 */
export function sessionExpirySeconds(connect: ConnectFacts): number {
  if (connect.protocolVersion !== 5) return connect.clean ? 0 : SESSION_EXPIRY_NEVER;
  const seconds = connect.properties["sessionExpiryInterval"];
  return typeof seconds === "number" ? seconds : 0;
}
