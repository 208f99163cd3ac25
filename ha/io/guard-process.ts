// The guard as a process: carries out what the core asks for.
import { setTimeout as sleep } from "node:timers/promises";
import { BALANCER_LINE_CHARS_MAX, LIFE_LINE_CHARS_MAX, WILL_COMMAND_MS } from "../limits.ts";
import { Guard, type GuardStatus } from "../supervise/guard.ts";
import { guardReport } from "../supervise/guard-report.ts";
import type { Child, GuardEffect, GuardEvent, GuardSettings } from "../supervise/guard-events.ts";
import type { LastWill } from "../supervise/messages.ts";
import { decodeFromBalancer, decodeToGuard, encodeMessage } from "../supervise/wire.ts";
import { ChildRun, type ChildCommand, type ChildListener } from "./child-process.ts";
import { monotonicMs } from "./clock.ts";
import { ControlSocket } from "./control-socket.ts";
import type { EventSenderKeeper } from "./event-sender-keeper.ts";
import { GuardJournal, type GuardLog } from "./guard-journal.ts";
import { MachineDriver } from "./machine-driver.ts";
import { ProcessInspector } from "./process-inspect.ts";
import { becomeRealtime, makeRealtime } from "./realtime.ts";
import { ReserveProcess } from "./reserve-process.ts";
import { onSignalNumber } from "./signals.ts";
import { SystemdNotifier } from "./systemd.ts";
import type { WillExecutor } from "./will-executor.ts";

/** What a guard process needs. */
export interface GuardOptions {
  readonly settings: GuardSettings;
  /** How to start each child of `settings.children`. */
  readonly agentCommand?: ChildCommand;
  readonly balancerCommand?: ChildCommand;
  /** How to start a balancer that waits for a byte on its stdin; for `settings.hasReserve`. */
  readonly reserveCommand?: ChildCommand;
  /**
   * A function is called with what is put before a command that must not wait for a CPU: it is empty
   * where real-time scheduling is not wanted or not permitted.
   */
  readonly willExecutor: WillExecutor | ((realtimePrefix: readonly string[]) => WillExecutor);
  /** SCHED_RR priority of the agent, 1..99; the guard's is one higher. `undefined`: not wanted. */
  readonly realtimePriority: number | undefined;
  readonly log: GuardLog;
  /** Reads the settings again at SIGHUP; `undefined` when they are bad: then nothing is reloaded. */
  readonly reload?: () => Promise<GuardSettings | undefined>;
  /** Called once, when all children are ready. */
  readonly onReady?: () => void;
  /** Sends the events of the node away. */
  readonly eventSender?: EventSenderKeeper;
  /** Folder of the socket where `tandem status` asks; none when absent. */
  readonly controlFolder?: string;
}

/** The request for a JSON dump (SIGRTMIN+2); Node has no name for it. */
const SIGNAL_JSON = 36;

/** Starts and supervises the children until a signal ends it; resolves to the exit code. */
export function runGuard(options: GuardOptions): Promise<number> {
  return new GuardProcess(options).run();
}

/**
 * The run of an agent that loads its program as an ordinary process: a real-time one keeps whatever serves on
 * the same CPUs waiting, and nothing depends on an agent before its first one is ready. Those that are started
 * again are needed, however busy the machine is.
 */
const FIRST_RUN = 1;

interface Run {
  readonly number: number;
  readonly process: ChildRun;
  readonly inspector: ProcessInspector | undefined;
}

class GuardProcess {
  readonly #options: GuardOptions;
  readonly #journal: GuardJournal;
  readonly #guard: Guard;
  readonly #driver: MachineDriver<GuardEvent, GuardEffect>;
  readonly #runs = new Map<Child, Run>();
  #reserve: { readonly number: number; readonly process: ReserveProcess } | undefined;
  readonly #systemd = new SystemdNotifier(process.env);
  readonly #wills = new Set<Promise<void>>();
  readonly #undo: (() => void)[] = [];
  #agentPrefix: readonly string[] = [];
  #willExecutor: WillExecutor | undefined;
  readonly #warned = new Set<Child>();
  #isReady = false;
  #isReloading = false;
  #isReloadWanted = false;
  #finish: ((code: number) => void) | undefined;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#journal = new GuardJournal(options.log);
    this.#guard = new Guard(options.settings);
    this.#driver = new MachineDriver(this.#guard, (effect) => this.#carryOut(effect));
  }

  async run(): Promise<number> {
    this.#becomeRealtime();
    const { willExecutor } = this.#options;
    this.#willExecutor =
      typeof willExecutor === "function" ? willExecutor(this.#agentPrefix) : willExecutor;
    this.#takeSignals();
    const exit = new Promise<number>((resolve) => {
      this.#finish = resolve;
    });
    this.#driver.feed({ kind: "start" });
    const control = this.#openControl(monotonicMs());
    const { eventSender } = this.#options;
    eventSender?.start((line) => this.#journal.say(line));
    const code = await exit;
    await eventSender?.close();
    await control.close();
    await Promise.race([
      Promise.all(this.#wills),
      sleep(WILL_COMMAND_MS, undefined, { ref: false }),
    ]);
    this.#close();
    return code;
  }

  #openControl(startedMs: number): ControlSocket {
    const pidOf = (child: Child): number | undefined => this.#runs.get(child)?.process.pid;
    const self = { pid: process.pid, startedMs, pidOf };
    return new ControlSocket(
      "guard",
      this.#options.controlFolder,
      {
        status: () => guardReport(this.#guard.status(), self, monotonicMs()),
        events: (request) => this.#journal.events.answer(request),
      },
      (text) => this.#options.log("warning", text, undefined),
    );
  }

  #becomeRealtime(): void {
    const { realtimePriority, log } = this.#options;
    if (realtimePriority === undefined) return;
    const { agentPrefix, problem } = becomeRealtime(realtimePriority);
    this.#agentPrefix = agentPrefix;
    if (problem === undefined) return;
    log(
      "warning",
      `Real-time scheduling is not permitted (${problem}): under load, adverts come late and the ` +
        `other node may take over. Grant CAP_SYS_NICE (systemd: LimitRTPRIO=99), or write "realtime off"`,
      undefined,
    );
  }

  #takeSignals(): void {
    this.#on("SIGTERM", () => this.#stop("SIGTERM"));
    this.#on("SIGINT", () => this.#stop("SIGINT"));
    this.#on("SIGHUP", () => void this.#reload());
    this.#on("SIGUSR1", () => this.#passOn("SIGUSR1"));
    this.#on("SIGUSR2", () => this.#passOn("SIGUSR2"));
    const off = onSignalNumber(SIGNAL_JSON, () => this.#passOn(SIGNAL_JSON));
    if (off !== undefined) this.#undo.push(off);
  }

  #on(signal: NodeJS.Signals, listener: () => void): void {
    process.on(signal, listener);
    this.#undo.push(() => process.off(signal, listener));
  }

  #stop(signal: string): void {
    this.#journal.stopping(signal);
    this.#systemd.notify("STOPPING=1");
    this.#driver.feed({ kind: "stop" });
  }

  async #reload(): Promise<void> {
    // Files may have changed since this reload read them: it is followed by another one.
    this.#isReloadWanted = true;
    if (this.#isReloading) return;
    this.#isReloading = true;
    this.#systemd.notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`);
    while (this.#isReloadWanted) {
      this.#isReloadWanted = false;
      await this.#reloadOnce();
    }
    this.#isReloading = false;
    if (this.#isReady) this.#systemd.notify("READY=1");
  }

  async #reloadOnce(): Promise<void> {
    const { reload: read, settings: known, log } = this.#options;
    try {
      const settings = read === undefined ? known : await read();
      if (settings !== undefined) this.#driver.feed({ kind: "reload", settings });
      else this.#journal.reloadRefused();
    } catch (error) {
      log("error", `The reload failed: ${(error as Error).message}`, undefined);
    }
  }

  /** A child that is not ready has no handler yet: the signal would end it. */
  #passOn(signal: NodeJS.Signals | number): void {
    if (this.#guard.status().agent?.phase === "ready") {
      this.#runs.get("agent")?.process.signal(signal);
    }
  }

  #carryOut(effect: GuardEffect): void {
    switch (effect.kind) {
      case "spawn":
        this.#spawn(effect.child, effect.run, effect.reserve);
        return;
      case "prepare-reserve":
        this.#prepareReserve(effect.reserve);
        return;
      case "end-reserve":
        this.#takeReserve(effect.reserve)?.end();
        return;
      case "signal":
        this.#runOf(effect.child, effect.run)?.process.signal(effect.signal);
        return;
      case "inspect":
        this.#inspect(effect.child, effect.run);
        return;
      case "execute-will":
        this.#executeWill(effect.will);
        return;
      case "tell-agent-balancer":
        this.#tell("agent", encodeMessage({ kind: "balancer", report: effect.report }));
        return;
      case "tell-agent":
        if (effect.message === "beat") this.#beat("agent");
        else this.#tell("agent", encodeMessage({ kind: effect.message }));
        return;
      case "beat-balancer":
        this.#beat("balancer");
        return;
      case "tell-balancer-vips":
        this.#tell("balancer", encodeMessage({ kind: "vips", held: effect.held }));
        return;
      case "tell-agent-tickle": {
        const line = encodeMessage({ kind: "tickle", connections: effect.connections });
        this.#runs.get("agent")?.process.sendIfRead(line);
        return;
      }
      case "exit":
        this.#finish?.(effect.code);
        return;
      case "log":
        this.#journal.say(effect);
        return;
    }
  }

  #spawn(child: Child, number: number, reserve: number | undefined): void {
    const { log } = this.#options;
    const listener: ChildListener = {
      onLine: (line) => this.#onLine(child, number, line),
      onStartFailure: (problem) => log("error", problem, child),
      onEnded: (code, signal) => this.#onEnded(child, number, code, signal),
    };
    const woken = reserve === undefined ? undefined : this.#takeReserve(reserve)?.wake(listener);
    const started = woken ?? this.#start(child, number, listener);
    const inspector = started.pid === undefined ? undefined : new ProcessInspector(started.pid);
    this.#runs.set(child, { number, process: started, inspector });
    if (started.pid !== undefined) {
      const origin = woken === undefined ? "" : ", which stood in reserve";
      log("info", `The ${child} is process ${started.pid} (run ${number})${origin}`, child);
    }
  }

  #start(child: Child, run: number, listener: ChildListener): ChildRun {
    const { agentCommand, balancerCommand } = this.#options;
    const isAgent = child === "agent";
    const command = given(isAgent ? agentCommand : balancerCommand, child);
    const prefix = isAgent && run > FIRST_RUN ? this.#agentPrefix : [];
    const charsMax = isAgent ? LIFE_LINE_CHARS_MAX : BALANCER_LINE_CHARS_MAX;
    return new ChildRun(command, prefix, charsMax, listener);
  }

  /** What an agent that is ready has to do must not be late. */
  async #hastenAgent(run: number): Promise<void> {
    const pid = this.#runOf("agent", run)?.process.pid;
    const problem = pid === undefined ? undefined : await makeRealtime(pid, this.#agentPrefix);
    if (problem === undefined || this.#runOf("agent", run) === undefined) return;
    this.#options.log("warning", `The agent is not scheduled in real time: ${problem}`, "agent");
  }

  #prepareReserve(number: number): void {
    const { reserveCommand, log } = this.#options;
    const prepared = new ReserveProcess(given(reserveCommand, "balancer in reserve"), {
      onStartFailure: (problem) => log("error", problem, "balancer"),
      onEnded: (code, signal) => {
        this.#takeReserve(number);
        this.#driver.feed({ kind: "reserve-ended", reserve: number, code, signal });
      },
    });
    this.#reserve = { number, process: prepared };
    if (prepared.pid === undefined) return;
    log("info", `Process ${prepared.pid} stands in reserve for the balancer`, "balancer");
  }

  /** The reserve of this number, which is none any more. */
  #takeReserve(number: number): ReserveProcess | undefined {
    const reserve = this.#reserve;
    if (reserve?.number !== number) return undefined;
    this.#reserve = undefined;
    return reserve.process;
  }

  #onLine(child: Child, run: number, line: string): void {
    if (child === "agent") {
      const message = decodeToGuard(line);
      if (message === undefined) return this.#warnOfLine(child);
      if (message.kind === "beat") this.#runOf(child, run)?.inspector?.beat();
      if (message.kind === "ready" && run === FIRST_RUN) void this.#hastenAgent(run);
      this.#driver.feed({ kind: "from-agent", run, message });
    } else {
      const message = decodeFromBalancer(line);
      if (message === undefined) return this.#warnOfLine(child);
      if (message.kind === "beat") this.#runOf(child, run)?.inspector?.beat();
      this.#driver.feed({ kind: "from-balancer", run, message });
    }
    if (!this.#isReady) this.#maybeReady();
  }

  #maybeReady(): void {
    const { agent, balancer }: GuardStatus = this.#guard.status();
    const isReady = [agent, balancer].every(
      (child) => child === undefined || child.phase === "ready",
    );
    if (!isReady) return;
    this.#isReady = true;
    this.#journal.ready();
    this.#systemd.notify("READY=1");
    this.#options.onReady?.();
  }

  #onEnded(child: Child, run: number, code: number | null, signal: string | null): void {
    if (this.#runs.get(child)?.number === run) this.#runs.delete(child);
    this.#driver.feed({ kind: "ended", child, run, code, signal });
  }

  #inspect(child: Child, run: number): void {
    const inspection = this.#runOf(child, run)?.inspector?.inspect(this.#guard.beatMs);
    if (inspection === undefined) return;
    this.#driver.feed({ kind: "inspected", child, run, ...inspection });
  }

  #executeWill(will: LastWill): void {
    const executing = this.#willExecutor!.execute(will).then((problems) => {
      this.#wills.delete(executing);
      this.#journal.willExecuted(will, problems);
    });
    this.#wills.add(executing);
  }

  #tell(child: Child, line: string): void {
    this.#runs.get(child)?.process.send(line);
  }

  #beat(child: Child): void {
    const beat = encodeMessage({ kind: "beat", everyMs: this.#guard.beatMs });
    this.#runs.get(child)?.process.sendIfRead(beat);
  }

  #runOf(child: Child, number: number): Run | undefined {
    const run = this.#runs.get(child);
    return run?.number === number ? run : undefined;
  }

  #warnOfLine(child: Child): void {
    if (this.#warned.has(child)) return;
    this.#warned.add(child);
    this.#options.log(
      "warning",
      `The ${child} said something that cannot be understood: are all parts of one version?`,
      child,
    );
  }

  #close(): void {
    this.#reserve?.process.end();
    this.#driver.close();
    this.#systemd.close();
    this.#willExecutor?.close();
    for (const undo of this.#undo) undo();
  }
}

function given(command: ChildCommand | undefined, who: string): ChildCommand {
  if (command === undefined) throw new Error(`No command is given for the ${who}`);
  return command;
}
