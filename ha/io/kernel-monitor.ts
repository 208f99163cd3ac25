// Addresses and links of the kernel: a first look, then notices, and another look whenever notices
// may have been lost.
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import {
  IP_REPLY_LINE_CHARS_MAX,
  MONITOR_NAMES_MAX,
  MONITOR_READY_MS,
  MONITOR_READY_POLL_MS,
  MONITOR_RESTART_DELAY_MS,
  MONITOR_SNAPSHOT_MS,
} from "../limits.ts";
import { LineReader } from "../../src/base/line-reader.ts";
import { parseMonitorLine, type MonitorLine } from "../vip/monitor-lines.ts";
import type { KernelAddress, KernelLink, VipEvent } from "../vip/vip-events.ts";
import type { IpBatch } from "./ip-batch.ts";
import { standingProgram } from "./standing-program.ts";

/** What the kernel says. */
export type KernelEvent = Extract<
  VipEvent,
  { kind: "address-added" | "address-removed" | "addresses" | "link" | "link-removed" }
>;

/** How the kernel is watched. */
export interface KernelMonitorOptions {
  /** Asked for all links and addresses. */
  readonly batch: IpBatch;
  /** Put before the command, as with `IpBatch`. */
  readonly prefix?: readonly string[];
  onEvent(event: KernelEvent): void;
  /** The monitor ended, or a look at the kernel failed. It goes on by itself. */
  onProblem?(problem: string): void;
}

/** See the head of this file. */
export class KernelMonitor {
  readonly #options: KernelMonitorOptions;
  /** Names by index, of the links that are there. */
  readonly #links = new Map<number, string>();
  /** Indices that names have or had. */
  readonly #indices = new Map<string, number>();
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #snapshotTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: KernelMonitorOptions) {
    this.#options = options;
  }

  /** Begins to watch; resolves when all links, then all addresses have been told. */
  async start(): Promise<void> {
    this.#spawn();
    await this.snapshot();
  }

  /** Looks at all links and addresses and tells of them. */
  async snapshot(): Promise<void> {
    await this.#snapshotLinks();
    await this.verify();
  }

  /** Looks at all addresses and tells of them. */
  async verify(): Promise<void> {
    const { lines, problem } = await this.#options.batch.ask(["address", "show"]);
    if (this.#isClosed) return;
    if (problem !== undefined) {
      this.#options.onProblem?.(`The addresses of the kernel cannot be read: ${problem}`);
      return;
    }
    const addresses: KernelAddress[] = [];
    for (const line of lines) {
      const parsed = parseMonitorLine(line);
      if (parsed?.kind === "address") addresses.push(this.#named(parsed));
    }
    this.#options.onEvent({ kind: "addresses", addresses });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#snapshotTimer);
    this.#child?.kill("SIGKILL");
  }

  async #snapshotLinks(): Promise<void> {
    const { lines, problem } = await this.#options.batch.ask(["link", "show"]);
    if (this.#isClosed) return;
    if (problem !== undefined) {
      this.#options.onProblem?.(`The links of the kernel cannot be read: ${problem}`);
      return;
    }
    const former = new Map(this.#links);
    for (const line of lines) {
      const parsed = parseMonitorLine(line);
      if (parsed?.kind !== "link") continue;
      former.delete(parsed.link.index);
      this.#tellLink(parsed.link);
    }
    for (const [index, name] of former) this.#tellRemoved(index, name);
  }

  #spawn(): void {
    const words = standingProgram("ip -o monitor address link", true);
    const [file, ...args] = [...(this.#options.prefix ?? []), ...words];
    const startedMs = performance.now();
    const child = spawn(file!, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    const lines = new LineReader(IP_REPLY_LINE_CHARS_MAX);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      for (const line of lines.push(text)) this.#onLine(parseMonitorLine(line));
    });
    // It only ever complains of notices that were lost.
    child.stderr.on("data", () => this.#snapshotSoon());
    let isOver = false;
    const end = (problem: string): void => {
      if (isOver || this.#isClosed) return;
      isOver = true;
      this.#options.onProblem?.(`"ip monitor" ${problem}: it is started again`);
      clearTimeout(this.#timer);
      const hasLived = performance.now() - startedMs >= MONITOR_RESTART_DELAY_MS;
      const delayMs = hasLived ? 0 : MONITOR_RESTART_DELAY_MS;
      this.#timer = setTimeout(() => this.#spawn(), delayMs);
    };
    child.once("error", (error) => end(`cannot be started (${error.message})`));
    child.once("close", (code, signal) => end(`ended (${signal ?? String(code)})`));
    this.#awaitListening(child, startedMs);
  }

  /** What happened before the monitor listened is seen by a look afterwards. */
  #awaitListening(child: ChildProcess, startedMs: number): void {
    const isLate = performance.now() - startedMs >= MONITOR_READY_MS;
    if (isLate || (child.pid !== undefined && isListening(child.pid))) {
      this.#snapshotSoon();
      return;
    }
    this.#timer = setTimeout(() => this.#awaitListening(child, startedMs), MONITOR_READY_POLL_MS);
  }

  #onLine(line: MonitorLine | undefined): void {
    if (line === undefined || this.#isClosed) return;
    if (line.kind === "address") {
      const kind = line.isDeleted ? "address-removed" : "address-added";
      this.#options.onEvent({ kind, address: this.#named(line) });
      return;
    }
    // A port that leaves its bridge is told of in the same words as a link that goes.
    if (line.isDeleted) void this.#snapshotLinks();
    else this.#tellLink(line.link);
  }

  #tellLink(link: KernelLink): void {
    const former = this.#links.get(link.index);
    if (former !== undefined && former !== link.name) {
      this.#tellRemoved(link.index, former);
      // The addresses of a renamed link are told of only when asked for.
      this.#snapshotSoon();
    }
    this.#noteIndex(link);
    this.#links.set(link.index, link.name);
    this.#options.onEvent({ kind: "link", link });
  }

  /** `ip` remembers indices of names: what is asked of it next must find the new one. */
  #noteIndex({ name, index }: KernelLink): void {
    const known = this.#indices.get(name);
    if (known === index) return;
    const isFull = this.#indices.size >= MONITOR_NAMES_MAX;
    if (isFull) this.#indices.clear();
    if (known !== undefined || isFull) this.#options.batch.forgetLinks();
    this.#indices.set(name, index);
  }

  #tellRemoved(index: number, name: string): void {
    this.#links.delete(index);
    // A link may have been made anew under its old name.
    if (![...this.#links.values()].includes(name)) {
      this.#options.onEvent({ kind: "link-removed", name });
    }
  }

  /** The address with the name that its link has now. */
  #named({ index, address }: Extract<MonitorLine, { kind: "address" }>): KernelAddress {
    return { ...address, device: this.#links.get(index) ?? address.device };
  }

  #snapshotSoon(): void {
    this.#snapshotTimer ??= setTimeout(() => {
      this.#snapshotTimer = undefined;
      void this.snapshot();
    }, MONITOR_SNAPSHOT_MS);
  }
}

/** Whether a process has joined groups of rtnetlink: columns of /proc/net/netlink are sk, Eth, Pid, Groups... */
function isListening(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/net/netlink`, "utf8")
      .split("\n")
      .some((line) => {
        const [, protocol, owner, groups] = line.trim().split(/\s+/);
        return protocol === "0" && owner === String(pid) && Number(`0x${groups ?? "0"}`) !== 0;
      });
  } catch {
    return false;
  }
}
