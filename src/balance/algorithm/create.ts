// From a backend's `balance`, `hash-type` and `hash-balance-factor` to its algorithm.
import type { BackendSide } from "../../config/model/proxy.ts";
import type { Algorithm, BackendView } from "./algorithm.ts";
import { DYNAMIC_SCALE, staticScale, type WeightScale } from "../weight.ts";
import { Consistent } from "./consistent.ts";
import { First } from "./first.ts";
import { LeastConn } from "./least-conn.ts";
import { Random } from "./random.ts";
import { RoundRobin } from "./round-robin.ts";
import { ServerMap } from "./server-map.ts";

/** The algorithm a backend asks for; `random` yields uint32. */
export function createAlgorithm(
  side: BackendSide,
  view: BackendView,
  random: () => number,
): Algorithm {
  switch (side.balance.algorithm) {
    case "roundrobin":
      return new RoundRobin(view);
    case "leastconn":
      return new LeastConn(view);
    case "first":
      return new First(view);
    case "random":
      return new Random(view, side.balance.draws, side.hashBalanceFactor, random);
    case "static-rr":
      return new ServerMap(view);
    case "source":
    case "hash":
      return side.hashType.method === "consistent"
        ? new Consistent(view, side.hashBalanceFactor)
        : new ServerMap(view);
  }
}

/** Whether weights may change at run time, and rise during slowstart. */
export function isDynamic(side: BackendSide): boolean {
  switch (side.balance.algorithm) {
    case "static-rr":
      return false;
    case "source":
    case "hash":
      return side.hashType.method === "consistent";
    default:
      return true;
  }
}

/** How the weights of a backend become effective ones. */
export function scaleOf(side: BackendSide): WeightScale {
  return isDynamic(side) ? DYNAMIC_SCALE : staticScale(side.servers.map(({ weight }) => weight));
}

/**
 * Whether a request need not look at the servers while the backend has a queue: these algorithms
 * queue only once all servers are full, and those who wait come first.
 */
export function queuesOnlyWhenFull(side: BackendSide): boolean {
  const { algorithm } = side.balance;
  return algorithm === "roundrobin" || algorithm === "static-rr" || algorithm === "first";
}
