// The lines that tell of changes in health, worded as HAProxy words them.
import type { CheckHealth, StateCause } from "./monitor.ts";
import type { CheckReport } from "./result.ts";

/** The counts that a state change line ends with. */
export interface ChangeCounts {
  readonly active: number;
  readonly backup: number;
  /** Sessions on the server. */
  readonly sessions: number;
  readonly requeued: number;
  /** Connections waiting: the server's queue on the way down, the backend's on the way up. */
  readonly queued: number;
}

/** The server that a line is about. */
export interface DescribedServer {
  readonly key: string;
  readonly backup: boolean;
}

export declare function describeChange(
  server: DescribedServer,
  to: "up" | "down" | "stopping",
  cause: StateCause,
  counts: ChangeCounts,
): string;
export declare function describeCheck(
  server: DescribedServer,
  agent: boolean,
  report: CheckReport,
  health: CheckHealth,
  draining: boolean,
): string;
export declare function describeNoServer(proxyKind: "backend" | "proxy", name: string): string;
