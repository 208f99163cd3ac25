// What a balancer and the guard that started it tell each other: one JSON object a line, over the
// descriptor that the environment names. The end of the pipe says that the other one is dead.
import { parseIp } from "./ip.ts";
import type { Millis } from "./units.ts";

/** The environment variable that holds the descriptor's number. */
export const LIFE_FD_VARIABLE = "TANDEM_LIFE_FD";
/** The environment variable that holds the period of beats in ms. */
export const LIFE_BEAT_VARIABLE = "TANDEM_LIFE_BEAT_MS";
/** The period of beats unless the environment or the guard says otherwise. */
export const LIFE_BEAT_MS: Millis = 50;
/** The shortest and the longest period of beats that a guard may ask for. */
export const LIFE_BEAT_MS_MIN: Millis = 5;
export const LIFE_BEAT_MS_MAX: Millis = 10_000;
/** Virtual IP addresses that a balancer is told of; clients of others are not tickled. */
export const LIFE_VIPS_MAX = 1_024;
/** Tickles in one message: about 6 KiB. */
export const TICKLES_PER_MESSAGE_MAX = 128;
/** The most tickles that a balancer may ask for, a second (`tickle-rate`); an agent sends no more. */
export const TICKLE_RATE_MAX = 10_000;

/** From the balancer to the guard. */
export type FromBalancer =
  /** Listeners are open, connections are taken. */
  | { readonly kind: "ready"; readonly listeners: readonly string[] }
  /** The event loop turns. */
  | {
      readonly kind: "beat";
      readonly fitness: Fitness;
      readonly probe: ProbeResult;
      /** How many probes have ended so far: tells a fresh result from one that is repeated. */
      readonly probeCount?: number;
    }
  /** It ends on its own: a signal, or a fatal error that its log tells. */
  | { readonly kind: "stopping"; readonly reason: string }
  /** Clients of a node that is gone are to be sent an ACK each: keys (connection-key.ts) in base64. */
  | { readonly kind: "tickle"; readonly connections: string };

/** The guard lives, and wants a beat so often from now on; as before when absent. */
export interface GuardBeat {
  readonly kind: "beat";
  readonly everyMs?: Millis;
}

/** A message that is a beat of the guard; a period out of bounds is left out. */
export function decodeGuardBeat(message: object): GuardBeat {
  const { everyMs } = message as { readonly everyMs?: unknown };
  const isUsable =
    typeof everyMs === "number" && everyMs >= LIFE_BEAT_MS_MIN && everyMs <= LIFE_BEAT_MS_MAX;
  return isUsable ? { kind: "beat", everyMs } : { kind: "beat" };
}

/** From the guard to the balancer. */
export type ToBalancer =
  | GuardBeat
  /** The virtual IP addresses that this node holds, numeric; all of them. Said at each `ready`, too. */
  | { readonly kind: "vips"; readonly held: readonly string[] };

/**
 * A line from the guard; `undefined` for what cannot be understood. Of more than `LIFE_VIPS_MAX`
 * addresses the first are taken.
 */
export function decodeToBalancer(line: string): ToBalancer | undefined {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof message !== "object" || message === null || !("kind" in message)) return undefined;
  if (message.kind === "beat") return decodeGuardBeat(message);
  if (message.kind !== "vips" || !("held" in message) || !Array.isArray(message.held)) {
    return undefined;
  }
  const held = message.held
    .slice(0, LIFE_VIPS_MAX)
    .filter((item) => typeof item === "string" && parseIp(item) !== undefined);
  return { kind: "vips", held: held as string[] };
}

/** Whether a balancer can serve devices as well as it should (design §6). */
export interface Fitness {
  readonly isFit: boolean;
  /** For people; empty when fit. */
  readonly reasons: readonly string[];
}

/** Whether connections through the balancer's own listeners arrive. `unknown`: no probe has ended yet, or none can. */
export type ProbeResult = "ok" | "failed" | "unknown";
