// What guard and agent tell each other: one JSON object a line over a pipe that each of them has as
// an open descriptor. The end of the pipe is a message, too: the other one is dead.
import type { GuardBeat } from "../../src/base/life.ts";
import type { OutgoingPacket } from "../vrrp/packet.ts";

/** How the balancer of this node stands, as the guard judges it. */
export interface BalancerReport {
  /**
   * absent: none is supervised (`tandem agent`). starting: not yet ready, first start. serving: ready, alive.
   * down: dead, hung or being restarted. given-up: the restart budget is spent.
   */
  readonly state: "absent" | "starting" | "serving" | "down" | "given-up";
  /** Whether a serving balancer is fit to serve (design §6). */
  readonly isFit: boolean;
  /** Why not serving, or why not fit; for people. */
  readonly reasons: readonly string[];
}

/** From the guard to the agent. */
export type ToAgent =
  | GuardBeat
  | { readonly kind: "balancer"; readonly report: BalancerReport }
  /** Send one ACK for each of these connections: keys (connection-key.ts) in base64. */
  | { readonly kind: "tickle"; readonly connections: string }
  | { readonly kind: "reload" }
  /** Resign, release, run the shutdown script, exit 0. */
  | { readonly kind: "stop" };

/** From the agent to the guard. */
export type ToGuard =
  | { readonly kind: "beat" }
  /** Configured, sockets open. */
  | { readonly kind: "ready" }
  | { readonly kind: "will"; readonly will: LastWill }
  /** The VIPs that the kernel has because this node is master, numeric; all of them. */
  | { readonly kind: "vips"; readonly held: readonly string[] };

/**
 * What must be done for an agent that died or hangs. It is sent before anything that it would undo
 * is done, and again after a release. An empty will undoes nothing.
 */
export interface LastWill {
  /** Removals: the words of `ip`, or of the user's `vip-down` when `program` is given. */
  readonly commands: readonly {
    readonly program: string | undefined;
    readonly words: readonly string[];
  }[];
  /** Adverts of priority 0. */
  readonly packets: readonly OutgoingPacket[];
}

/** The will of an agent that holds nothing. */
export const EMPTY_WILL: LastWill = { commands: [], packets: [] };
