// A pair of nodes with idle MQTT devices, and how soon they are back after the master's power is cut.
import path from "node:path";
import { listedCount } from "../support/live-list.ts";
import type { Host } from "../support/netns.ts";
import type { RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { waitFor } from "../support/wait-for.ts";
import { type NodePair, startPair, VIP } from "./node-pair.ts";

const PROGRAM = path.join(REPOSITORY_DIR, "test", "netns", "programs", "devices.mjs");
const DEVICE_PORT = 1884;
const BROKER_PORT = 9010;
const PEERS_PORT = 10_000;

/** What is measured. */
export interface IdleSettings {
  readonly count: number;
  readonly pingMs: number;
  /** `tickle-rate`. */
  readonly rate: number;
}

/** When devices were back, ms after the power was cut. */
export interface ComeBack {
  readonly tookOverMs: number;
  readonly halfMs: number;
  readonly most99Ms: number;
  readonly allMs: number;
}

/** Devices that are connected through a pair whose nodes know of them. */
export class IdleDevices {
  readonly pair: NodePair;
  readonly #devices: RunningProcess;
  readonly #count: number;

  private constructor(pair: NodePair, devices: RunningProcess, count: number) {
    this.pair = pair;
    this.#devices = devices;
    this.#count = count;
  }

  /** Starts everything; resolves when all devices are connected and node b has been told of them. */
  static async start({ count, pingMs, rate }: IdleSettings): Promise<IdleDevices> {
    const pair = await startPair({
      sections: (name, lan) => `
global
  localpeer ${name}
  #tandem tickle-rate ${rate}
peers nodes
  peer a ${lan.host("a").ipv4}:${PEERS_PORT}
  peer b ${lan.host("b").ipv4}:${PEERS_PORT}
listen devices
  bind :${DEVICE_PORT}
  timeout client 1m
  timeout server 1m
  server s1 ${lan.host("broker").ipv4}:${BROKER_PORT}
`,
    });
    await run(pair.lan.host("broker"), ["serve", String(BROKER_PORT)]);
    const words = ["connect", VIP, String(DEVICE_PORT), String(count), String(pingMs)];
    const devices = await run(pair.lan.host("client"), words);
    const idle = new IdleDevices(pair, devices, count);
    await waitFor(async () => (await listedCount(pair.nodes.b.controlFolder)) >= count, {
      what: "node b to know of all devices",
    });
    return idle;
  }

  /** CONNACKs so far, by device. */
  connacks(): { readonly device: number; readonly connectedMs: number }[] {
    const lines = this.#devices.stdout().split("\n");
    return lines
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line) as { device: number; connectedMs: number });
  }

  /** Cuts the power of node a: its cable is dead first, so that nothing it does is heard. */
  async cutPower(): Promise<number> {
    const { lan } = this.pair;
    const pids = await lan.host("a").pids();
    await lan.setCable("a", false);
    const cutMs = Date.now();
    for (const pid of pids) kill(pid);
    return cutMs;
  }

  /** Waits until all devices have been acknowledged anew. */
  async back(cutMs: number, timeoutMs: number): Promise<ComeBack> {
    const tookOver = await this.pair.probe.waitForNode("b", cutMs);
    const back = await waitFor(
      () => {
        const first = new Map<number, number>();
        for (const { device, connectedMs } of this.connacks()) {
          if (connectedMs > cutMs && !first.has(device)) first.set(device, connectedMs - cutMs);
        }
        return first.size === this.#count ? [...first.values()].sort((a, b) => a - b) : undefined;
      },
      { timeoutMs, what: `${this.#count} devices to come back` },
    );
    const at = (share: number): number => Math.round(back[Math.ceil(share * this.#count) - 1]!);
    return {
      tookOverMs: Math.round(tookOver.answeredMs - cutMs),
      halfMs: at(0.5),
      most99Ms: at(0.99),
      allMs: at(1),
    };
  }
}

function run(host: Host, words: readonly string[]): Promise<RunningProcess> {
  return host.start({ command: process.execPath, args: [PROGRAM, ...words], ready: /ready/ });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Its parent's end has ended it.
  }
}
