// The steps that scenarios of balancing are made of.
import type { BackendTraits, ServerTraits } from "../unit/balance/specs.ts";

/** One thing that happens; connections that are held are numbered in the order they are opened. */
export type Step =
  | { readonly kind: "visit"; readonly from?: string; readonly key?: string }
  | { readonly kind: "hold"; readonly from?: string; readonly key?: string }
  /** Ends a held connection that has its server, `rank` modulo their number. */
  | { readonly kind: "drop"; readonly rank: number }
  | { readonly kind: "state"; readonly server: string; readonly state: "maint" | "ready" | "drain" }
  | { readonly kind: "weight"; readonly server: string; readonly weight: number }
  | { readonly kind: "maxconn"; readonly server: string; readonly maxconn: number };

/** A backend and what happens to it. */
export interface Scenario {
  readonly name: string;
  readonly backend: BackendTraits;
  /** `balance hash <key>`: an address or the first bytes that a client sends. */
  readonly hashKey?: "src" | "var(txn.key)";
  /** Servers that refuse connections. */
  readonly dead?: readonly string[];
  readonly steps: readonly Step[];
}

/** Connects and goes. */
export const visit: Step = { kind: "visit" };
/** Connects and stays. */
export const hold: Step = { kind: "hold" };
/** Ends a held connection. */
export const drop = (rank: number): Step => ({ kind: "drop", rank });
/** Puts a server into maintenance. */
export const maint = (server: string): Step => ({ kind: "state", server, state: "maint" });
/** Makes a server ready. */
export const ready = (server: string): Step => ({ kind: "state", server, state: "ready" });
/** Lets a server drain. */
export const drain = (server: string): Step => ({ kind: "state", server, state: "drain" });
/** Sets a weight. */
export const weigh = (server: string, weight: number): Step => ({ kind: "weight", server, weight });
/** Sets a limit of connections. */
export const limit = (server: string, maxconn: number): Step => ({
  kind: "maxconn",
  server,
  maxconn,
});
/** Repeats steps. */
export const times = (count: number, ...steps: Step[]): Step[] =>
  Array.from({ length: count }, () => steps).flat();

/** Servers s1, s2, ... with their traits. */
export function servers(count: number, ...traits: Partial<ServerTraits>[]): ServerTraits[] {
  return Array.from({ length: count }, (_, i) => ({ name: `s${i + 1}`, ...traits[i] }));
}

/** Servers s1, s2, ... with these weights. */
export const weights = (...list: number[]): ServerTraits[] =>
  list.map((weight, i) => ({ name: `s${i + 1}`, weight }));

/** Connections that stay, some that go, in an order that looks like chance but is always the same. */
export function traffic(seed: number, count: number): Step[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const pick = Math.floor(state / 65_536) % 100;
    if (pick < 45) return hold;
    if (pick < 60) return visit;
    return drop(pick);
  });
}

/** Visits while servers go and come back. */
export const upAndDown = (a: string, b: string): Step[] => [
  ...times(7, visit),
  maint(a),
  ...times(9, visit),
  ready(a),
  ...times(13, visit),
  drain(b),
  ...times(5, visit),
  maint(a),
  ...times(4, visit),
  ready(b),
  ...times(6, visit),
  ready(a),
  ...times(15, visit),
];
