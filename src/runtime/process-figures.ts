// What commands say of the process itself.
import type { Millis } from "../base/units.ts";
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
  readonly sockets: readonly ServedSocket[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isStopping: boolean;
  /** Bytes of memory in use, and the most that may be. */
  readonly memoryBytes: number;
  readonly memoryBytesMax: number;
  /** Descriptors that the process may have. */
  readonly descriptorsMax: number;
  /** Percentage of its time that the process waits, 0..100. */
  readonly idlePercent: number;
  /** Log lines that were lost. */
  readonly droppedLogCount: number;
}
