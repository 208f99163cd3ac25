// What a balancer does because a guard watches it: it beats, judges its fitness, probes its own
// listeners, and ends when the guard has ended. Without a guard it does none of it.
import { type Fitness, LIFE_FD_VARIABLE } from "../base/life.ts";
import type { Configuration } from "../config/model/configuration.ts";
import { FitnessJudge } from "../health/fitness.ts";
import type { HealthStatus } from "../health/events.ts";
import { rehearseSessions } from "./rehearse-sessions.ts";
import type { Session } from "../session/session.ts";
import type { World } from "../session/world.ts";
import type { BalancerJournal } from "./balancer-journal.ts";
import { monotonicMs } from "./clock.ts";
import { LifeChannel, takeLifeSettings } from "./life-channel.ts";
import type { ProgramLog } from "./log/program-log.ts";
import type { ProcessMover } from "./mover/process-mover.ts";
import { mqttBind, probeByMqtt } from "./mqtt-probe.ts";
import { type ProbeOutcome, SelfProbe } from "./self-probe.ts";

/** Where sessions stand that the balancer has done its part for. */
const AT_BROKER: ReadonlySet<Session["stateName"]> = new Set([
  "queued",
  "pausing",
  "connecting",
  "answering",
  "relaying",
]);

/** The parts of a process that its life concerns. */
export interface LifeParts {
  readonly world: World;
  readonly mover: ProcessMover;
  readonly program: ProgramLog;
  readonly journal: BalancerJournal;
  statusOf(key: string): HealthStatus | undefined;
  /** Whether stick tables have been fetched from a peer once, or need not be. */
  resyncDone(): boolean;
  readonly isStopping: () => boolean;
  /** The sessions that live at this moment. */
  sessions(): Iterable<Session>;
  /** This node holds these virtual IP addresses now. */
  vips?(held: readonly string[]): void;
  /** The guard has ended: take no more connections, and end with the last session. */
  guardLost(): void;
  /** It has served made-up devices before, in reserve. */
  readonly hasRehearsed: boolean;
}

/** The supervised life of one process; all methods do nothing where no guard has started it. */
export class LifeShell {
  readonly #parts: LifeParts;
  readonly #channel: LifeChannel | undefined;
  readonly #judge: FitnessJudge;
  readonly #probe: SelfProbe;
  #outcome: ProbeOutcome = { result: "unknown" };
  #probeCount = 0;
  #wasFit: boolean | undefined;
  /** What is still to be practised, and by which configuration. */
  #toRehearse: Configuration | undefined;
  #hasRehearsed: boolean;
  #holdsVip = false;

  constructor(parts: LifeParts, environment: Record<string, string | undefined>) {
    this.#parts = parts;
    this.#hasRehearsed = parts.hasRehearsed;
    this.#judge = new FitnessJudge(parts, monotonicMs());
    this.#channel = this.#open(environment);
    const { mover, world } = parts;
    this.#probe = new SelfProbe({
      listeners: () => [...world.listeners.values()].map(({ listener }) => listener),
      view: (listener) => mover.viewListener(listener),
      expected: mover.expected,
      probeOtherwise: () => this.#probeOtherwise(),
      ended: (outcome) => this.#onProbed(outcome),
    });
  }

  /**
   * Serves made-up devices once, as soon as the guard has said that this node holds no address, and until
   * it does or a client comes: it may get all clients of another one at any moment. Three adverts without a
   * master, the least that comes before an address, mostly take longer.
   */
  rehearse(configuration: Configuration): void {
    if (this.#channel === undefined || this.#hasRehearsed) return;
    this.#hasRehearsed = true;
    this.#toRehearse = configuration;
  }

  /** Listeners are up. */
  ready(listeners: readonly string[]): void {
    if (this.#channel === undefined) return;
    this.#channel.ready(listeners);
    this.#probe.start();
  }

  /** The process is about to end, for a reason that its log tells. */
  stopping(reason: string): void {
    this.#channel?.stopping(reason);
  }

  /** Asks the agent for tickles: keys of connections, in base64. */
  tickle(connections: string): void {
    this.#channel?.tickle(connections);
  }

  close(): void {
    this.#probe.close();
    this.#channel?.close();
  }

  #open(environment: Record<string, string | undefined>): LifeChannel | undefined {
    const settings = takeLifeSettings(environment);
    if (settings === undefined) return undefined;
    try {
      return new LifeChannel(settings, {
        beat: () => ({
          kind: "beat",
          fitness: this.#judged(),
          probe: this.#outcome.result,
          probeCount: this.#probeCount,
        }),
        vips: (held) => this.#onVips(held),
        guardLost: () => this.#onGuardLost(),
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.program.warn(
        { reason },
        `${LIFE_FD_VARIABLE} must name the descriptor of an open pipe to the guard: running without one`,
      );
      return undefined;
    }
  }

  #onVips(held: readonly string[]): void {
    this.#holdsVip = held.length > 0;
    this.#beginRehearsal();
    this.#parts.vips?.(held);
  }

  #beginRehearsal(): void {
    const configuration = this.#toRehearse;
    const { world, isStopping } = this.#parts;
    const isCalm = (): boolean => !isStopping() && !this.#holdsVip && world.requestCount === 0;
    if (configuration === undefined || !isCalm()) return;
    this.#toRehearse = undefined;
    void rehearseSessions(configuration, isCalm);
  }

  /** The same, and a change is told of. */
  #judged(): Fitness {
    const fitness = this.fitness();
    const { isFit, reasons } = fitness;
    // Before it was fit once it starts.
    if (isFit === this.#wasFit || (!isFit && this.#wasFit === undefined)) return fitness;
    this.#wasFit = isFit;
    const cause = reasons.join("; ");
    const text = isFit ? "fit to serve" : `not fit to serve: ${cause}`;
    this.#parts.journal.turn(isFit ? "notice" : "warning", text, {
      kind: isFit ? "balancer.fit" : "balancer.unfit",
      subject: "balancer",
      ...(isFit ? {} : { cause }),
    });
    return fitness;
  }

  /** Whether this balancer can serve, at this moment. */
  fitness(): Fitness {
    if (this.#parts.isStopping()) return { isFit: false, reasons: ["the balancer is stopping"] };
    return this.#judge.judge(monotonicMs());
  }

  #probeOtherwise(): Promise<ProbeOutcome> | undefined {
    const { global, frontends } = this.#parts.world;
    const isStopping = this.#parts.isStopping();
    if (isStopping || global?.balancerProbe === "off")
      return Promise.resolve({ result: "unknown" });
    if (global?.balancerProbe !== "mqtt") return undefined;
    const bind = mqttBind(frontends.values());
    return bind === undefined ? undefined : probeByMqtt(bind, (port) => this.#isExcused(port));
  }

  /** Whether the client of this port waits for a broker, or clients wait for a free place. */
  #isExcused(port: number): boolean {
    const { world, mover } = this.#parts;
    for (const { listener } of world.listeners.values()) {
      if (mover.viewListener(listener)?.isHeldBack === true) return true;
    }
    for (const { stateName, context } of this.#parts.sessions()) {
      const { source } = context;
      if (source.kind === "ip" && source.port === port) return AT_BROKER.has(stateName);
    }
    return false;
  }

  #onProbed(outcome: ProbeOutcome): void {
    const former = this.#outcome;
    this.#outcome = outcome;
    this.#probeCount++;
    if (outcome.problem !== undefined && former.result !== "failed") {
      const { problem } = outcome;
      const event = { kind: "probe.failed", subject: "listeners", cause: problem };
      this.#parts.journal.turn("warning", "a probe of our own listeners failed", event, {
        problem,
      });
    } else if (outcome.result === "ok" && former.result === "failed") {
      const event = { kind: "probe.ok", subject: "listeners" };
      this.#parts.journal.turn("notice", "probes of our own listeners succeed again", event);
    }
  }

  #onGuardLost(): void {
    if (this.#parts.isStopping()) return;
    const event = { kind: "guard.lost", subject: "guard" };
    this.#parts.journal.tell("err", "the guard has ended: no more connections are taken", event);
    this.#parts.guardLost();
  }
}
