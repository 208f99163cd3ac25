// HAProxy's timeouts of an established stream. Each side has one timer that any byte to or from it
// starts afresh; the client's may be wanted to follow what it says alone (`isClientHeard`). A side
// that has ended has nothing more to say, so only bytes that it does not take can run into its timeout.
// The `-fin` timeouts hold for a side that has been told of the other's end and is expected to follow.
import type { Millis } from "../../base/units.ts";
import type { RelaySpec } from "../../session/mover.ts";

/** What timeouts need to know of one side of a relay. */
export interface RelaySide {
  /** When bytes last came from it or were taken by it. */
  readonly activityMs: Millis;
  /** When bytes last came from it. */
  readonly heardMs: Millis;
  /** It has sent its last byte. */
  readonly hasEnded: boolean;
  /** Bytes to it wait that its kernel does not take. */
  readonly isOwed: boolean;
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
  const clientFinMs = server.hasEnded ? spec.clientFinMs : undefined;
  const serverFinMs = client.hasEnded ? spec.serverFinMs : undefined;
  // At an end, bytes that are taken count in any case.
  const isHeard = spec.isClientHeard === true && clientFinMs === undefined && !client.hasEnded;
  const sinceMs = isHeard ? client.heardMs : client.activityMs;
  const clientDueMs = sideDueMs(client, clientFinMs ?? spec.tunnelMs ?? spec.clientMs, sinceMs);
  const serverDueMs = sideDueMs(server, serverFinMs ?? spec.tunnelMs ?? spec.serverMs);
  const dueMs = Math.min(clientDueMs, serverDueMs);
  if (dueMs === Infinity) return undefined;
  return { dueMs, side: clientDueMs <= serverDueMs ? "client" : "server" };
}

function sideDueMs(
  side: RelaySide,
  timeoutMs: Millis | undefined,
  sinceMs: Millis = side.activityMs,
): Millis {
  if (timeoutMs === undefined || (side.hasEnded && !side.isOwed)) return Infinity;
  return sinceMs + timeoutMs;
}
