import type { Millis } from "../../base/units.ts";
import type { RelaySpec } from "../../session/mover.ts";

/** What timeouts need to know of one side of a relay. */
export interface RelaySide {
  /** When bytes last came from it or were taken by it. */
  readonly activityMs: Millis;
  /** It has sent its last byte. */
  readonly hasEnded: boolean;
}

/** When a relay is next due, and which side has been silent. */
export interface RelayDue {
  readonly dueMs: Millis;
  readonly side: "client" | "server";
}

/** The earlier of both sides' deadlines; the client's when they are equal; `undefined` without any. */
export function relayDue(
  spec: RelaySpec,
  client: RelaySide,
  server: RelaySide,
): RelayDue | undefined {
  const isHalfClosed = client.hasEnded || server.hasEnded;
  const clientMs = isHalfClosed
    ? (spec.clientFinMs ?? spec.clientMs)
    : (spec.tunnelMs ?? spec.clientMs);
  const serverMs = isHalfClosed
    ? (spec.serverFinMs ?? spec.serverMs)
    : (spec.tunnelMs ?? spec.serverMs);
  const clientDueMs = clientMs === undefined ? Infinity : client.activityMs + clientMs;
  const serverDueMs = serverMs === undefined ? Infinity : server.activityMs + serverMs;
  const dueMs = Math.min(clientDueMs, serverDueMs);
  if (dueMs === Infinity) return undefined;
  return { dueMs, side: clientDueMs <= serverDueMs ? "client" : "server" };
}
