// The virtual routes and rules of an instance: they come and go with its VIPs.
import type { Millis } from "../../src/base/units.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import { VIP_RETRY_FIRST_MS, VIP_RETRY_MAX_MS } from "../limits.ts";
import { extraAdditions, extraRemovals } from "./commands.ts";
import type { VipEffect } from "./vip-events.ts";

/** One instance's routes and rules. */
export class Extras {
  readonly #push: (effect: VipEffect) => void;
  #instance: InstanceConfiguration;
  #isAdded = false;
  #retryAtMs: Millis | undefined;
  #failureCount = 0;

  constructor(instance: InstanceConfiguration, push: (effect: VipEffect) => void) {
    this.#instance = instance;
    this.#push = push;
  }

  /** Another configuration: what is added and no more wanted goes. */
  respecify(instance: InstanceConfiguration): void {
    const former = this.#instance;
    this.#instance = instance;
    if (!this.#isAdded) return;
    const kept = new Set(extraRemovals(instance).map(key));
    this.#run(extraRemovals(former).filter((words) => !kept.has(key(words))));
    this.#run(extraAdditions(instance));
  }

  /** Adds all; again, when the kernel may have dropped them together with an address or a link. */
  add(): void {
    this.#isAdded = true;
    this.#retryAtMs = undefined;
    this.#run(extraAdditions(this.#instance));
  }

  remove(): void {
    if (!this.#isAdded) return;
    this.#isAdded = false;
    this.#retryAtMs = undefined;
    this.#failureCount = 0;
    this.#run(extraRemovals(this.#instance));
  }

  /** A command failed; `true` when it was to add one of these. */
  onFailed(words: readonly string[], nowMs: Millis): boolean {
    if (!this.#isAdded) return false;
    const failed = key(words);
    if (!extraAdditions(this.#instance).some((addition) => key(addition) === failed)) return false;
    if (this.#retryAtMs === undefined) {
      const delayMs = VIP_RETRY_FIRST_MS * 2 ** Math.min(this.#failureCount, 20);
      this.#failureCount += 1;
      this.#retryAtMs = nowMs + Math.min(VIP_RETRY_MAX_MS, delayMs);
    }
    return true;
  }

  onTimer(nowMs: Millis): void {
    if (this.#retryAtMs !== undefined && this.#retryAtMs <= nowMs) this.add();
  }

  nextMs(): Millis {
    return this.#retryAtMs ?? Infinity;
  }

  /** Their removals, when they may be there. */
  will(): readonly (readonly string[])[] {
    return this.#isAdded ? extraRemovals(this.#instance) : [];
  }

  #run(commands: readonly (readonly string[])[]): void {
    for (const words of commands) this.#push({ kind: "ip", words });
  }
}

function key(words: readonly string[]): string {
  return words.join(" ");
}
