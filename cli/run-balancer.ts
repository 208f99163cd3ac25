import type { BalancerOptions } from "../src/balancer-options.ts";

/** Runs a balancer until it is told to stop; resolves to the exit code. */
export type RunBalancer = (options: BalancerOptions) => Promise<number>;
