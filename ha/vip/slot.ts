// One VIP on one device: what is wanted of it, and what is believed of the kernel.
//
// Theory of operation. `want` and `drop` say what is wanted and ask for it at once. Notices and
// snapshots of the kernel say what came of it; whatever differs from what is wanted is asked for
// again, with growing delays. Notices of changes that this slot asked for itself may arrive late,
// after it has changed its mind: those are counted, so that they are not taken for a stranger's.
import type { Millis } from "../../src/base/units.ts";
import type { InstanceConfiguration, VipConfiguration } from "../config/model/instance.ts";
import {
  VIP_PUT_BACK_AT_ONCE,
  VIP_PUT_BACK_FORGOTTEN_MS,
  VIP_REMOVALS_MAX,
  VIP_RETRY_FIRST_MS,
  VIP_RETRY_MAX_MS,
} from "../limits.ts";
import {
  additionWords,
  kernelAddressOf,
  kernelRemovalWords,
  placeKey,
  printKernelAddress,
  removalWords,
} from "./commands.ts";
import { Complaint } from "./complaint.ts";
import type { KernelView } from "./kernel-view.ts";
import type { KernelAddress, VipEffect } from "./vip-events.ts";

/** A VIP as an instance has it. */
export interface SlotSpec {
  readonly instance: string;
  readonly address: KernelAddress;
  readonly isUntracked: boolean;
  readonly additionWords: readonly string[];
  readonly removalWords: readonly string[];
}

/**
 * absent: not there, or not there because of this node. adding, removing: asked for, not seen yet.
 * present: seen. stuck: cannot be removed.
 */
export type Presence = "absent" | "adding" | "present" | "removing" | "stuck";

/** What a slot needs of its keeper. */
export interface SlotOwner {
  readonly kernel: KernelView;
  push(effect: VipEffect): void;
  /** Look at the kernel soon. */
  verifySoon(nowMs: Millis): void;
  /** The VIP was lost and is being added again. */
  onPutBack(slot: Slot, nowMs: Millis): void;
}

/** What an instance says of one of its VIPs. */
export function slotSpec(instance: InstanceConfiguration, vip: VipConfiguration): SlotSpec {
  return {
    instance: instance.name,
    address: kernelAddressOf(instance, vip),
    isUntracked: vip.isUntracked,
    additionWords: additionWords(instance, vip),
    removalWords: removalWords(instance, vip),
  };
}

/** See the head of this file. */
export class Slot {
  readonly key: string;
  readonly #owner: SlotOwner;
  #spec: SlotSpec;
  #isWanted = false;
  #presence: Presence = "absent";
  /** Strangers' additions are removed: it was claimed or released before, or leftovers go. */
  #isOurs = false;
  /** The machine's own address (priority 255), there before the start: never added, never removed. */
  #isMachines = false;
  /** Removals asked for whose notices may still come. */
  #ownRemovalCount = 0;
  #tryCount = 0;
  #retryAtMs: Millis | undefined;
  #putBackCount = 0;
  #putBackAtMs: Millis = -Infinity;
  readonly #failed = new Complaint();
  readonly #lost = new Complaint();
  readonly #strange = new Complaint();

  constructor(owner: SlotOwner, spec: SlotSpec) {
    this.#owner = owner;
    this.#spec = spec;
    this.key = placeKey(spec.address.device, spec.address.address);
  }

  get spec(): SlotSpec {
    return this.#spec;
  }

  get isWanted(): boolean {
    return this.#isWanted;
  }

  get presence(): Presence {
    return this.#presence;
  }

  get isInKernel(): boolean {
    return this.#found() !== undefined;
  }

  /** Whether the kernel may have the VIP because of this node. */
  get mayBeThere(): boolean {
    return !this.#isMachines && this.#presence !== "absent";
  }

  /** When `onTimer` has something to do. */
  get retryAtMs(): Millis | undefined {
    return this.#retryAtMs;
  }

  /** Whether what is wanted is so, as far as it is known. */
  get isSettled(): boolean {
    if (!this.#isWanted) return this.#presence === "absent" || this.#presence === "stuck";
    return this.#presence === "present" || (this.#spec.isUntracked && this.#presence === "absent");
  }

  /** It is the machine's own address and stays whatever happens. */
  leaveToMachine(): void {
    this.#isMachines = true;
    this.#isOurs = false;
  }

  /** An earlier run may have left it. */
  removeLeftover(nowMs: Millis): void {
    if (this.#isMachines) return;
    this.#isOurs = true;
    if (this.isInKernel && !this.#isWanted) this.drop(nowMs);
  }

  /** Adds it. */
  want(nowMs: Millis): void {
    this.#isWanted = true;
    this.#tryCount = 0;
    if (this.#isMachines && this.isInKernel) {
      this.#become("present");
      return;
    }
    this.#isOurs = true;
    this.#add(nowMs);
  }

  /** Removes it. */
  drop(nowMs: Millis): void {
    const wasSought = this.#isWanted && this.#presence !== "absent";
    this.#isWanted = false;
    this.#tryCount = 0;
    if (this.#isMachines || !(wasSought || this.mayBeThere || this.isInKernel)) {
      this.#become("absent");
      return;
    }
    this.#isOurs = true;
    this.#remove(nowMs);
  }

  /** Another configuration of the same place. What the old one put there goes first. */
  respecify(spec: SlotSpec, nowMs: Millis): void {
    const isChanged = spec.additionWords.join(" ") !== this.#spec.additionWords.join(" ");
    if (isChanged && this.#isWanted && !this.#isMachines) this.#remove(nowMs);
    this.#spec = spec;
    if (isChanged && this.#isWanted && !this.#isMachines) this.#add(nowMs);
  }

  /** The kernel has it now. */
  onAdded(nowMs: Millis): void {
    if (this.#isWanted) this.#arrived();
    else if (this.#presence === "absent" && this.#isOurs) this.#owner.verifySoon(nowMs);
  }

  /** The kernel has it no more. */
  onRemoved(nowMs: Millis): void {
    if (this.isInKernel) return;
    if (!this.#isWanted) {
      this.#ownRemovalCount = 0;
      this.#become("absent");
    } else if (this.#ownRemovalCount > 0) {
      this.#ownRemovalCount -= 1;
      this.#become("adding");
      this.#owner.verifySoon(nowMs);
    } else this.#onLost(nowMs);
  }

  /** The kernel was looked at. */
  onSnapshot(nowMs: Millis): void {
    this.#ownRemovalCount = 0;
    if (this.#isWanted) this.#compareWanted(nowMs);
    else this.#compareUnwanted(nowMs);
  }

  /** A command of this slot failed. */
  onFailed(words: readonly string[], message: string, nowMs: Millis): void {
    const isAddition = words[1] === "add";
    if (isAddition !== this.#isWanted) return;
    // With a link its addresses go first: the notice of the link itself may just be on its way.
    const isLinkGoing = this.#tryCount === 0 && NO_DEVICE.test(message);
    if (!isLinkGoing) this.#complain(isAddition ? "added to" : "removed from", message, nowMs);
    this.#tryLater(nowMs);
  }

  /** The device came back. */
  onLink(nowMs: Millis): void {
    if (!this.#isWanted || this.isInKernel || this.#isMachines) return;
    this.#tryCount = 0;
    this.#add(nowMs);
  }

  onTimer(nowMs: Millis): void {
    if (this.#retryAtMs === undefined || this.#retryAtMs > nowMs) return;
    if (this.#isWanted) {
      this.#add(nowMs);
      if (this.#putBackCount > 0) this.#owner.onPutBack(this, nowMs);
    } else this.#remove(nowMs);
  }

  #found(): KernelAddress | undefined {
    return this.#owner.kernel.find(this.#spec.address.device, this.#spec.address.address);
  }

  #become(presence: Presence): void {
    this.#presence = presence;
    this.#retryAtMs = undefined;
  }

  #add(nowMs: Millis): void {
    this.#become("adding");
    const { instance, address, additionWords: words } = this.#spec;
    this.#owner.push({ kind: "add", instance, address, words });
    this.#owner.verifySoon(nowMs);
  }

  #remove(nowMs: Millis): void {
    this.#become("removing");
    this.#ownRemovalCount += 1;
    this.#owner.push(this.#removal());
    this.#owner.verifySoon(nowMs);
  }

  /** What the kernel has with another prefix length is removed as the kernel has it. */
  #removal(): VipEffect {
    const { instance, address } = this.#spec;
    const found = this.#found();
    const isOther = found !== undefined && found.prefixLength !== address.prefixLength;
    const words = isOther ? kernelRemovalWords(found) : this.#spec.removalWords;
    return { kind: "remove", instance, address: isOther ? found : address, words };
  }

  #arrived(): void {
    this.#become("present");
    this.#tryCount = 0;
    this.#failed.reset();
  }

  #compareWanted(nowMs: Millis): void {
    if (this.isInKernel) {
      this.#arrived();
      return;
    }
    if (this.#presence === "present") this.#onLost(nowMs);
    else if (this.#presence === "adding" && this.#retryAtMs === undefined) {
      // A script may take its time: the first look is too early for a complaint.
      if (this.#tryCount > 0 && !this.#isDeviceGone()) {
        this.#complain("added to", "the kernel does not show it", nowMs);
      }
      this.#tryLater(nowMs);
    }
  }

  #compareUnwanted(nowMs: Millis): void {
    if (!this.isInKernel) {
      this.#become("absent");
      this.#tryCount = 0;
      this.#failed.reset();
      return;
    }
    if (!this.#isOurs || this.#presence === "stuck" || this.#retryAtMs !== undefined) return;
    if (this.#presence === "removing") {
      this.#tryLater(nowMs);
      return;
    }
    this.#log(
      "warning",
      this.#strange,
      `${this.#text()} was added to ${this.#device()} by something else while this node is not ` +
        `master: it is removed`,
      nowMs,
      "vip.foreign",
    );
    this.#remove(nowMs);
  }

  /** Something else removed it. */
  #onLost(nowMs: Millis): void {
    if (this.#spec.isUntracked || this.#isDeviceGone()) {
      this.#become("absent");
      return;
    }
    this.#log(
      "warning",
      this.#lost,
      `${this.#text()} was removed from ${this.#device()} by something else: it is put back`,
      nowMs,
      "vip.lost",
    );
    if (nowMs - this.#putBackAtMs >= VIP_PUT_BACK_FORGOTTEN_MS) this.#putBackCount = 0;
    this.#putBackAtMs = nowMs;
    this.#putBackCount += 1;
    if (this.#putBackCount <= VIP_PUT_BACK_AT_ONCE) {
      this.#add(nowMs);
      this.#owner.onPutBack(this, nowMs);
      return;
    }
    this.#become("adding");
    this.#retryAtMs = nowMs + delayMs(this.#putBackCount - VIP_PUT_BACK_AT_ONCE);
  }

  #tryLater(nowMs: Millis): void {
    this.#tryCount += 1;
    if (this.#isWanted && this.#isDeviceGone()) {
      // It is added when the device comes back.
      this.#become("adding");
      return;
    }
    if (!this.#isWanted && this.#tryCount > VIP_REMOVALS_MAX) {
      this.#become("stuck");
      this.#owner.push({
        kind: "log",
        level: "error",
        instance: this.#spec.instance,
        text:
          `${this.#text()} cannot be removed from ${this.#device()}: ` +
          `run "ip ${this.#spec.removalWords.join(" ")}" by hand`,
        event: { kind: "vip.stuck", subject: this.#spec.instance },
      });
      return;
    }
    this.#retryAtMs = nowMs + delayMs(this.#tryCount);
  }

  #complain(what: "added to" | "removed from", message: string, nowMs: Millis): void {
    const text = `${this.#text()} could not be ${what} ${this.#device()}: ${message}`;
    this.#log("error", this.#failed, `${text}; it is tried again`, nowMs, "vip.failed");
  }

  #log(
    level: "warning" | "error",
    complaint: Complaint,
    text: string,
    nowMs: Millis,
    kind: string,
  ): void {
    const suffix = complaint.suffix(nowMs);
    if (suffix === undefined) return;
    const { instance } = this.#spec;
    const event = { kind, subject: instance, data: { vip: this.#text() } };
    this.#owner.push({ kind: "log", level, instance, text: `${text}${suffix}`, event });
  }

  #text(): string {
    return printKernelAddress(this.#spec.address);
  }

  #device(): string {
    return this.#spec.address.device;
  }

  #isDeviceGone(): boolean {
    return this.#owner.kernel.isGone(this.#spec.address.device);
  }
}

/** Texts of `ip` and of the kernel. */
const NO_DEVICE = /Cannot find device|Device not found|No such device/;

function delayMs(failureCount: number): Millis {
  return Math.min(VIP_RETRY_MAX_MS, VIP_RETRY_FIRST_MS * 2 ** Math.min(failureCount - 1, 20));
}
