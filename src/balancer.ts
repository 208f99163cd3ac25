// The balancer process: the one place where its parts are put together.
import type { BalancerOptions } from "./balancer-options.ts";
import { Balancer } from "./io/balancer-process.ts";

export type { BalancerOptions } from "./balancer-options.ts";

/** Runs a balancer until it is told to stop; its exit code. */
export async function runBalancer(options: BalancerOptions): Promise<number> {
  return new Balancer(options).run();
}
