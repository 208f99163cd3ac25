// What a balancer and the guard that started it tell each other: one JSON object a line, over the
// descriptor that the environment names. The end of the pipe says that the other one is dead.
import type { Millis } from "./units.ts";

/** The environment variable that holds the descriptor's number. */
export const LIFE_FD_VARIABLE = "TANDEM_LIFE_FD";
/** The environment variable that holds the period of beats in ms. */
export const LIFE_BEAT_VARIABLE = "TANDEM_LIFE_BEAT_MS";
/** The period of beats unless the environment says otherwise. */
export const LIFE_BEAT_MS: Millis = 50;

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
  | { readonly kind: "stopping"; readonly reason: string };

/** From the guard to the balancer. */
export type ToBalancer = { readonly kind: "beat" };

/** Whether a balancer can serve devices as well as it should (design §6). */
export interface Fitness {
  readonly isFit: boolean;
  /** For people; empty when fit. */
  readonly reasons: readonly string[];
}

/** Whether connections through the balancer's own listeners arrive. `unknown`: no probe has ended yet, or none can. */
export type ProbeResult = "ok" | "failed" | "unknown";
