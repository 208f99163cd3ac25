// Agents on the hosts of a network, what they hold, what they say of themselves, and what is on the wire.
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { createLan, type Host, type Lan } from "../support/netns.ts";
import type { RunningProcess } from "../support/process.ts";
import { startNode, type TandemNode } from "../support/tandem-agent.ts";
import { VipWatch } from "../support/vip-watch.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

/** The address that most tests move. */
export const VIP = "10.98.0.100";

/** What of an instance matters to a test. */
export interface InstanceText {
  readonly name?: string;
  readonly vrid?: number;
  readonly interface?: string;
  readonly version?: 2 | 3;
  readonly priority: number;
  /** As written: seconds. */
  readonly advertInt?: number;
  readonly vips?: readonly string[];
  /** More lines of the instance. */
  readonly lines?: string;
}

/** A vrrp_instance: V on eth0, VRID 51, version 3 at 100 ms. */
export function instanceText(instance: InstanceText): string {
  const { name = "V", vrid = 51, version = 3, priority, advertInt = 0.1, lines = "" } = instance;
  return `vrrp_instance ${name} {
  state BACKUP
  interface ${instance.interface ?? "eth0"}
  virtual_router_id ${vrid}
  version ${version}
  priority ${priority}
  advert_int ${advertInt}
  virtual_ipaddress {
    ${(instance.vips ?? [`${VIP}/24`]).join("\n    ")}
  }
  ${lines}
}
`;
}

/** One instance as the JSON dump shows it. */
export interface DumpedInstance {
  readonly data: Readonly<Record<string, unknown>> & {
    readonly iname: string;
    readonly state: number;
    readonly effective_priority: number;
  };
  readonly stats: Readonly<Record<string, number>>;
}

const SIGNAL_JSON = 36;

/** Asks an agent for a dump and reads it. */
async function dump(
  node: TandemNode,
  signal: NodeJS.Signals | number,
  end: string,
): Promise<string> {
  const file = path.join(node.dumpFolder, `keepalived.${end}`);
  rmSync(file, { force: true });
  process.kill(node.process.pid, signal);
  return waitFor(() => (existsSync(file) ? readFileSync(file, "utf8") : undefined), {
    what: `a dump in ${file}`,
  });
}

/** The JSON dump, by name of instance. */
export async function dumpedJson(node: TandemNode): Promise<ReadonlyMap<string, DumpedInstance>> {
  const instances = JSON.parse(await dump(node, SIGNAL_JSON, "json")) as DumpedInstance[];
  return new Map(instances.map((instance) => [instance.data.iname, instance]));
}

/** The data dump, with what Keepalived does not count. */
export function dumpedData(node: TandemNode): Promise<string> {
  return dump(node, "SIGUSR1", "data");
}

/** The statistics dump. */
export function dumpedStats(node: TandemNode): Promise<string> {
  return dump(node, "SIGUSR2", "stats");
}

/** How many lines of a node's log contain this. */
export function countLines(node: TandemNode, text: string): number {
  return node.process.output().split(text).length - 1;
}

/** Hosts whose kernels are watched for an address. */
export class Bench {
  readonly lan: Lan;
  readonly watches: ReadonlyMap<string, VipWatch>;

  private constructor(lan: Lan, watches: ReadonlyMap<string, VipWatch>) {
    this.lan = lan;
    this.watches = watches;
  }

  /** `a` and `b` are watched; others are there. */
  static async create(
    options: {
      readonly more?: readonly string[];
      readonly vip?: string;
      readonly secondLan?: boolean;
    } = {},
  ): Promise<Bench> {
    const { more = [], vip = VIP, secondLan = false } = options;
    const lan = await createLan(["a", "b", ...more], { secondLan });
    const watched = ["a", "b"].map(
      async (name) => [name, await VipWatch.start(lan.host(name), vip)] as const,
    );
    return new Bench(lan, new Map(await Promise.all(watched)));
  }

  host(name: string): Host {
    return this.lan.host(name);
  }

  watch(name: string): VipWatch {
    return this.watches.get(name)!;
  }

  start(name: string, keepalived: string): Promise<TandemNode> {
    return startNode(this.host(name), { keepalived });
  }

  /** The hosts that hold the address. */
  owners(): string {
    return [...this.watches].flatMap(([name, watch]) => (watch.isHeld ? [name] : [])).join(" ");
  }

  /** Waits until exactly these hold it, `""`: nobody. */
  async owned(owners: string, say: () => string = () => ""): Promise<void> {
    await waitFor(() => this.owners() === owners, {
      timeoutMs: 15_000,
      what: () => `the VIP on "${owners}", it is on "${this.owners()}"; ${say()}`,
    });
  }
}

/** Adverts on the wire as a third host sees them. */
export class Capture {
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  /** `filter` in the words of tcpdump. */
  static async start(host: Host, filter: string): Promise<Capture> {
    const args = ["-tt", "-nn", "-l", "--immediate-mode", "-v", "-i", "eth0", filter];
    return new Capture(await host.start({ command: "tcpdump", args, ready: /listening on/ }));
  }

  text(): string {
    return this.#process.stdout();
  }

  /** When packets came, seconds since 1970 as ms. */
  timesMs(): readonly number[] {
    return [...this.text().matchAll(/^(\d+\.\d+) IP/gm)].map((match) => Number(match[1]) * 1_000);
  }
}

/** When packets came, by the kernel's clock, for as many as there are. */
export class PacketTimes {
  readonly #file = path.join(tempDir(), "packets.pcap");
  #process: RunningProcess | undefined;

  static async start(host: Host, filter: string): Promise<PacketTimes> {
    const times = new PacketTimes();
    const args = ["-i", "eth0", "-s", "64", "-B", "8192", "-U", "-w", times.#file, filter];
    times.#process = await host.start({ command: "tcpdump", args, ready: /listening on/ });
    return times;
  }

  /** Ends the capture; instants in ms since 1970. */
  async stop(): Promise<readonly number[]> {
    await this.#process?.stop();
    // pcap-savefile(5): 24 bytes, then records of 16 bytes (s, µs, length here, on the wire) and data.
    const bytes = readFileSync(this.#file);
    const times: number[] = [];
    for (let at = 24; at + 16 <= bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
      times.push(bytes.readUInt32LE(at) * 1_000 + bytes.readUInt32LE(at + 4) / 1_000);
    }
    return times;
  }
}

/** Figures of the distances between instants. */
export interface Gaps {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Percentiles of the distances between instants, ms. */
export function gapsOf(timesMs: readonly number[]): Gaps {
  const gaps = timesMs.slice(1).map((atMs, i) => atMs - timesMs[i]!);
  gaps.sort((one, other) => one - other);
  const at = (share: number): number => round(gaps[Math.floor(share * (gaps.length - 1))] ?? NaN);
  return { count: gaps.length, p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999), maxMs: at(1) };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
