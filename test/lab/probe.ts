import type { RunningProcess } from "../support/process.ts";
import type { ClientSide } from "./client-side.ts";
import { JsonLines } from "./json-lines.ts";

/** One attempt of a newcomer: a CONNECT that was acknowledged, or was not. */
interface Attempt {
  /** Wall clock, ms. */
  readonly sentMs: number;
  readonly answeredMs?: number;
  readonly node?: string;
  readonly broker?: string;
  readonly reason?: string;
}

/** An attempt that was answered. */
export interface Served extends Attempt {
  readonly answeredMs: number;
}

/** A newcomer every few milliseconds, and how it fared. */
export class Probe {
  readonly process: RunningProcess;
  readonly #lines: JsonLines<Attempt>;

  private constructor(process: RunningProcess) {
    this.process = process;
    this.#lines = new JsonLines(process);
  }

  /** Opens a fresh MQTT connection to the VIP every `periodMs`. */
  static async start(client: ClientSide, periodMs = 10): Promise<Probe> {
    const words = [client.vip, String(client.port), String(periodMs), "probe"];
    const plain = client.isPlain ? ["plain"] : [];
    return new Probe(await client.runClient("probe.mjs", ...words, ...plain));
  }

  /** Attempts that were answered, begun at `fromMs` at the earliest. */
  served(fromMs = 0): readonly Served[] {
    return this.#lines
      .all()
      .filter((one): one is Served => one.answeredMs !== undefined && one.sentMs >= fromMs);
  }

  /** How many attempts failed, begun at `fromMs` at the earliest. */
  failedCount(fromMs: number): number {
    return this.#lines.all().filter((one) => one.answeredMs === undefined && one.sentMs >= fromMs)
      .length;
  }

  /** The longest time from `fromMs` to `toMs` in which no newcomer was served, ms. */
  longestGapMs(fromMs: number, toMs: number): number {
    const instants = this.served()
      .map(({ answeredMs }) => answeredMs)
      .filter((atMs) => atMs <= toMs)
      .sort((one, other) => one - other);
    const before = instants.filter((atMs) => atMs < fromMs).at(-1) ?? fromMs;
    const points = [before, ...instants.filter((atMs) => atMs >= fromMs), toMs];
    return points.slice(1).reduce((gap, atMs, i) => Math.max(gap, atMs - points[i]!), 0);
  }
}
