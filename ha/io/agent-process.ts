// The agent as a process: reads its file, opens what it needs, drives the core, and ends by signal, by
// word of the guard, or when the guard is dead.
import { randomBytes } from "node:crypto";
import { unlink, writeFile } from "node:fs/promises";
import type { EventMark } from "../../src/base/event.ts";
import { EVENT_HANDOVER_MS, EventFeed } from "../../src/base/io/event-feed.ts";
import type { Machine } from "../../src/base/machine.ts";
import { Agent } from "../agent/agent.ts";
import { agentReport } from "../agent/agent-report.ts";
import type { AgentEffect, AgentEvent } from "../agent/agent-events.ts";
import { endHold, handOver, type OperatorOutcome } from "../agent/operator-requests.ts";
import { dumpData } from "../agent/dump-data.ts";
import { dumpJson } from "../agent/dump-json.ts";
import { dumpStats } from "../agent/dump-stats.ts";
import type { AgentOptions } from "../agent-options.ts";
import { reloadObjection } from "../config/reload.ts";
import { AGENT_STOP_MS_MAX } from "../limits.ts";
import type { LastWill } from "../supervise/messages.ts";
import { sleepLookPeriod } from "../supervise/pace.ts";
import { AgentWorld } from "./agent-world.ts";
import { monotonicMs, wallOffsetMs } from "./clock.ts";
import { ControlSocket } from "./control-socket.ts";
import { defaultDumpPaths, type DumpPaths, writeDump } from "./dump-files.ts";
import { type GuardChannel, openGuardChannel } from "./guard-channel.ts";
import { loadAgentConfiguration, type LoadedConfiguration } from "./load-configuration.ts";
import { type Log, openLog } from "./log/log.ts";
import { tell } from "./log/tell.ts";
import { logForm } from "./log-form.ts";
import { MachineDriver } from "./machine-driver.ts";
import { applyProcessSettings } from "./process-settings.ts";
import { runOnce } from "./run-once.ts";
import { ScriptLauncher } from "./script-launcher.ts";
import { onSignalNumber } from "./signals.ts";
import { SleepClock } from "./sleep-clock.ts";

/** What a guard tells its agent on the command line. */
export type AgentChildOptions = Pick<
  AgentOptions,
  | "file"
  | "configId"
  | "logs"
  | "logFile"
  | "syslogFacility"
  | "vrrpPidfile"
  | "keepsVips"
  | "logsAddresses"
  | "dumps"
  | "controlFolder"
> & {
  /** Whether the guard supervises a balancer. */
  readonly hasBalancer: boolean;
};

/** Daemon exit codes of Keepalived (reference §2.3). */
const EXIT_CONFIG = 2;
/** The request for a JSON dump: SIGRTMIN+2. */
const SIGNAL_JSON = 36;

/** Runs until it is told to stop; resolves to the exit code. */
export async function runAgentProcess(options: AgentChildOptions): Promise<number> {
  const log = openLog(logForm(options, "Keepalived_vrrp"));
  const loaded = await loadAgentConfiguration(options);
  if (!loaded.isUsable) {
    log.write("error", `"${options.file}" cannot be used`);
    log.close();
    return EXIT_CONFIG;
  }
  if (options.vrrpPidfile !== undefined) await writeFile(options.vrrpPidfile, `${process.pid}\n`);
  const running = new AgentProcess(options, loaded, log);
  const code = await running.run();
  if (options.vrrpPidfile !== undefined) await unlink(options.vrrpPidfile).catch(() => undefined);
  log.close();
  return code;
}

/** The agent, told of a sleep of the machine before anything else that wakes it. */
function awake(agent: Agent): Machine<AgentEvent, AgentEffect> {
  const clock = new SleepClock();
  return {
    handle(event, nowMs) {
      const sleptMs = clock.sleptMs();
      if (sleptMs > 0) agent.handle({ kind: "slept", sleptMs }, nowMs);
      agent.handle(event, nowMs);
    },
    poll: () => agent.poll(),
    nextTimeout: () => agent.nextTimeout(),
  };
}

class AgentProcess {
  readonly #options: AgentChildOptions;
  readonly #log: Log;
  readonly #events = new EventFeed("agent");
  readonly #agent: Agent;
  readonly #driver: MachineDriver<AgentEvent, AgentEffect>;
  readonly #world: AgentWorld;
  readonly #channel: GuardChannel | undefined;
  readonly #launcher: ScriptLauncher;
  readonly #dumps: DumpPaths;
  readonly #undo: (() => void)[] = [];
  #stopTimer: NodeJS.Timeout | undefined;
  #isWillOverdueTold = false;
  #configuration: LoadedConfiguration["configuration"];
  #looking: NodeJS.Timeout | undefined;
  #isStopping = false;
  #reloading: Promise<void> = Promise.resolve();
  #finish: ((code: number) => void) | undefined;

  constructor(options: AgentChildOptions, { configuration }: LoadedConfiguration, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#configuration = configuration;
    this.#launcher = new ScriptLauncher(configuration.global);
    this.#dumps = options.dumps ?? defaultDumpPaths(process.env);
    this.#agent = new Agent({
      configuration,
      nonce: randomBytes(8),
      hasBalancer: options.hasBalancer,
      removesLeftovers: !options.keepsVips,
      keepsVips: options.keepsVips,
    });
    this.#driver = new MachineDriver(awake(this.#agent), (effect) => this.#carryOut(effect));
    this.#channel = openGuardChannel({
      onMessage: (message) => {
        if (message.kind === "balancer" || message.kind === "tickle") this.#driver.feed(message);
        else if (message.kind === "reload") this.#reload();
        else if (message.kind === "stop") this.#stop("the guard asks for it");
      },
      onEnd: () => this.#stop("the guard is dead"),
      onSilence: (ms) =>
        log.write(
          "warning",
          `the guard has been silent for ${Math.round(ms)} ms: nothing is supervised`,
        ),
    });
    this.#world = new AgentWorld({
      configuration,
      log,
      events: this.#events,
      launcher: this.#launcher,
      logsAddresses: options.logsAddresses,
      feed: (event) => this.#driver.feed(event),
      tellWill: (will) => this.#tellWill(will),
      tellVips: (held) => this.#channel?.send({ kind: "vips", held }),
    });
  }

  async run(): Promise<number> {
    for (const problem of applyProcessSettings(this.#configuration.global)) {
      this.#log.write("warning", problem);
    }
    const exit = new Promise<number>((resolve) => {
      this.#finish = resolve;
    });
    this.#takeSignals();
    const { startupScript, startupScriptTimeoutMs } = this.#configuration.global;
    await runOnce(startupScript, startupScriptTimeoutMs, this.#launcher, this.#log);
    await this.#world.start();
    this.#driver.feed({ kind: "start" });
    this.#lookForSleep();
    this.#undo.push(() => clearInterval(this.#looking));
    this.#channel?.send({ kind: "ready" });
    this.#tell("info", "The agent has started", "agent.started", {
      data: { instances: this.#configuration.instances.length },
    });
    const control = this.#openControl(monotonicMs());
    const code = await exit;
    clearTimeout(this.#stopTimer);
    await this.#events.handedOver(EVENT_HANDOVER_MS);
    await control.close();
    this.#driver.close();
    await this.#world.close();
    const { shutdownScript, shutdownScriptTimeoutMs } = this.#configuration.global;
    // Beats go on meanwhile, and the guard knows how long this may take.
    await runOnce(shutdownScript, shutdownScriptTimeoutMs, this.#launcher, this.#log);
    for (const undo of this.#undo) undo();
    this.#channel?.close();
    return code;
  }

  /** A sleep is noticed by the next event at the latest, and a backup has few of them. */
  #lookForSleep(): void {
    clearInterval(this.#looking);
    const everyMs = sleepLookPeriod(this.#configuration.tandem.agentTimeoutMs);
    this.#looking = setInterval(() => this.#driver.feed({ kind: "timeout" }), everyMs);
  }

  #openControl(startedMs: number): ControlSocket {
    const { pid } = process;
    return new ControlSocket(
      "agent",
      this.#options.controlFolder,
      {
        status: () => agentReport(this.#agent.status(), { pid, startedMs }, monotonicMs()),
        events: (request) => this.#events.answer(request),
        "hand-over": (request) => this.#operate(handOver(request, this.#agent.status())),
        "end-hold": () => this.#operate(endHold(this.#agent.status())),
      },
      (text) => this.#log.write("warning", text),
    );
  }

  /** The answer goes out when the addresses are on their way out. */
  #operate(outcome: OperatorOutcome): object {
    if (!outcome.ok) return outcome;
    for (const event of outcome.events) this.#driver.feed(event);
    return { ok: true, instances: outcome.instances };
  }

  #carryOut(effect: AgentEffect): void {
    if (effect.kind === "stopped") this.#finish?.(0);
    else this.#world.carryOut(effect);
  }

  /** What is not in the kernel is lost with this process, so that nobody would undo what it undoes. */
  #tellWill(will: LastWill): void {
    const channel = this.#channel;
    if (channel === undefined || channel.send({ kind: "will", will }) || !channel.isOpen) return;
    if (this.#isWillOverdueTold) return;
    this.#isWillOverdueTold = true;
    this.#log.write(
      "warning",
      "The guard does not read: should this process die now, its virtual IPs would stay. " +
        "See whether the guard is stopped (state T in ps) or the machine is overloaded",
    );
  }

  #stop(reason: string): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#tell("info", `Stopping: ${reason}`, "agent.stopping", { cause: reason });
    this.#stopTimer = setTimeout(() => {
      this.#log.write("error", `not done after ${AGENT_STOP_MS_MAX} ms: ending all the same`);
      this.#finish?.(1);
    }, AGENT_STOP_MS_MAX);
    this.#driver.feed({ kind: "stop" });
  }

  /** One at a time: what was read last must count last. */
  #reload(): void {
    this.#reloading = this.#reloading
      .then(() => this.#reloadOnce())
      .catch((error: unknown) => {
        this.#log.write("error", `The reload failed: ${(error as Error).message}`);
      });
  }

  async #reloadOnce(): Promise<void> {
    const startedMs = monotonicMs();
    const loaded = await loadAgentConfiguration(this.#options);
    const objection = reloadObjection(this.#configuration, loaded);
    if (objection !== undefined) {
      const text = `reload refused, the running configuration stays: ${objection}`;
      this.#tell("error", text, "agent.reload-refused", { cause: objection });
      return;
    }
    this.#configuration = loaded.configuration;
    this.#lookForSleep();
    await this.#world.reconfigure(loaded.configuration);
    this.#driver.feed({ kind: "reload", configuration: loaded.configuration });
    this.#tell("info", "reloaded", "agent.reloaded", { durationMs: monotonicMs() - startedMs });
  }

  #tell(
    level: "info" | "error",
    text: string,
    kind: string,
    more: Pick<EventMark, "cause" | "durationMs" | "data">,
  ): void {
    const severity = level === "info" ? "notice" : level;
    tell(this.#log, this.#events, level, text, { kind, severity, subject: "agent", ...more });
  }

  #takeSignals(): void {
    const handlers: [NodeJS.Signals, () => void][] = [
      ["SIGTERM", () => this.#stop("SIGTERM")],
      ["SIGINT", () => this.#stop("SIGINT")],
      ["SIGHUP", () => this.#reload()],
      ["SIGUSR1", () => this.#dump("data", dumpData(this.#agent.status(), wallOffsetMs()))],
      ["SIGUSR2", () => this.#dump("stats", dumpStats(this.#agent.status()))],
    ];
    for (const [signal, handler] of handlers) {
      process.on(signal, handler);
      this.#undo.push(() => process.off(signal, handler));
    }
    const off = onSignalNumber(SIGNAL_JSON, () =>
      this.#dump("json", dumpJson(this.#agent.status(), wallOffsetMs())),
    );
    if (off !== undefined) this.#undo.push(off);
  }

  #dump(kind: keyof DumpPaths, text: string): void {
    const path = this.#dumps[kind];
    writeDump(path, text).then(
      () => this.#log.write("info", `wrote "${path}"`),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log.write("error", `"${path}" cannot be written: ${reason}`);
      },
    );
  }
}
