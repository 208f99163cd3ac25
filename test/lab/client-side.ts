import type { RunningProcess } from "../support/process.ts";

/** Where clients run, and where they find the pair. */
export interface ClientSide {
  readonly vip: string;
  readonly port: number;
  /** The brokers do not tell who they are (topic lab/place): a CONNACK has to do. */
  readonly isPlain: boolean;
  /** Starts one of the programs in `programs/`; ready once it says so. */
  runClient(program: string, ...words: readonly string[]): Promise<RunningProcess>;
}
