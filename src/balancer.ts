// The balancer process: the one place where its parts are put together.
import { type BalancerOptions, parseChildOptions } from "./balancer-options.ts";
import { Balancer } from "./io/balancer-process.ts";
import { waitUntilNeeded } from "./io/standby.ts";

export type { BalancerOptions, ChildOptions } from "./balancer-options.ts";

/** Runs a balancer until it is told to stop; its exit code. */
export async function runBalancer(options: BalancerOptions): Promise<number> {
  return new Balancer(options).run();
}

/** Runs a balancer with `ChildOptions` as JSON (bin/balancer-child.js); its exit code, 1 for bad options. */
export async function runBalancerChild(text: string): Promise<number> {
  const options = parseChildOptions(text);
  if (typeof options === "string") {
    process.stderr.write(`balancer-child: ${options}\n`);
    return 1;
  }
  if (options.standby !== true) return runBalancer(options);
  const isNeeded = await waitUntilNeeded(options);
  return isNeeded ? runBalancer({ ...options, hasRehearsed: true }) : 0;
}
