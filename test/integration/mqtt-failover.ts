// How long the clients of a broker that dies are without a broker, through any balancer.
import { readFileSync } from "node:fs";
import type { Broker } from "../support/mosquitto.ts";
import { waitFor } from "../support/wait-for.ts";
import { connectDevice, connectDevices, deviceIds, Placements } from "./mqtt-devices.ts";

/** What one death of a broker came to. */
export interface Failover {
  /**
   * From the kill to the CONNACK of the last client that had to move, ms, without the time in which
   * the balancer or the clients were ready to run and a busy machine did not let them.
   */
  readonly tookMs: number;
  /** Clients that the broker had. */
  readonly affectedCount: number;
  /** Those of them that were taken by other brokers. */
  readonly movedCount: number;
  /** Clients of other brokers that lost their connection. */
  readonly disturbedCount: number;
}

/** Three brokers, killed in turn, and clients that reconnect at once. */
export class FailoverDrill {
  readonly #brokers: readonly Broker[];
  readonly #deviceCount: number;
  #round = 0;

  constructor(brokers: readonly Broker[], deviceCount: number) {
    this.#brokers = brokers;
    this.#deviceCount = deviceCount;
  }

  /**
   * Connects clients to the balancer at this port, kills a broker, waits until its clients are
   * elsewhere, and starts it again.
   */
  async run(port: number, balancerPid: number): Promise<Failover> {
    await this.#reachAll(port);
    const round = this.#round++;
    const victim = round % this.#brokers.length;
    const ids = deviceIds(`round-${round}`, this.#deviceCount);
    const placements = new Placements(this.#brokers);
    const devices = await connectDevices(port, ids, { reconnectPeriod: 1 });
    const placed = await placements.of(ids);
    const moving = new Set(ids.filter((id) => placed.get(id) === victim));

    const closedIds = new Set<string>();
    const backMs = new Map<string, number>();
    for (const [id, client] of devices) {
      client.on("close", () => closedIds.add(id));
      client.on("connect", () => backMs.set(id, performance.now()));
    }
    placements.mark();
    const pids = [balancerPid, process.pid];
    const keptBeforeMs = pids.map(keptWaitingMs);
    const killedMs = performance.now();
    this.#brokers[victim]!.signal("SIGKILL");
    await waitFor(() => [...moving].every((id) => backMs.has(id)), {
      what: () => `${moving.size} clients to come back, ${backMs.size} have`,
    });
    // They may have waited at the same time: only the longer wait is taken off.
    const keptMs = Math.max(...pids.map((pid, at) => keptWaitingMs(pid) - keptBeforeMs[at]!));
    const lastMs = Math.max(...[...moving].map((id) => backMs.get(id)!));
    const tookMs = lastMs - killedMs - keptMs;
    const movedTo = await placements.of(moving);
    const disturbedCount = [...closedIds].filter((id) => !moving.has(id)).length;

    for (const client of devices.values()) client.end(true);
    await this.#brokers[victim]!.restart();
    const movedCount = [...movedTo.values()].filter((index) => index !== victim).length;
    return { tookMs, affectedCount: moving.size, movedCount, disturbedCount };
  }

  /** Waits until this balancer sends clients to every broker. */
  async #reachAll(port: number): Promise<void> {
    const placements = new Placements(this.#brokers);
    const reached = new Set<number | undefined>();
    let tries = 0;
    await waitFor(async () => {
      const id = `probe-${this.#round}-${tries++}`;
      const client = await connectDevice(port, id);
      reached.add((await placements.of([id])).get(id));
      await client.endAsync();
      return reached.size === this.#brokers.length;
    });
  }
}

/** How long a process's main thread has waited for a processor since its start, ms; see proc(5). */
function keptWaitingMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;
  } catch {
    // A kernel built without these figures: everything counts.
    return 0;
  }
}

/** The middle one of an odd number of values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
