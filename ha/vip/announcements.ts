// When VIPs are announced: a set at once, a second one later, refreshes, and the least distance
// between two frames (keepalived.conf(5): garp_master_delay, garp_master_repeat, garp_interval...).
import type { Millis } from "../../src/base/units.ts";
import type { AnnouncementSettings } from "../config/model/instance.ts";
import { ANNOUNCEMENT_CONTEST_MS, ANNOUNCEMENTS_QUEUED_MAX } from "../limits.ts";
import type { KernelAddress } from "./vip-events.ts";

/** Whose VIPs are announced, and how one is. */
export interface AnnouncementOwner {
  /** The VIPs to announce for an instance now. */
  addressesOf(instance: string): readonly KernelAddress[];
  /** Sends one gratuitous ARP or one unsolicited NA. */
  announce(address: KernelAddress): void;
}

interface Schedule {
  settings: AnnouncementSettings;
  second: { readonly atMs: Millis; readonly repeat: number } | undefined;
  refreshAtMs: Millis | undefined;
  contestedAtMs: Millis;
}

/** One interface and one family: their frames keep a distance. */
interface Lane {
  nextMs: Millis;
  waiting: { instance: string; address: KernelAddress; intervalMs: Millis }[];
}

/** The announcements of all instances. */
export class Announcements {
  readonly #owner: AnnouncementOwner;
  readonly #schedules = new Map<string, Schedule>();
  readonly #lanes = new Map<string, Lane>();

  constructor(owner: AnnouncementOwner) {
    this.#owner = owner;
  }

  /** A claim, or a link that came back: a set now, a second one, then refreshes. */
  begin(instance: string, settings: AnnouncementSettings, nowMs: Millis): void {
    this.#schedules.set(instance, {
      settings,
      second: later(settings.secondSetAfterMs, settings.repeat, nowMs),
      refreshAtMs: settings.refreshMs > 0 ? nowMs + settings.refreshMs : undefined,
      contestedAtMs: -Infinity,
    });
    this.#set(instance, this.#owner.addressesOf(instance), settings.repeat, nowMs);
  }

  /** A rival announced itself: the sets of `garp_lower_prio_repeat` and `garp_lower_prio_delay`. */
  contest(instance: string, nowMs: Millis): void {
    const schedule = this.#schedules.get(instance);
    if (schedule === undefined) return;
    const { lowerPriorityRepeat: repeat, lowerPrioritySecondSetAfterMs } = schedule.settings;
    const second = later(lowerPrioritySecondSetAfterMs, repeat, nowMs);
    // A second set that is due earlier is not put off: rivals may come again and again.
    if (schedule.second === undefined || schedule.second.repeat < repeat) schedule.second = second;
    // A flood of adverts must not become a flood of announcements; the second set comes anyway.
    if (nowMs - schedule.contestedAtMs < ANNOUNCEMENT_CONTEST_MS) return;
    schedule.contestedAtMs = nowMs;
    this.#set(instance, this.#owner.addressesOf(instance), repeat, nowMs);
  }

  /** One set for these alone. */
  once(instance: string, addresses: readonly KernelAddress[], nowMs: Millis): void {
    const schedule = this.#schedules.get(instance);
    if (schedule !== undefined) this.#set(instance, addresses, schedule.settings.repeat, nowMs);
  }

  /** Takes new settings; what is scheduled stays. */
  retune(instance: string, settings: AnnouncementSettings, nowMs: Millis): void {
    const schedule = this.#schedules.get(instance);
    if (schedule === undefined) return;
    if (schedule.settings.refreshMs !== settings.refreshMs) {
      schedule.refreshAtMs = settings.refreshMs > 0 ? nowMs + settings.refreshMs : undefined;
    }
    schedule.settings = settings;
  }

  /** Nothing more is announced for the instance, not even what waits. */
  end(instance: string): void {
    this.#schedules.delete(instance);
    for (const lane of this.#lanes.values()) {
      lane.waiting = lane.waiting.filter((waiting) => waiting.instance !== instance);
    }
  }

  onTimer(nowMs: Millis): void {
    for (const lane of this.#lanes.values()) this.#drain(lane, nowMs);
    for (const [instance, schedule] of this.#schedules) {
      const { second, settings } = schedule;
      if (second !== undefined && second.atMs <= nowMs) {
        schedule.second = undefined;
        this.#set(instance, this.#owner.addressesOf(instance), second.repeat, nowMs);
      }
      if (schedule.refreshAtMs !== undefined && schedule.refreshAtMs <= nowMs) {
        schedule.refreshAtMs = nowMs + settings.refreshMs;
        this.#set(instance, this.#owner.addressesOf(instance), settings.refreshRepeat, nowMs);
      }
    }
  }

  /** The next instant at which `onTimer` has something to do. */
  nextMs(): Millis {
    let next = Infinity;
    for (const { second, refreshAtMs } of this.#schedules.values()) {
      next = Math.min(next, second?.atMs ?? Infinity, refreshAtMs ?? Infinity);
    }
    for (const lane of this.#lanes.values()) {
      if (lane.waiting.length > 0) next = Math.min(next, lane.nextMs);
    }
    return next;
  }

  #set(instance: string, addresses: readonly KernelAddress[], repeat: number, nowMs: Millis): void {
    const settings = this.#schedules.get(instance)?.settings;
    if (settings === undefined) return;
    for (let round = 0; round < repeat; round++) {
      for (const address of addresses) {
        const isIpv6 = address.address.length === 16;
        const intervalMs = isIpv6 ? settings.naIntervalMs : settings.arpIntervalMs;
        const lane = this.#lane(`${address.device} ${isIpv6 ? 6 : 4}`);
        if (lane.waiting.length >= ANNOUNCEMENTS_QUEUED_MAX) continue;
        lane.waiting.push({ instance, address, intervalMs });
        this.#drain(lane, nowMs);
      }
    }
  }

  #lane(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { nextMs: -Infinity, waiting: [] };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #drain(lane: Lane, nowMs: Millis): void {
    while (lane.nextMs <= nowMs) {
      const next = lane.waiting.shift();
      if (next === undefined) return;
      this.#owner.announce(next.address);
      if (next.intervalMs > 0) lane.nextMs = nowMs + next.intervalMs;
    }
  }
}

function later(
  afterMs: Millis,
  repeat: number,
  nowMs: Millis,
): { readonly atMs: Millis; readonly repeat: number } | undefined {
  return afterMs > 0 ? { atMs: nowMs + afterMs, repeat } : undefined;
}
