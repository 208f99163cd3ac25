// Effects of sessions as lines that a test can compare at a glance.
import { formatEndpoint } from "../../../src/base/address.ts";
import type { SessionEffect } from "../../../src/session/events.ts";

/** One effect as text. */
export function describeEffect(effect: SessionEffect): string {
  switch (effect.kind) {
    case "inspect-client":
    case "inspect-server":
      return effect.kind;
    case "consume-client":
      return `consume ${effect.count}`;
    case "consume-server":
      return `consume-server ${effect.count}`;
    case "connect-server":
      return `connect ${formatEndpoint(effect.spec.endpoint)}`;
    case "send-server":
      return `send ${Buffer.from(effect.bytes).toString("latin1")}`;
    case "send-client":
      return `tell ${Buffer.from(effect.bytes).toString("hex")}`;
    case "close-client":
      return `close ${effect.manner}`;
    case "log":
      return `log ${effect.record.termination}`;
    case "log-handshake":
      return `log ${effect.message}`;
    case "grant":
      return `grant ${effect.grant.server.name}`;
    case "observed":
      return `observed ${effect.server.name} ${effect.isOk ? "ok" : "failed"}`;
    default:
      return effect.kind;
  }
}
