// A guard in a process of its own, with fake children that beat, hang or die on demand.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { ChildCommand } from "../../ha/io/child-process.ts";
import type { Child, GuardSettings } from "../../ha/supervise/guard-events.ts";
import type { LastWill } from "../../ha/supervise/messages.ts";
import { readState } from "../../ha/supervise/proc-text.ts";
import { encodeMessage } from "../../ha/supervise/wire.ts";
import { endLater } from "../support/cleanup.ts";
import { compileProgram } from "../support/compiled.ts";
import type { FakeNodeOptions } from "../support/fake-node.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";

/** A will that names what it does. */
export const WILL: LastWill = {
  commands: [{ program: undefined, words: ["addr", "del", "10.98.0.100/24", "dev", "eth0"] }],
  packets: [],
};

/** How the guard and its children behave. */
export interface NodeOptions {
  readonly settings?: Partial<GuardSettings>;
  readonly agentOrders?: readonly string[];
  readonly balancerOrders?: readonly string[];
  readonly will?: LastWill;
  /** Instead of the fake one. */
  readonly balancer?: ChildCommand;
  /** Default: the fake balancer with these orders and `standby`. */
  readonly reserve?: ChildCommand;
  readonly realtimePriority?: number;
  /** For the guard. */
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
  /** Default true: wait until both children are ready. */
  readonly isReady?: boolean;
  /** Takes the right to real-time scheduling away. */
  readonly isUnprivileged?: boolean;
}

/** Who writes notes: a balancer that was not woken does so as "reserve". */
export type Noter = Child | "reserve";

/** Something that happened, ms since 1970. */
export interface Noted {
  readonly atMs: number;
  readonly text: string;
}

/** Generous, so that a busy machine does not decide; tests that measure say otherwise. */
const SETTINGS: GuardSettings = {
  children: ["agent", "balancer"],
  balancerTimeoutMs: 300,
  agentTimeoutMs: 300,
  balancerStartTimeoutMs: 10_000,
  agentStartTimeoutMs: 10_000,
  stopTimeoutMs: 2_000,
  restartBudget: { count: 10, periodMs: 60_000 },
};

const WITHOUT_NICE = ["--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice", process.execPath];

/** A running guard. */
export class FakeNode {
  readonly process: RunningProcess;
  readonly #notes: string;

  constructor(running: RunningProcess, notes: string) {
    this.process = running;
    this.#notes = notes;
  }

  /** What the guard noted. */
  guardNotes(): Noted[] {
    return this.process.stdout().split("\n").slice(0, -1).map(noted);
  }

  /** What children of this kind noted, without their process ids. */
  childNotes(child: Noter): Noted[] {
    return this.#lines(child).map(({ atMs, rest }) => ({ atMs, text: rest }));
  }

  /** The process ids of this child's runs, first to last. */
  pids(child: Noter): number[] {
    return [...new Set(this.#lines(child).map(({ pid }) => pid))];
  }

  /** The process of this run, in the guard's words; also of children that write no notes. */
  async processOf(child: Child, run: number): Promise<number> {
    const pattern = new RegExp(`The ${child} is process (\\d+) \\(run ${run}\\)`);
    return Number((await this.process.waitForOutput(pattern))[1]);
  }

  /** Waits for the run of this number, from 1 on, to be up; gives its process id. */
  async run(child: Child, number: number): Promise<number> {
    const title = child === "agent" ? "Agent" : "Balancer";
    await this.process.waitForOutput(new RegExp(`${title} \\(run ${number}\\) is ready`));
    return this.pids(child)[number - 1]!;
  }

  /** Waits until the guard has noted this; gives when. */
  async guardNote(text: string | RegExp, count = 1): Promise<number> {
    const found = await waitFor(
      () => this.guardNotes().filter((each) => each.text.match(text) !== null)[count - 1],
      { what: () => `"${String(text)}" among ${this.process.output()}` },
    );
    return found.atMs;
  }

  /** Waits until a child has noted this; gives when. */
  async childNote(child: Noter, text: string, count = 1): Promise<number> {
    const found = await waitFor(
      () => this.childNotes(child).filter((each) => each.text === text)[count - 1],
      { what: () => `"${text}" of the ${child} in ${this.#text()}\n${this.process.output()}` },
    );
    return found.atMs;
  }

  #lines(child: Noter): { atMs: number; pid: number; rest: string }[] {
    return this.#text()
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" "))
      .filter((words) => words[1] === child)
      .map(([at, , pid, ...rest]) => ({
        atMs: Number(at),
        pid: Number(pid),
        rest: rest.join(" "),
      }));
  }

  #text(): string {
    return existsSync(this.#notes) ? readFileSync(this.#notes, "utf8") : "";
  }
}

let programs: { child: string; node: string } | undefined;

/** To be called in `beforeAll`. */
export function compilePrograms(): void {
  programs = {
    child: compileProgram("test/support/fake-child.ts"),
    node: compileProgram("test/support/fake-node.ts"),
  };
}

/** Starts a guard; ready once both children are, unless told otherwise. */
export async function startNode(options: NodeOptions = {}): Promise<FakeNode> {
  const notes = path.join(tempDir(), "notes");
  const { child, node } = programs!;
  const command = (role: Child, will: string, orders: readonly string[] = []) => ({
    command: process.execPath,
    args: [...(options.nodeFlags ?? []), child, role, notes, will, ...orders],
  });
  const balancerOrders = options.balancerOrders ?? [];
  const given: FakeNodeOptions = {
    settings: { ...SETTINGS, ...options.settings },
    agentCommand: command("agent", willText(options.will ?? WILL), options.agentOrders),
    balancerCommand: options.balancer ?? command("balancer", "", balancerOrders),
    reserveCommand: options.reserve ?? command("balancer", "", [...balancerOrders, "standby"]),
    ...(options.realtimePriority === undefined
      ? {}
      : { realtimePriority: options.realtimePriority }),
  };
  const running = await startProcess({
    command: options.isUnprivileged === true ? "setpriv" : process.execPath,
    args: [...(options.isUnprivileged === true ? WITHOUT_NICE : []), node, JSON.stringify(given)],
    stopTimeoutMs: 6_000,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const fake = new FakeNode(running, notes);
  // A guard that was killed leaves children that end by themselves, unless a test stopped them.
  endLater(async () => {
    await running.stop();
    for (const who of ["agent", "balancer", "reserve"] as const) {
      for (const pid of fake.pids(who)) endIfOurs(pid, notes);
    }
  });
  if (options.isReady !== false) {
    await running.waitForOutput(/ all ready\n/);
    await fake.childNote("agent", "bequeathed");
  }
  return fake;
}

/** A real balancer with this configuration file, and one in reserve. */
export function realBalancer(
  file: string,
  env: Readonly<Record<string, string>> = {},
): { balancer: ChildCommand; reserve: ChildCommand } {
  const given = { files: [file], controlPath: path.join(tempDir(), "control.sock") };
  const program = path.join(REPOSITORY_DIR, "bin", "balancer-child.js");
  const command = (options: object): ChildCommand => ({
    command: process.execPath,
    args: [program, JSON.stringify(options)],
    env,
  });
  return { balancer: command(given), reserve: command({ ...given, standby: true }) };
}

/** Whether a process runs; a zombie has ended. */
export function isThere(pid: number): boolean {
  try {
    return readState(readFileSync(`/proc/${pid}/stat`, "latin1")) !== "Z";
  } catch {
    return false;
  }
}

/** Bytes as on the wire: in base64. */
function willText(will: LastWill): string {
  const message = JSON.parse(encodeMessage({ kind: "will", will })) as { will: unknown };
  return JSON.stringify(message.will);
}

function endIfOurs(pid: number, notes: string): void {
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(notes)) process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** ms since 1970, as in notes. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

function noted(line: string): Noted {
  const space = line.indexOf(" ");
  return { atMs: Number(line.slice(0, space)), text: line.slice(space + 1) };
}
