// Counts the processes that vrrp_track_process blocks name, by looking through /proc. Keepalived
// asks the kernel's process connector, which answers in the first network namespace only: in
// containers it leaves instances in FAULT for ever.
//
// A scan lists /proc and reads little else: what is new, what is young (a process changes its name
// when it executes another program), what matched, and a few of the others in turn.
import { closeSync, openSync, readSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ProcessConfiguration } from "../config/model/tracking.ts";
import {
  isZombie,
  matchesCommandLine,
  matchesName,
  needsCommandLine,
  parseCommandLine,
  parseProcessStat,
} from "../track/process-match.ts";
import { PROCESS_SCAN_MS } from "../limits.ts";
import { monotonicMs } from "./clock.ts";

/** So long after it was first seen a process is read in every scan. */
const YOUNG_MS = 2_000;
/** Others that are read in one scan. */
const OLD_READ_COUNT = 16;
/** Processes that are read in one turn of the event loop: well below a millisecond. */
const TURN_READ_COUNT = 16;
/** Longer than any /proc/PID/stat (proc(5)): 52 numbers and a name. */
const STAT_BYTES_MAX = 2_048;

interface Known {
  readonly seenMs: number;
  /** Names of the blocks that it counts for. */
  matches: readonly string[];
}

/** See the head of this file. */
export class ProcessWatch {
  readonly #onCount: (name: string, count: number) => void;
  readonly #procDir: string;
  readonly #told = new Map<string, number>();
  #wanted: readonly ProcessConfiguration[] = [];
  #known = new Map<string, Known>();
  #timer: NodeJS.Timeout | undefined;
  #generation = 0;
  #nextOld = 0;
  readonly #buffer = Buffer.alloc(STAT_BYTES_MAX);

  /** `onCount` is called for each block after the first scan, and at each change. */
  constructor(onCount: (name: string, count: number) => void, procDir = "/proc") {
    this.#onCount = onCount;
    this.#procDir = procDir;
  }

  /** Watches for these from now on; nothing is read while there are none. */
  reconfigure(wanted: readonly ProcessConfiguration[]): void {
    this.#wanted = wanted;
    this.#known.clear();
    this.#told.clear();
    this.close();
    if (wanted.length > 0) void this.#scanAndGoOn(this.#generation);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#generation += 1;
  }

  async #scanAndGoOn(generation: number): Promise<void> {
    await this.#scan();
    if (generation !== this.#generation) return;
    this.#tell();
    this.#timer = setTimeout(() => void this.#scanAndGoOn(generation), PROCESS_SCAN_MS);
  }

  async #scan(): Promise<void> {
    const nowMs = monotonicMs();
    const entries = await readdir(this.#procDir).catch(() => []);
    const pids = entries.filter((entry) => /^\d+$/.test(entry));
    const former = this.#known;
    const known = new Map<string, Known>();
    const toRead: string[] = [];
    const old: string[] = [];
    for (const pid of pids) {
      const process = former.get(pid) ?? { seenMs: nowMs, matches: [] };
      known.set(pid, process);
      const isYoung = nowMs - process.seenMs < YOUNG_MS;
      (isYoung || process.matches.length > 0 ? toRead : old).push(pid);
    }
    for (let count = 0; count < Math.min(OLD_READ_COUNT, old.length); count += 1) {
      toRead.push(old[(this.#nextOld + count) % old.length]!);
    }
    this.#nextOld = old.length === 0 ? 0 : (this.#nextOld + OLD_READ_COUNT) % old.length;
    this.#known = known;
    for (const [index, pid] of toRead.entries()) {
      if (index % TURN_READ_COUNT === TURN_READ_COUNT - 1) await nextTurn();
      known.get(pid)!.matches = await this.#matchesOf(pid);
    }
  }

  async #matchesOf(pid: string): Promise<readonly string[]> {
    const stat = parseProcessStat(this.#readStat(pid));
    if (stat === undefined || isZombie(stat)) return [];
    const byName = this.#wanted.filter((wanted) => !needsCommandLine(wanted));
    const byLine = this.#wanted.filter(needsCommandLine);
    const matches = byName.filter((wanted) => matchesName(wanted, stat.name));
    if (byLine.length > 0) {
      const argv = parseCommandLine(await this.#readCommandLine(pid));
      matches.push(...byLine.filter((wanted) => matchesCommandLine(wanted, argv)));
    }
    return matches.map(({ name }) => name);
  }

  /** Empty for a process that has gone. The kernel answers from its own memory: no wait, a tenth of the cost. */
  #readStat(pid: string): string {
    try {
      const fd = openSync(`${this.#procDir}/${pid}/stat`, "r");
      try {
        return this.#buffer.toString("utf8", 0, readSync(fd, this.#buffer));
      } finally {
        closeSync(fd);
      }
    } catch {
      return "";
    }
  }

  /** Empty for a process that has gone. A command line is that process's memory, which may be swapped out or locked. */
  async #readCommandLine(pid: string): Promise<string> {
    return readFile(`${this.#procDir}/${pid}/cmdline`, "utf8").catch(() => "");
  }

  #tell(): void {
    const counts = new Map(this.#wanted.map(({ name }) => [name, 0]));
    for (const { matches } of this.#known.values()) {
      for (const name of matches) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const [name, count] of counts) {
      if (this.#told.get(name) === count) continue;
      this.#told.set(name, count);
      this.#onCount(name, count);
    }
  }
}
