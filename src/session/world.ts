// All that is running in one balancer process: proxies, tables and process-wide counts. Sessions
// share it; it holds no socket and no clock.
import type { Millis } from "../base/units.ts";
import type { GlobalSection } from "../config/model/global.ts";
import type { StateLookups, TableLookups } from "../rules/context.ts";
import type { StickTable } from "../stick/table.ts";
import { lookupOrCreateSample, lookupSample } from "../stick/tracked.ts";
import type { BackendState } from "./backend-state.ts";
import { ProcessCounters } from "./counters.ts";
import type { FrontendState, ListenerState } from "./frontend-state.ts";
import { WorldLookups } from "./lookups.ts";

/** What the process lends to its sessions. */
export interface WorldSettings {
  readonly hostName: string;
  /** Numeric addresses of this machine, for `src_is_local`. */
  readonly localAddresses: ReadonlySet<string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A uniform number in 0..2^32-1. */
  readonly random: () => number;
}

/** Limits of the whole process. */
export interface ProcessLimits {
  readonly maxconn: number;
  /** As the process was configured; `maxconn` may be lowered at run time, and raised up to this. */
  readonly maxconnHard: number;
  readonly maxconnrate: number | undefined;
}

/** The balancer's running state. */
export class World {
  readonly hostName: string;
  readonly random: () => number;
  readonly frontends = new Map<string, FrontendState>();
  readonly backends = new Map<string, BackendState>();
  readonly tables = new Map<string, StickTable>();
  /** By the address they are bound to. */
  readonly listeners = new Map<string, ListenerState>();
  readonly lookups: StateLookups;
  readonly counters = new ProcessCounters();
  environment: Readonly<Record<string, string | undefined>>;
  global: GlobalSection | undefined;
  limits: ProcessLimits = {
    maxconn: Infinity,
    maxconnHard: Infinity,
    maxconnrate: undefined,
  };
  /** The instant of the event that is being handled. */
  nowMs: Millis = 0;
  /** Client connections at this moment. */
  connectionCount = 0;
  #requestCount = 0;
  #sourcePort = 0;

  constructor(settings: WorldSettings) {
    this.hostName = settings.hostName;
    this.environment = settings.environment;
    this.random = settings.random;
    this.lookups = new WorldLookups(this, settings.localAddresses);
  }

  /** The tables as rules of this proxy see them. */
  tablesFor(proxy: string, nowMs: Millis): TableLookups {
    const find = (name: string | undefined): StickTable | undefined =>
      this.tables.get(name ?? proxy);
    return {
      lookup: (name, key) => {
        const table = find(name);
        return table === undefined ? undefined : lookupSample(table, key, nowMs);
      },
      lookupOrCreate: (name, key) => {
        const table = find(name);
        return table === undefined ? undefined : lookupOrCreateSample(table, key, nowMs);
      },
      usedCount: (name) => find(name)?.usedCount,
      freeCount: (name) => {
        const table = find(name);
        return table === undefined ? undefined : table.size - table.usedCount;
      },
    };
  }

  /** Connections numbered so far. */
  get requestCount(): number {
    return this.#requestCount;
  }

  /** Numbers the connections of the process from 0. */
  nextRequestCount(): number {
    return this.#requestCount++;
  }

  /** Walks through source port ranges. */
  nextSourcePort(): number {
    return this.#sourcePort++;
  }
}
