// Joins the health monitor to the world: checks run over real sockets, their verdicts change
// servers, and sessions follow.
import type { ConnectionOptions } from "node:tls";
import { assertNever } from "../base/assert.ts";
import type { EventMark } from "../base/event.ts";
import type { Millis } from "../base/units.ts";
import type { AdminState } from "../balance/admin.ts";
import type { QueueOutcome } from "../balance/assignment.ts";
import type { BackendBalancer } from "../balance/backend.ts";
import type { ServerState } from "../balance/server.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { LogLevel } from "../config/model/log.ts";
import {
  causeOf,
  describeChange,
  describeCheck,
  describeMaintenance,
  describeNoServer,
  describeReturn,
  describeSlowness,
} from "../health/describe.ts";
import type { HealthEffect, HealthEvent, OperationalState, StateCause } from "../health/events.ts";
import { HealthMonitor } from "../health/monitor.ts";
import { monitoredServers, serverKey } from "../health/monitored.ts";
import { planAgent, planCheck } from "../health/plan.ts";
import {
  type AdminSurroundings,
  changeCounts,
  changeServerAdmin,
  describedServer,
} from "../runtime/operations/server-admin.ts";
import type { BackendState } from "../session/backend-state.ts";
import type { Session } from "../session/session.ts";
import type { World } from "../session/world.ts";
import { CheckRunner } from "./checks/runner.ts";
import { monotonicMs } from "./clock.ts";
import { randomUint32 } from "./random.ts";
import type { SessionShell } from "./session-shell.ts";
import { TimerDriver } from "./timer-driver.ts";

/** What the shell needs from its process. */
export interface HealthShellHost {
  /** A state change in HAProxy's words, for the logs of its proxy. */
  logState(backend: BackendState, level: LogLevel, text: string, event?: EventMark): void;
  /** The same for what HAProxy has no words for: not for the logs of its proxy. */
  tell(backend: BackendState, level: LogLevel, text: string, event: EventMark): void;
  tlsFor(backend: BackendState, server: ServerState): ConnectionOptions | undefined;
  /** A server of the backend may be in another state than before. */
  changed?(backend: BackendState, nowMs: Millis): void;
}

/** Goes into the client identifiers of MQTT checks: those of two nodes must not be alike. */
const CHECKER = randomUint32().toString(36);

/** A server with its backend. */
interface Located {
  readonly backend: BackendState;
  readonly server: ServerState;
}

/** Keeps servers' health up to date. */
export class HealthShell {
  readonly #world: World;
  readonly #sessions: SessionShell;
  readonly #host: HealthShellHost;
  readonly #monitor: HealthMonitor;
  readonly #runner: CheckRunner;
  readonly #timer: TimerDriver<HealthMonitor>;
  readonly #slowstarts: TimerDriver<BackendBalancer<Session>>;

  constructor(world: World, sessions: SessionShell, host: HealthShellHost) {
    this.#world = world;
    this.#sessions = sessions;
    this.#host = host;
    const { global } = world;
    this.#monitor = new HealthMonitor({
      spreadPercent: global?.spreadChecks ?? 0,
      ...(global?.maxSpreadChecksMs === undefined ? {} : { spreadMaxMs: global.maxSpreadChecksMs }),
      random: () => world.random() / 2 ** 32,
    });
    this.#runner = new CheckRunner({
      nowMs: monotonicMs,
      onReport: (server, report) => this.tell({ kind: "check-done", server, report }),
      onAgentReply: (server, report, reply) =>
        this.tell({
          kind: "agent-done",
          server,
          report,
          ...(reply === undefined ? {} : { reply }),
        }),
      tlsFor: (key) => {
        const located = this.#locate(key);
        return located === undefined ? undefined : host.tlsFor(located.backend, located.server);
      },
    });
    this.#timer = new TimerDriver((_monitor, nowMs) => this.tell({ kind: "timeout" }, nowMs));
    this.#slowstarts = new TimerDriver((balancer, nowMs) => {
      sessions.dispatch(balancer.tick(nowMs), nowMs);
      this.#slowstarts.update(balancer);
    });
  }

  get monitor(): HealthMonitor {
    return this.#monitor;
  }

  /** Takes the servers of a configuration that the world has; unchanged ones keep their health. */
  reconfigure(configuration: Configuration, nowMs: Millis): void {
    this.#monitor.reconfigure(monitoredServers(configuration), nowMs);
    this.#drain(nowMs);
    for (const backend of this.#world.backends.values()) this.#follow(backend, nowMs);
    for (const backend of this.#world.backends.values()) this.#slowstarts.update(backend.balancer);
  }

  /** A server whose address or checks are others than before counts as the monitor begins with it. */
  #follow(backend: BackendState, nowMs: Millis): void {
    for (const server of backend.balancer.servers) {
      const status = this.#monitor.statusOf(serverKey(backend.name, server.name));
      if (status === undefined || status.maintenance !== "none") continue;
      const up = status.state === "stopping" ? status.state : status.state === "up";
      this.applyOutcome(backend, backend.balancer.setOperational(server, up, nowMs), nowMs);
    }
  }

  get #surroundings(): AdminSurroundings {
    return { world: this.#world, monitor: this.#monitor };
  }

  /** A connect for a client succeeded or failed (`observe layer4`). */
  observed(backend: string, server: ServerState, isOk: boolean, nowMs: Millis): void {
    this.tell({ kind: "traffic", server: serverKey(backend, server.name), ok: isOk }, nowMs);
  }

  /** Ends all checks. */
  close(): void {
    this.#timer.close();
    this.#slowstarts.close();
    this.#runner.close();
  }

  /** Tells the monitor, and carries out what it wants. */
  tell(event: HealthEvent, nowMs = monotonicMs()): void {
    this.#world.nowMs = nowMs;
    this.#monitor.handle(event, nowMs);
    this.#drain(nowMs);
  }

  #drain(nowMs: Millis): void {
    for (let effect = this.#monitor.poll(); effect; effect = this.#monitor.poll()) {
      this.#run(effect, nowMs);
    }
    this.#timer.update(this.#monitor);
  }

  #locate(key: string): Located | undefined {
    const slash = key.indexOf("/");
    const backend = this.#world.backends.get(key.slice(0, slash));
    const server = backend?.balancer.find(key.slice(slash + 1));
    return backend === undefined || server === undefined ? undefined : { backend, server };
  }

  #run(effect: HealthEffect, nowMs: Millis): void {
    const located = this.#locate(effect.server);
    if (located === undefined) return;
    const { backend, server } = located;
    switch (effect.kind) {
      case "start-check":
      case "start-agent":
        return this.#start(effect, located);
      case "abort-check":
        return this.#runner.abort(effect.server, "check");
      case "abort-agent":
        return this.#runner.abort(effect.server, "agent");
      case "server-up":
        return this.#change(located, "up", effect.cause, nowMs);
      case "server-down":
        return this.#change(located, "down", effect.cause, nowMs);
      case "server-stopping":
        return this.#change(located, "stopping", effect.cause, nowMs);
      case "inherit-maintenance":
        return this.#inheritMaintenance(located, effect, nowMs);
      case "set-weight":
        return this.#setWeight(located, effect.percent, nowMs);
      case "set-admin":
        return this.#setAdmin(located, effect.state, nowMs);
      case "set-slowness":
        return this.#setSlowness(located, effect, nowMs);
      case "set-maxconn": {
        if (server.maxconn === effect.maxconn) return;
        const outcome = backend.balancer.setMaxconn(server, effect.maxconn, nowMs);
        return this.applyOutcome(backend, outcome, nowMs);
      }
      case "log-check": {
        const { agent, report, health } = effect;
        const isDraining = server.isDraining();
        const text = describeCheck(describedServer(located), agent, report, health, isDraining);
        return this.#host.logState(backend, report.ok ? "notice" : "warning", text);
      }
      default:
        return assertNever(effect);
    }
  }

  #start(effect: Extract<HealthEffect, { kind: `start-${string}` }>, located: Located): void {
    const { backend, server } = located;
    const endpoint = backend.facts.get(server.name)?.endpoint;
    const plan =
      effect.kind === "start-check"
        ? planCheck(backend.proxy, server.spec, endpoint, CHECKER)
        : planAgent(backend.proxy, server.spec, endpoint);
    if (plan !== undefined) this.#runner.start(effect.server, plan);
  }

  #change(located: Located, to: OperationalState, cause: StateCause, nowMs: Millis): void {
    const { backend, server } = located;
    const up = to === "stopping" ? to : to === "up";
    const outcome = backend.balancer.setOperational(server, up, nowMs);
    const isDown = to === "down";
    const counts = changeCounts(located, outcome.requeued.length, isDown);
    const text = describeChange(describedServer(located), to, cause, counts);
    this.#host.logState(backend, isDown ? "alert" : "notice", text, {
      kind: `server.${to}`,
      subject: serverKey(backend.name, server.name),
      cause: causeOf(cause),
    });
    this.#endSessions(located, to, nowMs);
    this.applyOutcome(backend, outcome, nowMs);
  }

  #inheritMaintenance(
    located: Located,
    effect: Extract<HealthEffect, { kind: "inherit-maintenance" }>,
    nowMs: Millis,
  ): void {
    const { backend, server } = located;
    const wasDown = server.operational === "stopped";
    const outcome = backend.balancer.setInheritedMaintenance(server, effect.on, nowMs);
    const described = describedServer(located);
    const counts = changeCounts(located, outcome.requeued.length, true);
    const up = server.operational !== "stopped";
    const text = effect.on
      ? describeMaintenance(described, wasDown, counts, effect.via)
      : describeReturn(described, { up, draining: server.isDraining(), inherited: true });
    this.#host.logState(backend, effect.on && !wasDown ? "alert" : "notice", text, {
      kind: effect.on ? "server.maint" : "server.ready",
      severity: effect.on ? "warning" : "notice",
      subject: effect.server,
      cause: `via ${effect.via}`,
    });
    this.applyOutcome(backend, outcome, nowMs);
  }

  /** An agent's word; agents repeat themselves, and what is so already has no effects. */
  #setAdmin(located: Located, state: AdminState, nowMs: Millis): void {
    const target = { ...located, key: serverKey(located.backend.name, located.server.name) };
    for (const effect of changeServerAdmin(target, state, this.#surroundings, nowMs)) {
      if (effect.kind === "log") {
        const event = effect.event && { ...effect.event, cause: "agent check" };
        this.#host.logState(located.backend, effect.level, effect.text, event);
      } else if (effect.kind === "queue") this.applyOutcome(effect.backend, effect.outcome, nowMs);
      else if (effect.kind === "health") this.#monitor.handle(effect.event, nowMs);
    }
  }

  #setWeight({ backend, server }: Located, percent: number, nowMs: Millis): void {
    const outcome = backend.balancer.setWeight(server, { kind: "percent", percent }, nowMs);
    if (outcome.refused !== undefined) {
      const key = serverKey(backend.name, server.name);
      this.#host.logState(backend, "warning", `Agent weight for ${key}: ${outcome.refused}`);
    } else this.applyOutcome(backend, outcome, nowMs);
  }

  /** A broker answers late, later or less late than before. */
  #setSlowness(
    { backend, server }: Located,
    { percent, meanMs, turn }: Extract<HealthEffect, { kind: "set-slowness" }>,
    nowMs: Millis,
  ): void {
    const outcome = backend.balancer.setSlowness(server, percent, nowMs);
    if (turn !== undefined) {
      const subject = serverKey(backend.name, server.name);
      const isSlow = turn.to === "slow";
      const text = describeSlowness(subject, isSlow, meanMs ?? 0);
      const kind = isSlow ? "server.slow" : "server.quick";
      const mark = { kind, subject, durationMs: turn.afterMs };
      this.#host.tell(backend, isSlow ? "warning" : "notice", text, mark);
    }
    this.applyOutcome(backend, outcome, nowMs);
  }

  /** `on-marked-down shutdown-sessions` and `on-marked-up shutdown-backup-sessions`. */
  #endSessions({ backend, server }: Located, to: OperationalState, nowMs: Millis): void {
    if (to === "down" && server.spec.onMarkedDown !== undefined) {
      this.#sessions.kill(backend.sessions.get(server) ?? [], "server-down", nowMs);
    }
    if (to === "up" && server.spec.onMarkedUp !== undefined && !server.isBackup) {
      for (const [other, sessions] of backend.sessions) {
        if (other.isBackup) this.#sessions.kill(sessions, "backup-yields", nowMs);
      }
    }
  }

  /** Carries out what a change of servers means: for the logs, slow starts and sessions. */
  applyOutcome(backend: BackendState, outcome: QueueOutcome<Session>, nowMs: Millis): void {
    if (outcome.availability === "lost") {
      const kind = backend.proxy.kind === "backend" ? "backend" : "listen";
      this.#host.logState(backend, "emerg", describeNoServer(kind, backend.name), {
        kind: "backend.down",
        subject: backend.name,
      });
    } else if (outcome.availability === "regained") {
      this.#host.tell(backend, "notice", `${backend.name} has a usable server again`, {
        kind: "backend.up",
        subject: backend.name,
      });
    }
    this.#slowstarts.update(backend.balancer);
    this.#sessions.dispatch(outcome, nowMs);
    this.#host.changed?.(backend, nowMs);
  }
}
