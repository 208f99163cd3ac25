// The election of one node: all its virtual routers and sync groups as one machine.
//
// Theory of operation. An event goes to its router, then every group makes its members agree. Before
// any event the clock is compared with the timers: a node that did not run gives its VIPs up before
// it sends anything, since another node holds them by now.
import { assertNever } from "../../src/base/assert.ts";
import { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Machine } from "../../src/base/machine.ts";
import type { Millis } from "../../src/base/units.ts";
import type { InstanceConfiguration, SyncGroupConfiguration } from "../config/model/instance.ts";
import type {
  ElectionEffect,
  ElectionEvent,
  InstanceStatus,
  VrrpState,
} from "./election-events.ts";
import type { RouterSettings } from "./router-body.ts";
import { SyncGroup } from "./sync-group.ts";
import { VirtualRouter } from "./virtual-router.ts";

/** What an election is about. */
export interface ElectionSettings {
  readonly instances: readonly InstanceConfiguration[];
  readonly syncGroups: readonly SyncGroupConfiguration[];
  /** Whether an instance has exactly one peer. Default: unicast with one `unicast_peer`. */
  readonly isPair?: (instance: string) => boolean;
  /** `vrrp_startup_delay`: nothing is sent or heeded before. Default 0. */
  readonly startupDelayMs?: Millis;
}

/** See the head of this file. */
export class Election implements Machine<ElectionEvent, ElectionEffect> {
  readonly #out = new EffectQueue<ElectionEffect>();
  #startupDelayMs: Millis;
  /** In file order. */
  #routers = new Map<string, VirtualRouter>();
  #groups: readonly SyncGroup[] = [];
  #groupOf = new Map<string, SyncGroup>();
  #isStarted = false;
  /** When the startup delay ends; `undefined` while none runs. */
  #startAtMs: Millis | undefined;

  constructor(settings: ElectionSettings) {
    this.#startupDelayMs = settings.startupDelayMs ?? 0;
    this.#build(settings, new Map());
  }

  handle(event: ElectionEvent, nowMs: Millis): void {
    this.#checkLateness(event.kind === "stalled" ? event.sleptMs : 0, nowMs);
    switch (event.kind) {
      case "start":
        this.#start(nowMs);
        return;
      case "stop":
        this.#stop(nowMs);
        return;
      case "timeout":
        this.#onTimeout(nowMs);
        return;
      case "stalled":
        this.#settleAll(nowMs);
        return;
      case "advert":
      case "priority":
      case "faults":
      case "source":
      case "resign":
        this.#tell(event, nowMs);
        return;
      default:
        assertNever(event);
    }
  }

  poll(): ElectionEffect | undefined {
    return this.#out.poll();
  }

  nextTimeout(): Millis | undefined {
    let next = this.#startAtMs;
    for (const router of this.#routers.values()) {
      const atMs = router.nextTimeout();
      if (atMs !== undefined && (next === undefined || atMs < next)) next = atMs;
    }
    return next;
  }

  /**
   * Takes over another configuration. Instances of the same name, interface, VRID, version and
   * family keep state and timers; others resign, and new ones start.
   */
  reconfigure(settings: ElectionSettings, nowMs: Millis): void {
    this.#checkLateness(0, nowMs);
    this.#startupDelayMs = settings.startupDelayMs ?? 0;
    const former = this.#routers;
    const kept = new Map<string, VirtualRouter>();
    for (const configuration of settings.instances) {
      const router = former.get(configuration.name);
      if (router === undefined || !isSameRouter(router.settings.configuration, configuration)) {
        continue;
      }
      kept.set(configuration.name, router);
      former.delete(configuration.name);
    }
    for (const router of former.values()) router.stop("no longer configured", nowMs);
    for (const [name, router] of kept) {
      const configuration = settings.instances.find((instance) => instance.name === name)!;
      router.reconfigure(routerSettings(configuration, settings), nowMs);
    }
    this.#build(settings, kept);
    if (!this.#isStarted || this.#startAtMs !== undefined) return;
    for (const router of this.#routers.values()) router.start(nowMs);
    this.#settleAll(nowMs);
  }

  /** A virtual router as status pages show it; `undefined`: no such instance. */
  status(instance: string): InstanceStatus | undefined {
    return this.#routers.get(instance)?.status();
  }

  /** All virtual routers, in file order. */
  statuses(): readonly InstanceStatus[] {
    return [...this.#routers.values()].map((router) => router.status());
  }

  /** The state of a sync group; `undefined`: no such group. */
  groupState(group: string): VrrpState | undefined {
    return this.#groups.find(({ name }) => name === group)?.state;
  }

  /** When a backup's Master_Down_Timer or a master's Adver_Timer is due; `undefined` in other states. */
  timerAtMs(instance: string): Millis | undefined {
    return this.#routers.get(instance)?.timerAtMs;
  }

  /** Master_Down_Interval of an instance now; 0 for unknown ones. */
  masterDownMs(instance: string): Millis {
    return this.#routers.get(instance)?.masterDownMs ?? 0;
  }

  #start(nowMs: Millis): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (this.#startupDelayMs === 0) {
      this.#startRouters(nowMs);
      return;
    }
    this.#startAtMs = nowMs + this.#startupDelayMs;
    const instance = this.#routers.keys().next().value;
    if (instance === undefined) return;
    const text = `Delaying startup for ${this.#startupDelayMs / 1_000} seconds`;
    this.#out.push({ kind: "log", level: "info", instance, text });
  }

  #startRouters(nowMs: Millis): void {
    this.#startAtMs = undefined;
    for (const router of this.#routers.values()) router.start(nowMs);
    this.#settleAll(nowMs);
  }

  #stop(nowMs: Millis): void {
    this.#isStarted = false;
    this.#startAtMs = undefined;
    for (const router of this.#routers.values()) router.stop("stopped", nowMs);
    this.#settleAll(nowMs);
  }

  #onTimeout(nowMs: Millis): void {
    if (this.#startAtMs !== undefined && nowMs >= this.#startAtMs) this.#startRouters(nowMs);
    for (const router of this.#routers.values()) router.onTimeout(nowMs);
    this.#settleAll(nowMs);
  }

  #tell(event: Extract<ElectionEvent, { readonly instance: string }>, nowMs: Millis): void {
    const router = this.#routers.get(event.instance);
    const group = this.#groupOf.get(event.instance);
    if (router === undefined || group === undefined) return;
    switch (event.kind) {
      case "advert":
        router.onAdvert(event, nowMs);
        break;
      case "priority":
        router.setPriority(event.priority, nowMs);
        break;
      case "faults":
        router.setFaults(event.faults, event.isDeaf ?? false, nowMs);
        break;
      case "source":
        router.setSource(event.source, nowMs);
        break;
      case "resign":
        group.resign(event.reason, event.holdMs, nowMs);
        break;
      default:
        assertNever(event);
    }
    group.settle(nowMs);
  }

  #settleAll(nowMs: Millis): void {
    for (const group of this.#groups) group.settle(nowMs);
  }

  /** Whatever else happens comes after this. */
  #checkLateness(sleptMs: Millis, nowMs: Millis): void {
    const dueMs = this.nextTimeout();
    if (sleptMs === 0 && (dueMs === undefined || nowMs <= dueMs)) return;
    const overslept = this.#groups
      .filter(({ members }) => members.some((member) => member.hasOverslept(sleptMs, nowMs)))
      .flatMap(({ members }) => members.filter(({ state }) => state === "MASTER"));
    for (const router of overslept) router.releaseOverslept();
    for (const router of overslept) router.yieldOverslept(sleptMs, nowMs);
    for (const router of this.#routers.values()) {
      if (!overslept.includes(router)) router.noteLateness(sleptMs, nowMs);
    }
    if (overslept.length > 0) this.#settleAll(nowMs);
  }

  #build(settings: ElectionSettings, kept: ReadonlyMap<string, VirtualRouter>): void {
    this.#routers = new Map(
      settings.instances.map((instance) => [
        instance.name,
        kept.get(instance.name) ?? new VirtualRouter(routerSettings(instance, settings), this.#out),
      ]),
    );
    const groups: SyncGroup[] = [];
    this.#groupOf = new Map();
    for (const { name, members } of settings.syncGroups) {
      const free = members.filter((member) => !this.#groupOf.has(member));
      const routers = free.flatMap((member) => this.#routers.get(member) ?? []);
      const former = this.#groups.find((group) => group.name === name)?.state;
      this.#addGroup(new SyncGroup(name, routers, this.#out, former), groups);
    }
    for (const router of this.#routers.values()) {
      if (this.#groupOf.has(router.name)) continue;
      this.#addGroup(new SyncGroup(undefined, [router], this.#out), groups);
    }
    this.#groups = groups;
  }

  #addGroup(group: SyncGroup, groups: SyncGroup[]): void {
    groups.push(group);
    for (const member of group.members) this.#groupOf.set(member.name, group);
  }
}

function routerSettings(
  configuration: InstanceConfiguration,
  settings: ElectionSettings,
): RouterSettings {
  const isPair = settings.isPair?.(configuration.name) ?? configuration.unicast?.peers.length === 1;
  return { configuration, isPair };
}

/** Whether a reload still means the same virtual router (RFC 9568 §5.2.3: the VRID, per interface and family). */
function isSameRouter(a: InstanceConfiguration, b: InstanceConfiguration): boolean {
  return (
    a.interface === b.interface &&
    a.vrid === b.vrid &&
    a.version === b.version &&
    a.family === b.family
  );
}
