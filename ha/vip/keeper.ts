// Holds the VIPs of all instances of a node: claims, announces, watches and releases them.
//
// Theory of operation. Each VIP has a slot (slot.ts) that compares what is wanted with what the
// kernel shows. The keeper tells slots what is wanted, feeds them notices of the kernel, looks at
// the kernel shortly after each change and now and then while something is held, and announces
// what is there. A VIP of two instances stays while one of them claims it.
import { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Machine } from "../../src/base/machine.ts";
import type { Millis } from "../../src/base/units.ts";
import type { InstanceConfiguration, VipConfiguration } from "../config/model/instance.ts";
import { VIP_AUDIT_MS, VIP_VERIFY_AFTER_MS } from "../limits.ts";
import type { LastWill } from "../supervise/messages.ts";
import { Announcements } from "./announcements.ts";
import { announcement, announcementLines } from "./announcement.ts";
import { placeKey, scriptArguments, vipsOf } from "./commands.ts";
import { Complaint } from "./complaint.ts";
import { Extras } from "./extras.ts";
import type { Holding } from "./holding.ts";
import { isSameMac, KernelView } from "./kernel-view.ts";
import { Slot, slotSpec } from "./slot.ts";
import type { KernelAddress, KernelLink, VipEffect, VipEvent } from "./vip-events.ts";
import { promotesSecondaries, Vmacs } from "./vmac.ts";

/** Settings of a keeper. */
export interface VipKeeperSettings {
  /** The user's `vip-down`: a will uses it instead of `ip`. */
  readonly vipDown?: string | undefined;
}

/** See the head of this file. */
export class VipKeeper implements Machine<VipEvent, VipEffect> {
  #settings: VipKeeperSettings;
  readonly #effects = new EffectQueue<VipEffect>();
  readonly #kernel = new KernelView();
  readonly #slots = new Map<string, Slot>();
  /** Slots of VIPs that the configuration has no more, until they are gone. */
  readonly #leaving = new Set<Slot>();
  readonly #holdings = new Map<string, Holding>();
  readonly #vmacs = new Vmacs(this.#kernel, (effect) => this.#effects.push(effect));
  readonly #failed = new Complaint();
  readonly #announcements: Announcements;
  #isStarted = false;
  #removesLeftovers = false;
  #verifyAtMs: Millis | undefined;
  #auditAtMs: Millis | undefined;

  constructor(instances: readonly InstanceConfiguration[], settings: VipKeeperSettings = {}) {
    this.#settings = settings;
    this.#announcements = new Announcements({
      addressesOf: (instance) => this.#addressesOf(instance),
      announce: (address) => this.#announce(address),
    });
    this.#respecify(instances, 0);
  }

  /** Takes over another configuration: VIPs of a held instance are added and removed by difference. */
  reconfigure(
    instances: readonly InstanceConfiguration[],
    nowMs: Millis,
    settings: VipKeeperSettings = this.#settings,
  ): void {
    this.#settings = settings;
    const claimed = new Set<Slot>(this.#claimedSlots());
    this.#respecify(instances, nowMs);
    if (this.#isStarted) {
      this.#vmacs.apply(instances);
      this.#promote();
    }
    for (const [name, holding] of this.#holdings) {
      this.#announcements.retune(name, holding.configuration.announcements, nowMs);
      if (!holding.isClaimed) continue;
      const added = holding.slots.filter((slot) => !claimed.has(slot));
      for (const slot of added) slot.want(nowMs);
      holding.isSettling ||= added.length > 0;
      this.#announcements.once(name, added.map(addressOf), nowMs);
    }
    if (this.#removesLeftovers) {
      for (const slot of this.#slots.values()) slot.removeLeftover(nowMs);
    }
    this.#settle();
  }

  handle(event: VipEvent, nowMs: Millis): void {
    switch (event.kind) {
      case "start":
        this.#start(event.removesLeftovers, nowMs);
        break;
      case "stop":
        this.#stop(nowMs);
        break;
      case "claim":
        this.#claim(event.instance, nowMs);
        break;
      case "release":
        this.#release(event.instance, nowMs);
        break;
      case "reannounce":
        this.#announcements.contest(event.instance, nowMs);
        break;
      case "timeout":
        this.#onTimer(nowMs);
        break;
      case "address-added":
        this.#kernel.add(event.address);
        for (const slot of this.#slotsAt(event.address)) slot.onAdded(nowMs);
        break;
      case "address-removed":
        this.#kernel.remove(event.address);
        for (const slot of this.#slotsAt(event.address)) slot.onRemoved(nowMs);
        break;
      case "addresses":
        this.#kernel.replace(event.addresses);
        for (const slot of this.#allSlots()) slot.onSnapshot(nowMs);
        break;
      case "link":
        this.#onLink(event.link, nowMs);
        break;
      case "link-removed":
        this.#onLinkRemoved(event.name, nowMs);
        break;
      case "command-failed":
        this.#onFailed(event.words, event.message, nowMs);
        break;
    }
    this.#settle();
  }

  poll(): VipEffect | undefined {
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    let next = Math.min(this.#verifyAtMs ?? Infinity, this.#auditAtMs ?? Infinity);
    next = Math.min(next, this.#announcements.nextMs(), this.#vmacs.nextMs());
    for (const slot of this.#allSlots()) next = Math.min(next, slot.retryAtMs ?? Infinity);
    for (const { extras } of this.#holdings.values()) next = Math.min(next, extras.nextMs());
    return next === Infinity ? undefined : next;
  }

  /** Whether the instance is claimed and the kernel has all its VIPs (`no_track` ones aside). */
  isHeld(instance: string): boolean {
    const holding = this.#holdings.get(instance);
    return holding?.isClaimed === true && holding.slots.every((slot) => slot.isSettled);
  }

  /** VIPs that are claimed, or released and not yet known to be gone. */
  held(): readonly KernelAddress[] {
    return this.#allSlots()
      .filter((slot) => slot.isWanted || slot.presence === "removing")
      .map(addressOf);
  }

  /** Removals of all that the kernel may have because of this node, claims in flight included. */
  will(): LastWill["commands"] {
    const program = this.#settings.vipDown;
    const vips = this.#allSlots()
      .filter((slot) => slot.mayBeThere)
      .map(({ spec }) =>
        program === undefined
          ? { program, words: spec.removalWords }
          : { program, words: scriptArguments(spec.removalWords) },
      );
    const extras = [...this.#holdings.values()].flatMap((holding) => holding.extras.will());
    return [
      ...vips,
      ...[...extras, ...this.#vmacs.will()].map((words) => ({ program: undefined, words })),
    ];
  }

  #start(removesLeftovers: boolean, nowMs: Millis): void {
    this.#isStarted = true;
    this.#removesLeftovers = removesLeftovers;
    for (const { configuration, slots } of this.#holdings.values()) {
      if (configuration.priority !== 255) continue;
      for (const slot of slots) if (slot.isInKernel) slot.leaveToMachine();
    }
    this.#promote();
    if (removesLeftovers) {
      for (const slot of this.#slots.values()) slot.removeLeftover(nowMs);
    }
    this.#vmacs.apply([...this.#holdings.values()].map(({ configuration }) => configuration));
  }

  #stop(nowMs: Millis): void {
    for (const [name, holding] of this.#holdings) {
      if (holding.isClaimed) this.#release(name, nowMs);
    }
    this.#vmacs.end();
  }

  #claim(name: string, nowMs: Millis): void {
    const holding = this.#holdings.get(name);
    if (holding === undefined) return;
    holding.isClaimed = true;
    holding.isSettling = true;
    this.#log("info", name, "setting VIPs.");
    for (const slot of holding.slots) slot.want(nowMs);
    holding.extras.add();
    this.#announcements.begin(name, holding.configuration.announcements, nowMs);
    for (const line of announcementLines(holding.slots.map(addressOf))) {
      this.#log("info", name, line);
    }
    this.#auditAtMs ??= nowMs + VIP_AUDIT_MS;
  }

  #release(name: string, nowMs: Millis): void {
    const holding = this.#holdings.get(name);
    if (holding === undefined) return;
    this.#announcements.end(name);
    if (holding.isClaimed) this.#log("info", name, "removing VIPs.");
    holding.isClaimed = false;
    holding.isSettling = true;
    const claimed = new Set(this.#claimedSlots());
    for (const slot of holding.slots) if (!claimed.has(slot)) slot.drop(nowMs);
    holding.extras.remove();
  }

  #onTimer(nowMs: Millis): void {
    for (const slot of this.#allSlots()) slot.onTimer(nowMs);
    for (const { extras } of this.#holdings.values()) extras.onTimer(nowMs);
    this.#vmacs.onTimer(nowMs);
    this.#announcements.onTimer(nowMs);
    const isHolding = this.held().length > 0;
    if (isDue(this.#verifyAtMs, nowMs) || isDue(this.#auditAtMs, nowMs)) {
      this.#verifyAtMs = undefined;
      this.#effects.push({ kind: "verify" });
      this.#auditAtMs = nowMs + VIP_AUDIT_MS;
    }
    if (!isHolding) this.#auditAtMs = undefined;
  }

  #onLink(link: KernelLink, nowMs: Millis): void {
    const former = this.#kernel.link(link.name);
    this.#kernel.setLink(link);
    if (former === undefined && this.#isStarted) {
      this.#vmacs.onLinkAppeared(link.name);
      this.#promote(link.name);
    }
    const isBack = link.isRunning && former?.isRunning !== true;
    if (!isBack && former !== undefined && isSameMac(former.mac, link.mac)) return;
    for (const [name, holding] of this.#holdings) {
      const slots = holding.slots.filter((slot) => slot.spec.address.device === link.name);
      if (!holding.isClaimed || slots.length === 0) continue;
      for (const slot of slots) slot.onLink(nowMs);
      if (!link.isRunning) continue;
      holding.extras.add();
      this.#announcements.begin(name, holding.configuration.announcements, nowMs);
    }
  }

  #onLinkRemoved(name: string, nowMs: Millis): void {
    this.#kernel.removeLink(name);
    this.#vmacs.onLinkRemoved(name, nowMs);
    for (const slot of this.#allSlots()) {
      if (slot.spec.address.device === name) slot.onRemoved(nowMs);
    }
  }

  #onFailed(words: readonly string[], message: string, nowMs: Millis): void {
    const failed = words.join(" ");
    for (const slot of this.#allSlots()) {
      const { additionWords, removalWords } = slot.spec;
      if (additionWords.join(" ") !== failed && removalWords.join(" ") !== failed) continue;
      slot.onFailed(words, message, nowMs);
      return;
    }
    let isRetried = this.#vmacs.onFailed(words, nowMs);
    for (const { extras } of this.#holdings.values()) {
      if (extras.onFailed(words, nowMs)) isRetried = true;
    }
    const suffix = this.#failed.suffix(nowMs);
    if (suffix === undefined) return;
    const consequence = isRetried ? "; it is tried again" : "";
    const command = words[0] === "sysctl" ? failed : `ip ${failed}`;
    this.#log("error", undefined, `"${command}" failed: ${message}${consequence}${suffix}`);
  }

  #onPutBack(slot: Slot, nowMs: Millis): void {
    for (const [name, holding] of this.#holdings) {
      if (!holding.isClaimed || !holding.slots.includes(slot)) continue;
      // Routes with this source went with it.
      holding.extras.add();
      this.#announcements.once(name, [slot.spec.address], nowMs);
    }
  }

  #settle(): void {
    for (const [instance, holding] of this.#holdings) {
      if (!holding.isSettling) continue;
      const { isClaimed, slots } = holding;
      if (!slots.every((slot) => slot.isSettled || (!isClaimed && slot.isWanted))) continue;
      holding.isSettling = false;
      this.#effects.push({ kind: "settled", instance, isHeld: isClaimed });
    }
    for (const slot of this.#leaving) if (slot.isSettled) this.#leaving.delete(slot);
  }

  /** Makes slots and holdings what the configuration says; drops what it has no more. */
  #respecify(instances: readonly InstanceConfiguration[], nowMs: Millis): void {
    const places = new Set<string>();
    const names = new Set<string>();
    for (const configuration of instances) {
      names.add(configuration.name);
      const slots = vipsOf(configuration).map((vip) => this.#slot(configuration, vip, nowMs));
      for (const slot of slots) places.add(slot.key);
      const holding = this.#holdings.get(configuration.name);
      if (holding === undefined) {
        const extras = new Extras(configuration, (effect) => this.#effects.push(effect));
        this.#holdings.set(configuration.name, {
          ...{ configuration, slots, extras },
          ...{ isClaimed: false, isSettling: false },
        });
      } else {
        holding.configuration = configuration;
        holding.slots = slots;
        holding.extras.respecify(configuration);
      }
    }
    for (const [name, holding] of this.#holdings) {
      if (names.has(name)) continue;
      this.#announcements.end(name);
      holding.extras.remove();
      this.#holdings.delete(name);
    }
    const claimed = new Set(this.#claimedSlots());
    for (const [key, slot] of this.#slots) {
      if (slot.isWanted && !claimed.has(slot)) slot.drop(nowMs);
      if (places.has(key)) continue;
      this.#slots.delete(key);
      if (!slot.isSettled) this.#leaving.add(slot);
    }
  }

  #slot(configuration: InstanceConfiguration, vip: VipConfiguration, nowMs: Millis): Slot {
    const spec = slotSpec(configuration, vip);
    const key = placeKey(spec.address.device, spec.address.address);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = new Slot(
        {
          kernel: this.#kernel,
          push: (effect) => this.#effects.push(effect),
          verifySoon: (atMs) => (this.#verifyAtMs ??= atMs + VIP_VERIFY_AFTER_MS),
          onPutBack: (lost, atMs) => this.#onPutBack(lost, atMs),
        },
        spec,
      );
      this.#slots.set(key, slot);
    } else slot.respecify(spec, nowMs);
    return slot;
  }

  #promote(device?: string): void {
    const devices = [...this.#holdings.values()]
      .filter(({ configuration }) => configuration.promotesSecondaries)
      .map(({ configuration }) => configuration.interface)
      .filter((name) => device === undefined || name === device);
    for (const name of new Set(devices)) this.#effects.push(promotesSecondaries(name));
  }

  #announce(address: KernelAddress): void {
    const mac = this.#kernel.link(address.device)?.mac ?? this.#vmacs.macOf(address.device);
    // Without a MAC address there are no neighbours. When the link appears, it is announced.
    if (mac?.length === 6) this.#effects.push(announcement(address, mac));
  }

  /** What is announced for an instance: everything of it that is not known to be missing. */
  #addressesOf(instance: string): readonly KernelAddress[] {
    const holding = this.#holdings.get(instance);
    if (holding?.isClaimed !== true) return [];
    return holding.slots.filter((slot) => slot.presence !== "absent").map(addressOf);
  }

  #claimedSlots(): readonly Slot[] {
    return [...this.#holdings.values()].flatMap((holding) =>
      holding.isClaimed ? holding.slots : [],
    );
  }

  #allSlots(): readonly Slot[] {
    return [...this.#slots.values(), ...this.#leaving];
  }

  #slotsAt(address: KernelAddress): readonly Slot[] {
    const key = placeKey(address.device, address.address);
    return this.#allSlots().filter((slot) => slot.key === key);
  }

  #log(level: "info" | "warning" | "error", instance: string | undefined, text: string): void {
    this.#effects.push({ kind: "log", level, instance, text });
  }
}

function addressOf(slot: Slot): KernelAddress {
  return slot.spec.address;
}

function isDue(atMs: Millis | undefined, nowMs: Millis): boolean {
  return atMs !== undefined && atMs <= nowMs;
}
