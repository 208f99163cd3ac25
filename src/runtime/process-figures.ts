// What commands say of the process itself.
import type { Millis } from "../base/units.ts";
import type { UtcOffset } from "../log/date.ts";
import type { AccessLevel } from "./command.ts";

/** A socket that serves the API: its address in HAProxy's form (`unix@/run/x`, `ipv4@1.2.3.4:99`). */
export interface ServedSocket {
  readonly address: string;
  readonly level: AccessLevel;
}

/** Figures of the process; read anew for each command. */
export interface ProcessFigures {
  readonly pid: number;
  readonly startedMs: Millis;
  /** ms since 1970 less monotonic ms. */
  readonly wallOffsetMs: number;
  readonly utcOffset: UtcOffset;
  readonly sockets: readonly ServedSocket[];
  /** Listening sockets of all kinds. */
  readonly listenerCount: number;
  /** Connections to the API: at the moment, and so far. */
  readonly clientCount: number;
  readonly clientsTotal: number;
  readonly isStopping: boolean;
  /** Bytes of memory that the process has, and those of them that hold something. */
  readonly memoryBytes: number;
  readonly memoryUsedBytes: number;
  /** Descriptors that the process may have. */
  readonly descriptorsMax: number;
  /** Percentage of its time that the process waits, 0..100. */
  readonly idlePercent: number;
  /** Bytes sent to clients per second. */
  readonly bytesOutRate: number;
  /** What the start and the last reload had to say, as lines. */
  readonly startupLogs: string;
}
