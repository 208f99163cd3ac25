// `mqtt-limit` lines of a frontend (ours).
import type { Millis } from "../../base/units.ts";

/** How often somebody may come: `count` per `periodMs`, `burst` at once. */
export interface MqttRateLimit {
  readonly by: "client-id" | "src" | "listener";
  readonly count: number;
  readonly periodMs: Millis;
  readonly burst: number;
  /** How long whoever comes more often is kept out; absent: until the rate allows it. */
  readonly banMs?: Millis;
}

/**
 * How often a client identifier may be taken over from another address, and what happens to whoever
 * does so more often: exactly one of `banMs` and `delayMs` is there.
 */
export interface MqttTakeoverLimit {
  readonly count: number;
  readonly periodMs: Millis;
  readonly banMs?: Millis;
  readonly delayMs?: Millis;
}

/** Which CONNECTs are admitted. */
export interface MqttLimits {
  readonly connectBytesMax?: number;
  /** A client without a keep alive is above any maximum. */
  readonly keepaliveMinMs?: Millis;
  readonly keepaliveMaxMs?: Millis;
  /** A regular expression that client identifiers match. */
  readonly clientId?: string;
  readonly rates: readonly MqttRateLimit[];
  readonly takeover?: MqttTakeoverLimit;
}
