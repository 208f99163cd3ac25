import type { RunningProcess } from "../support/process.ts";
import type { ClientSide } from "./client-side.ts";
import { JsonLines } from "./json-lines.ts";

/** What a device says of itself; wall clock, ms. */
interface Sign {
  readonly device: number;
  readonly connectedMs?: number;
  readonly broker?: string;
  readonly node?: string;
  readonly isPresent?: boolean;
  readonly lostMs?: number;
  readonly askedMs?: number;
}

/** Where a device is. */
export interface Place {
  readonly connectedMs: number;
  /** Empty when the broker does not tell. */
  readonly broker: string;
  readonly node: string;
  /** The broker has kept its session. */
  readonly isPresent: boolean;
}

/** What happened to the devices from an instant on. */
export interface FleetReport {
  /** Devices whose connection ended. */
  readonly lost: readonly number[];
  /** When the first connection ended, wall clock, ms; `undefined` when none did. */
  readonly firstLostMs: number | undefined;
  /** Of the lost ones, when they were connected for good, ms after the instant; sorted. */
  readonly backMs: readonly number[];
  /** Of those that came back, how many found the broker that they had before. */
  readonly keptBroker: number;
}

/** MQTT devices that stay connected, know their broker, and come back by themselves. */
export class Fleet {
  readonly process: RunningProcess;
  readonly count: number;
  readonly #lines: JsonLines<Sign>;

  private constructor(process: RunningProcess, count: number) {
    this.process = process;
    this.count = count;
    this.#lines = new JsonLines(process);
  }

  /** Connects `count` devices from the client host, with a ping every `pingMs`. */
  static async start(client: ClientSide, count: number, pingMs: number): Promise<Fleet> {
    const words = [client.vip, String(client.port), String(count), String(pingMs)];
    const plain = client.isPlain ? ["plain"] : [];
    return new Fleet(await client.runClient("fleet.mjs", ...words, ...plain), count);
  }

  /** The devices that are connected as far as they know, at `untilMs`. */
  places(untilMs = Infinity): ReadonlyMap<number, Place> {
    const places = new Map<number, Place>();
    for (const sign of this.#lines.all()) {
      if (sign.lostMs !== undefined && sign.lostMs <= untilMs) places.delete(sign.device);
      if (sign.connectedMs !== undefined && sign.connectedMs <= untilMs) {
        places.set(sign.device, {
          connectedMs: sign.connectedMs,
          broker: sign.broker ?? "",
          node: sign.node ?? "",
          isPresent: sign.isPresent === true,
        });
      }
    }
    return places;
  }

  /** Whether every device is connected and was answered on that connection after `fromMs`. */
  isWhole(fromMs: number): boolean {
    const alive = new Set<number>();
    for (const sign of this.#lines.all()) {
      if (sign.lostMs !== undefined) alive.delete(sign.device);
      if ((sign.connectedMs ?? sign.askedMs ?? 0) > fromMs) alive.add(sign.device);
    }
    return alive.size === this.count;
  }

  /** What happened from `fromMs` on. */
  since(fromMs: number): FleetReport {
    const before = this.places(fromMs);
    const after = this.places();
    const signs = this.#lines.all().filter(({ lostMs }) => (lostMs ?? 0) > fromMs);
    const lost = [...new Set(signs.map(({ device }) => device))];
    const back = lost.flatMap((device) => {
      const place = after.get(device);
      return place === undefined ? [] : [{ device, ...place }];
    });
    return {
      lost,
      firstLostMs: signs[0]?.lostMs,
      backMs: back.map(({ connectedMs }) => connectedMs - fromMs).sort((one, two) => one - two),
      keptBroker: back.filter(({ device, broker, isPresent }) =>
        broker === "" ? isPresent : before.get(device)?.broker === broker,
      ).length,
    };
  }
}
