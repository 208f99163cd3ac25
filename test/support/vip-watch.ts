// Who answers for a VIP, and who holds it in the kernel, as instants on the wall clock.
import path from "node:path";
import type { Host } from "./netns.ts";
import type { RunningProcess } from "./process.ts";
import { REPOSITORY_DIR } from "./repository.ts";
import { waitFor } from "./wait-for.ts";

const PROGRAMS = path.join(REPOSITORY_DIR, "test", "netns", "programs");

/** One answered question. */
export interface Answer {
  /** Wall clock, ms. */
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly node: string;
}

/** Starts a program on a host that tells its name to whoever asks. */
export async function startEcho(host: Host): Promise<RunningProcess> {
  return host.start({
    command: process.execPath,
    args: [path.join(PROGRAMS, "echo.mjs"), host.name],
    ready: /ready/,
  });
}

/** Starts a program that tells each connection the name that belongs to its port. */
export async function startBroker(
  host: Host,
  names: Readonly<Record<string, number>>,
): Promise<RunningProcess> {
  const args = Object.entries(names).flatMap(([name, port]) => [name, String(port)]);
  return host.start({
    command: process.execPath,
    args: [path.join(PROGRAMS, "broker.mjs"), ...args],
    ready: /ready/,
  });
}

/** Asks a VIP every few milliseconds. */
export class VipProbe {
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  /** By a UDP datagram every few milliseconds, to the program of `startEcho`. */
  static start(host: Host, address: string, periodMs = 5): Promise<VipProbe> {
    return VipProbe.#run(host, "probe.mjs", [address, String(periodMs)]);
  }

  /** By a fresh TCP connection every few milliseconds, to a program of `startBroker` behind balancers. */
  static connecting(host: Host, address: string, port: number, periodMs = 10): Promise<VipProbe> {
    return VipProbe.#run(host, "connect.mjs", [address, String(port), String(periodMs)]);
  }

  static async #run(host: Host, program: string, args: readonly string[]): Promise<VipProbe> {
    const running = await host.start({
      command: process.execPath,
      args: [path.join(PROGRAMS, program), ...args],
      ready: /ready/,
    });
    return new VipProbe(running);
  }

  /** All answers so far, by time of the question. */
  answers(): readonly Answer[] {
    return this.#process
      .stdout()
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line) as Partial<Answer>)
      .filter((record): record is Answer => record.node !== undefined)
      .sort((a, b) => a.sentMs - b.sentMs);
  }

  /** Waits for an answer of this node to a question asked after `afterMs`. */
  async waitForNode(node: string, afterMs: number, timeoutMs = 10_000): Promise<Answer> {
    return waitFor(
      () => this.answers().find((answer) => answer.node === node && answer.sentMs > afterMs),
      { timeoutMs, what: `an answer of node ${node}` },
    );
  }

  /** The longest time without an answered question from `fromMs` on, ms. */
  longestGapMs(fromMs: number, toMs = Infinity): number {
    const times = this.answers()
      .map(({ sentMs }) => sentMs)
      .filter((sentMs) => sentMs >= fromMs - 50 && sentMs <= toMs);
    return times.slice(1).reduce((gap, ms, i) => Math.max(gap, ms - times[i]!), 0);
  }
}

interface Holding {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Follows an address in a host's kernel. */
export class VipWatch {
  readonly #process: RunningProcess;
  readonly #address: string;
  readonly #wasHeld: boolean;
  readonly #startedMs = Date.now();
  readonly #clockOffsetMs: number;

  private constructor(
    process: RunningProcess,
    address: string,
    wasHeld: boolean,
    clockOffsetMs: number,
  ) {
    this.#process = process;
    this.#address = address;
    this.#wasHeld = wasHeld;
    this.#clockOffsetMs = clockOffsetMs;
  }

  /** `clockOffsetMs`: how much later the clock of the host is than the one here (0). */
  static async start(
    host: Pick<Host, "run" | "start" | "hasAddress">,
    address: string,
    options: { readonly clockOffsetMs?: number; readonly readyTimeoutMs?: number } = {},
  ): Promise<VipWatch> {
    const { clockOffsetMs = 0, readyTimeoutMs = 10_000 } = options;
    const running = await host.start({ command: "ip", args: ["-ts", "-o", "monitor", "address"] });
    // It prints nothing before the first change: a change of our own shows that it listens.
    const marker = `127.9.${process.pid & 0xff}.${(process.pid >> 8) & 0xff}/32`;
    const isHeard = async (): Promise<boolean> => {
      await host.run("ip", "address", "replace", marker, "dev", "lo");
      await host.run("ip", "address", "del", marker, "dev", "lo");
      return running.stdout().includes("127.9.");
    };
    await waitFor(isHeard, { timeoutMs: readyTimeoutMs, what: "a change of addresses to be told" });
    return new VipWatch(running, address, await host.hasAddress(address), clockOffsetMs);
  }

  /** When the address came and went. */
  holdings(): readonly Holding[] {
    const holdings: Holding[] = [];
    let sinceMs = this.#wasHeld ? this.#startedMs : undefined;
    for (const { atMs, isAdded } of this.#changes()) {
      if (isAdded) sinceMs ??= atMs;
      else if (sinceMs !== undefined) {
        holdings.push({ fromMs: sinceMs, toMs: atMs });
        sinceMs = undefined;
      }
    }
    if (sinceMs !== undefined) holdings.push({ fromMs: sinceMs, toMs: Infinity });
    return holdings;
  }

  get isHeld(): boolean {
    return this.holdings().at(-1)?.toMs === Infinity;
  }

  #changes(): { atMs: number; isAdded: boolean }[] {
    return this.#process
      .stdout()
      .split("\n")
      .filter((line) => line.includes(` ${this.#address}/`))
      .flatMap((line) => {
        const match = /^\[?([0-9T:.-]+)\]?\s+(Deleted )?/.exec(line);
        if (match === null) return [];
        const atMs = Date.parse(match[1]!) - this.#clockOffsetMs;
        return [{ atMs, isAdded: match[2] === undefined }];
      });
  }
}

/** How long both kernels held the address, after `fromMs`, ms. */
export function overlapMs(a: VipWatch, b: VipWatch, fromMs: number): number {
  let sum = 0;
  const nowMs = Date.now();
  for (const one of a.holdings()) {
    for (const other of b.holdings()) {
      const from = Math.max(one.fromMs, other.fromMs, fromMs);
      const to = Math.min(one.toMs, other.toMs, nowMs);
      sum += Math.max(0, to - from);
    }
  }
  return sum;
}
