// A whole agent as one machine: it connects election, VIPs, tracking, heartbeats and notices, and
// decides nothing of theirs. The simulator drives it as the process does.
import { assertNever } from "../../src/base/assert.ts";
import { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Machine } from "../../src/base/machine.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import { Notices } from "../notify/notices.ts";
import { EMPTY_WILL, type BalancerReport } from "../supervise/messages.ts";
import type { TrackEffect } from "../track/track-events.ts";
import { Tracker } from "../track/tracker.ts";
import { VipKeeper } from "../vip/keeper.ts";
import type { VipEffect, VipEvent } from "../vip/vip-events.ts";
import type { ElectionEffect } from "../vrrp/election-events.ts";
import { Election } from "../vrrp/election.ts";
import type { AgentEffect, AgentEvent } from "./agent-events.ts";
import { drain } from "./drain.ts";
import { electionSettings } from "./election-settings.ts";
import { balancerNews } from "./balancer-news.ts";
import { Ears } from "./ears.ts";
import { Heartbeats } from "./heartbeats.ts";
import { Journal } from "./journal.ts";
import { Reception } from "./reception.ts";
import { agentStatus, type AgentStatus } from "./status.ts";
import { Tickles } from "./tickles.ts";
import { Voice } from "./voice.ts";
import { WillKeeper } from "./will-keeper.ts";

/** What an agent is made of. */
export interface AgentSettings {
  readonly configuration: AgentConfiguration;
  /** 8 random bytes, new for each process: heartbeats are bound to them. */
  readonly nonce: Uint8Array;
  /** Whether a guard supervises a balancer for this agent. */
  readonly hasBalancer: boolean;
  /** `false`: VIPs of an earlier run stay until they are claimed or released. */
  readonly removesLeftovers: boolean;
  /** `--dont-release-vrrp`: at a stop the VIPs stay. */
  readonly keepsVips?: boolean;
}

const STARTING: BalancerReport = { state: "starting", isFit: false, reasons: ["not started yet"] };
const ABSENT: BalancerReport = { state: "absent", isFit: true, reasons: [] };

/** See the head of this file. */
export class Agent implements Machine<AgentEvent, AgentEffect> {
  readonly #out = new EffectQueue<AgentEffect>();
  readonly #election: Election;
  readonly #vips: VipKeeper;
  readonly #tracker: Tracker;
  readonly #notices: Notices;
  readonly #heartbeats: Heartbeats;
  readonly #reception: Reception;
  readonly #voice: Voice;
  readonly #will = new WillKeeper();
  readonly #journal = new Journal((effect) => this.#out.push(effect));
  readonly #tickles = new Tickles((effect) => this.#out.push(effect));
  /** Faults that tracking found, by instance. */
  readonly #trackedFaults = new Map<string, readonly string[]>();
  readonly #ears = new Ears();
  readonly #settings: AgentSettings;
  #configuration: AgentConfiguration;
  #balancer: BalancerReport;
  #isStopping = false;
  #isStopped = false;

  constructor(settings: AgentSettings) {
    const { configuration } = settings;
    this.#configuration = configuration;
    this.#settings = settings;
    this.#balancer = settings.hasBalancer ? STARTING : ABSENT;
    this.#election = new Election(electionSettings(configuration));
    this.#vips = new VipKeeper(configuration.instances, {
      vipDown: configuration.tandem.vipDown,
    });
    this.#tracker = new Tracker(configuration);
    this.#notices = new Notices(configuration);
    this.#heartbeats = new Heartbeats(configuration, settings.nonce, (peer, isAlive, nowMs) =>
      this.#journal.heartbeat(peer, isAlive, nowMs),
    );
    this.#voice = new Voice(configuration, this.#heartbeats);
    this.#reception = new Reception(configuration);
  }

  handle(event: AgentEvent, nowMs: Millis): void {
    if (this.#isStopped) return;
    // The election is told of lost time before anything else may act on it.
    if (event.kind === "slept") {
      this.#election.handle({ kind: "stalled", sleptMs: event.sleptMs }, nowMs);
      this.#journal.slept(event.sleptMs);
    }
    this.#runElectionTimer(nowMs);
    this.#take(event, nowMs);
    this.#runTimers(nowMs);
    this.#pump(nowMs);
    this.#tickles.look(this.#configuration, this.#vips);
    this.#finish();
  }

  poll(): AgentEffect | undefined {
    return this.#out.poll();
  }

  nextTimeout(): Millis | undefined {
    const due = this.#machines().map((machine) => machine.nextTimeout() ?? Infinity);
    const atMs = Math.min(...due);
    return atMs === Infinity ? undefined : atMs;
  }

  /** All that dumps and status pages show. */
  status(): AgentStatus {
    return agentStatus({
      configuration: this.#configuration,
      election: this.#election,
      vips: this.#vips,
      tracker: this.#tracker,
      heartbeats: this.#heartbeats,
      reception: this.#reception,
      balancer: this.#balancer,
      voice: this.#voice,
    });
  }

  #machines(): readonly { nextTimeout(): Millis | undefined }[] {
    return [this.#election, this.#vips, this.#tracker, this.#notices, this.#heartbeats];
  }

  #runElectionTimer(nowMs: Millis): void {
    if (!isDue(this.#election, nowMs)) return;
    this.#election.handle({ kind: "timeout" }, nowMs);
    this.#pump(nowMs);
  }

  #runTimers(nowMs: Millis): void {
    if (isDue(this.#election, nowMs)) this.#election.handle({ kind: "timeout" }, nowMs);
    if (isDue(this.#vips, nowMs)) this.#vips.handle({ kind: "timeout" }, nowMs);
    if (isDue(this.#tracker, nowMs)) this.#tracker.handle({ kind: "timeout" }, nowMs);
    if (isDue(this.#notices, nowMs)) this.#notices.handle({ kind: "timeout" }, nowMs);
    if (isDue(this.#heartbeats, nowMs)) this.#heartbeats.onTimer(nowMs);
  }

  #take(event: AgentEvent, nowMs: Millis): void {
    switch (event.kind) {
      case "start":
        this.#start(nowMs);
        break;
      case "timeout":
      case "slept":
        break;
      case "packet":
        for (const heard of this.#reception.packet(event.packet, this.#voice.sources, nowMs)) {
          this.#election.handle({ kind: "advert", path: "vrrp", ...heard }, nowMs);
        }
        break;
      case "heartbeat":
        for (const heard of this.#heartbeats.receive(event.index, event.bytes, nowMs)) {
          this.#election.handle({ kind: "advert", path: "heartbeat", ...heard }, nowMs);
        }
        break;
      case "balancer": {
        const news = balancerNews(this.#balancer, event.report);
        if (news !== undefined) this.#out.push(news);
        this.#balancer = event.report;
        this.#tracker.handle(event, nowMs);
        break;
      }
      case "link": {
        const { name, isRunning } = event.link;
        this.#ears.noteLink(name, isRunning);
        this.#vips.handle(event, nowMs);
        this.#tracker.handle({ kind: "interface", name, isRunning }, nowMs);
        break;
      }
      case "link-removed":
        this.#ears.noteLink(event.name, false);
        this.#voice.addresses.removeDevice(event.name);
        this.#vips.handle(event, nowMs);
        this.#tracker.handle({ kind: "interface", name: event.name, isRunning: false }, nowMs);
        this.#refreshSources(nowMs);
        break;
      case "address-added":
        this.#voice.addresses.add(event.address);
        this.#addressEvent(event, nowMs);
        break;
      case "address-removed":
        this.#voice.addresses.remove(event.address);
        this.#addressEvent(event, nowMs);
        break;
      case "addresses":
        this.#voice.addresses.replace(event.addresses);
        this.#addressEvent(event, nowMs);
        break;
      case "reception":
        this.#ears.noteReception(event.instance, event.problem);
        this.#tellFaults(event.instance, nowMs);
        break;
      case "command-failed":
        this.#vips.handle(event, nowMs);
        break;
      case "script-ended":
      case "processes":
      case "file":
        this.#tracker.handle(event, nowMs);
        break;
      case "notified":
        this.#notices.handle(event, nowMs);
        break;
      case "tickle":
        this.#tickles.send(event.connections, nowMs);
        break;
      case "reload":
        this.#reload(event.configuration, nowMs);
        break;
      case "resign":
        this.#resign(event, nowMs);
        break;
      case "stop":
        this.#isStopping = true;
        this.#election.handle({ kind: "stop" }, nowMs);
        this.#pump(nowMs);
        if (this.#settings.keepsVips !== true) this.#vips.handle({ kind: "stop" }, nowMs);
        break;
      default:
        assertNever(event);
    }
  }

  #start(nowMs: Millis): void {
    this.#vips.handle({ kind: "start", removesLeftovers: this.#settings.removesLeftovers }, nowMs);
    this.#refreshSources(nowMs);
    this.#tracker.handle({ kind: "balancer", report: this.#balancer }, nowMs);
    this.#tracker.handle({ kind: "start" }, nowMs);
    this.#pump(nowMs);
    this.#heartbeats.start(nowMs);
    this.#election.handle({ kind: "start" }, nowMs);
  }

  #addressEvent(event: VipEvent, nowMs: Millis): void {
    this.#vips.handle(event, nowMs);
    this.#refreshSources(nowMs);
  }

  #reload(configuration: AgentConfiguration, nowMs: Millis): void {
    // What goes is released by the old configuration, what stays is told of the new one.
    this.#configuration = configuration;
    this.#notices.reconfigure(configuration, nowMs);
    this.#election.reconfigure(electionSettings(configuration), nowMs);
    this.#pump(nowMs);
    this.#voice.reconfigure(configuration);
    this.#vips.reconfigure(configuration.instances, nowMs);
    this.#tracker.reconfigure(configuration, nowMs);
    this.#heartbeats.reconfigure(configuration, nowMs);
    this.#reception.reconfigure(configuration);
    this.#refreshSources(nowMs);
  }

  #resign(event: Extract<AgentEvent, { kind: "resign" }>, nowMs: Millis): void {
    const { reason, holdMs } = event;
    const all = this.#configuration.instances.map(({ name }) => name);
    for (const instance of event.instance === undefined ? all : [event.instance]) {
      this.#election.handle({ kind: "resign", instance, reason, holdMs }, nowMs);
    }
  }

  /** Tells the election where its adverts come from, and that there is a fault where from nowhere. */
  #refreshSources(nowMs: Millis): void {
    for (const instance of this.#voice.refreshSources()) {
      const source = this.#voice.sources.get(instance);
      this.#election.handle({ kind: "source", instance, source }, nowMs);
      this.#tellFaults(instance, nowMs);
    }
  }

  #tellFaults(instance: string, nowMs: Millis): void {
    const own = this.#voice.faultsOf(instance).concat(this.#ears.faultsOf(instance));
    const faults = (this.#trackedFaults.get(instance) ?? []).concat(own);
    const isDeaf = this.#ears.isDeaf(instance, this.#voice.instance(instance)?.interface ?? "");
    this.#election.handle({ kind: "faults", instance, faults, isDeaf }, nowMs);
  }

  /** Carries effects from machine to machine until none is left. */
  #pump(nowMs: Millis): void {
    for (let isMoving = true; isMoving;) {
      isMoving = drain(this.#tracker, (effect) => this.#fromTracker(effect, nowMs));
      isMoving = drain(this.#election, (effect) => this.#fromElection(effect, nowMs)) || isMoving;
      this.#drainVips(nowMs);
      drain(this.#notices, (effect) => this.#out.push(effect));
      drain(this.#reception, (effect) => this.#out.push(effect));
      drain(this.#heartbeats, (effect) => this.#out.push(effect));
    }
  }

  #fromTracker(effect: TrackEffect, nowMs: Millis): void {
    switch (effect.kind) {
      case "run-script":
        this.#out.push(effect);
        break;
      case "priority":
        this.#notices.handle(effect, nowMs);
        this.#election.handle(effect, nowMs);
        break;
      case "faults":
        this.#notices.handle(effect, nowMs);
        this.#trackedFaults.set(effect.instance, effect.faults);
        this.#tellFaults(effect.instance, nowMs);
        break;
      case "hand-over":
        this.#election.handle({ ...effect, kind: "resign", holdMs: 0 }, nowMs);
        break;
      case "log":
        this.#out.push(effect);
        break;
      default:
        assertNever(effect);
    }
  }

  #fromElection(effect: ElectionEffect, nowMs: Millis): void {
    switch (effect.kind) {
      case "send":
        for (const packet of this.#voice.advertise(effect.instance, effect.priority, nowMs)) {
          this.#out.push({ kind: "send", packet });
        }
        break;
      case "claim":
        this.#journal.claimed(effect.instance, nowMs);
        this.#vips.handle(effect, nowMs);
        this.#renewWill();
        this.#drainVips(nowMs);
        break;
      case "release":
        if (this.#isStopping && this.#settings.keepsVips === true) break;
        this.#vips.handle(effect, nowMs);
        this.#drainVips(nowMs);
        this.#renewWill();
        break;
      case "reannounce":
        this.#vips.handle({ kind: "reannounce", instance: effect.instance }, nowMs);
        this.#journal.announcing(effect.instance, effect.reason, nowMs);
        this.#drainVips(nowMs);
        break;
      case "state":
        this.#heartbeats.noteState(effect);
        this.#notices.handle(effect, nowMs);
        break;
      case "lower-priority-advert":
        this.#notices.handle(effect, nowMs);
        break;
      case "log":
        this.#journal.log(effect.level, effect.instance, effect.text, effect.event);
        break;
      default:
        assertNever(effect);
    }
  }

  #drainVips(nowMs: Millis): void {
    drain(this.#vips, (effect) => this.#fromVips(effect, nowMs));
  }

  #fromVips(effect: VipEffect, nowMs: Millis): void {
    const { kind } = effect;
    if (kind === "log") {
      this.#journal.log(effect.level, effect.instance, effect.text, effect.event);
    } else if (kind === "settled") {
      this.#renewWill();
      const { instance, isHeld } = effect;
      const vips = this.#configuration.instances.find(({ name }) => name === instance)?.vips ?? [];
      this.#journal.settled(instance, isHeld, vips.length, nowMs);
    } else this.#out.push(effect);
  }

  /** What the guard must undo should this process die now. */
  #renewWill(): void {
    const isMaster = (name: string): boolean => this.#election.status(name)?.state === "MASTER";
    const will = this.#will.renew(this.#vips.will(), () => this.#voice.resignations(isMaster));
    if (will !== undefined) this.#out.push({ kind: "will", will });
  }

  #finish(): void {
    if (!this.#isStopping || this.#isStopped || !this.#isQuiet()) return;
    this.#isStopped = true;
    // What is left on purpose is not to be undone by the guard either.
    if (this.#settings.keepsVips === true) this.#out.push({ kind: "will", will: EMPTY_WILL });
    this.#out.push({ kind: "stopped" });
  }

  /** Nothing of ours may be in the kernel, and every notice has been given. */
  #isQuiet(): boolean {
    const isReleased = this.#settings.keepsVips === true || this.#vips.will().length === 0;
    return isReleased && this.#notices.isIdle;
  }
}

function isDue(machine: { nextTimeout(): Millis | undefined }, nowMs: Millis): boolean {
  const atMs = machine.nextTimeout();
  return atMs !== undefined && atMs <= nowMs;
}
