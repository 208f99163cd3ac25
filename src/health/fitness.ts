// Whether this balancer can serve devices as well as it should (design §6, "Fit to serve"): its
// listeners are open, its checks have spoken, clients find a server, and its tables are up to date.
// The agent takes or keeps the virtual IP by it.
import type { Fitness } from "../base/life.ts";
import type { Millis } from "../base/units.ts";
import type { FrontendSide } from "../config/model/proxy.ts";
import { FIRST_CHECKS_MS_MAX, FITNESS_REASON_CHARS_MAX, FITNESS_REASONS_MAX } from "../limits.ts";
import type { BackendState } from "../session/backend-state.ts";
import type { FrontendState } from "../session/frontend-state.ts";
import { formatBindAddress } from "../session/plan-listeners.ts";
import type { World } from "../session/world.ts";
import type { HealthStatus } from "./events.ts";
import { serverKey } from "./monitored.ts";

/** What fitness is judged by. */
export interface FitnessSources {
  readonly world: World;
  /** The health of a server by its key; `undefined` for one that the monitor does not know. */
  statusOf(key: string): HealthStatus | undefined;
  /** Whether stick tables have been fetched from a peer once, or need not be. */
  resyncDone(): boolean;
}

/** What every fit balancer says. */
const FIT: Fitness = { isFit: true, reasons: [] };

/**
 * Judges one balancer, many times a second. First results of checks count only once, at the start:
 * a server that a reload adds does not make a serving node unfit.
 */
export class FitnessJudge {
  readonly #sources: FitnessSources;
  readonly #startMs: Millis;
  readonly #bindKeys = new WeakMap<FrontendSide, readonly string[]>();
  #areChecksKnown = false;

  constructor(sources: FitnessSources, startMs: Millis) {
    this.#sources = sources;
    this.#startMs = startMs;
  }

  /** The fitness at this moment. Reasons are bounded in number and length. */
  judge(nowMs: Millis): Fitness {
    const { world } = this.#sources;
    const reasons: string[] = [];
    const unserved: string[] = [];
    let isUnserved = false;
    for (const frontend of world.frontends.values()) {
      for (const key of this.#keysOf(frontend.side)) {
        if (world.listeners.has(key)) continue;
        reasons.push(`listener ${key} of frontend ${frontend.name} is not open`);
      }
      const dead = deadBackends(frontend);
      for (const backend of dead.backends) {
        unserved.push(`backend ${backend.name} of frontend ${frontend.name} has no usable server`);
      }
      isUnserved ||= dead.isDecisive;
    }
    if (!this.#areChecksKnown) {
      const unchecked = nowMs - this.#startMs < FIRST_CHECKS_MS_MAX ? this.#unchecked() : [];
      this.#areChecksKnown = unchecked.length === 0;
      if (unchecked.length > 0) reasons.push(describeUnchecked(unchecked));
    }
    if (isUnserved) reasons.push(...unserved);
    if (!this.#sources.resyncDone())
      reasons.push("stick tables have not been fetched from a peer yet");
    return reasons.length === 0 ? FIT : { isFit: false, reasons: bounded(reasons) };
  }

  /** The keys of a frontend's listeners; they change with its settings only. */
  #keysOf(side: FrontendSide): readonly string[] {
    let keys = this.#bindKeys.get(side);
    if (keys === undefined) {
      keys = side.binds.map((bind) => formatBindAddress(bind.address));
      this.#bindKeys.set(side, keys);
    }
    return keys;
  }

  /** The servers whose check has had no result at all; a failed one is a result. */
  #unchecked(): string[] {
    const keys: string[] = [];
    for (const backend of this.#sources.world.backends.values()) {
      for (const server of backend.balancer.servers) {
        const key = serverKey(backend.name, server.name);
        if (this.#isUnchecked(key)) keys.push(key);
      }
    }
    return keys;
  }

  #isUnchecked(key: string): boolean {
    const status = this.#sources.statusOf(key);
    if (status === undefined || status.maintenance !== "none") return false;
    // The health of a server that tracks another is known with the other's, which is looked at, too.
    if (status.tracked !== undefined) return false;
    return status.check?.enabled === true && status.check.lastReport === undefined;
  }
}

/**
 * The backends of a frontend that no client can be served by, and whether clients are lost by it:
 * the default backend is among them, or there is no other. A backend without any server is meant so.
 */
function deadBackends(frontend: FrontendState): {
  readonly backends: ReadonlySet<BackendState>;
  readonly isDecisive: boolean;
} {
  const { defaultBackend, useBackend } = frontend.rules;
  const dead = new Set<BackendState>();
  let hasUsable = false;
  const look = (backend: BackendState): void => {
    if (backend.balancer.servers.length === 0) return;
    if (backend.hasUsableServer) hasUsable = true;
    else dead.add(backend);
  };
  for (const { backend } of useBackend) look(backend);
  if (defaultBackend !== undefined) look(defaultBackend);
  const isDefaultDead = defaultBackend !== undefined && dead.has(defaultBackend);
  return { backends: dead, isDecisive: isDefaultDead || (dead.size > 0 && !hasUsable) };
}

function describeUnchecked(keys: readonly string[]): string {
  const named = keys.slice(0, 4).join(", ");
  const rest = keys.length > 4 ? ` and ${keys.length - 4} more` : "";
  return `no check has ended yet of ${keys.length === 1 ? "server" : "servers"} ${named}${rest}`;
}

function bounded(reasons: readonly string[]): readonly string[] {
  const kept = reasons
    .slice(0, FITNESS_REASONS_MAX)
    .map((reason) => reason.slice(0, FITNESS_REASON_CHARS_MAX));
  const left = reasons.length - kept.length;
  return left === 0 ? kept : [...kept.slice(0, -1), `and ${left + 1} more`];
}
