// A keeper of VIPs and a model of the kernel that carries out what it asks for.
import { printIp } from "../../src/base/ip.ts";
import type { InstanceConfiguration, VipConfiguration } from "../../ha/config/model/instance.ts";
import { placeKey } from "../../ha/vip/commands.ts";
import { VipKeeper, type VipKeeperSettings } from "../../ha/vip/keeper.ts";
import type { KernelAddress, VipEffect, VipEvent } from "../../ha/vip/vip-events.ts";
import {
  instanceConfiguration,
  vipConfiguration,
  type InstanceDraft,
} from "./agent-configuration.ts";

/** An instance on eth0 with these VIPs and Keepalived's defaults. */
export function instance(
  name: string,
  vips: readonly (string | VipConfiguration)[],
  draft: InstanceDraft = {},
): InstanceConfiguration {
  return instanceConfiguration({ name, vips, ...draft });
}

/** An address in the kernel, from `10.0.0.100/24`. */
export function kernelAddress(text: string, device = "eth0"): KernelAddress {
  const { address, prefixLength } = vipConfiguration(text);
  return { device, address, prefixLength };
}

/** The MAC address of every link here. */
export const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

/** See the head of this file. Notices are fed when `settle` or `deliver` is called. */
export class VipHarness {
  readonly keeper: VipKeeper;
  readonly kernel = new Map<string, KernelAddress>();
  /** All effects so far. */
  readonly effects: VipEffect[] = [];
  /** Notices on their way to the keeper. */
  readonly notices: VipEvent[] = [];
  /** Commands that fail now, by a part of their text. */
  readonly failing = new Set<string>();
  nowMs = 1_000;

  constructor(instances: readonly InstanceConfiguration[], settings?: VipKeeperSettings) {
    this.keeper = new VipKeeper(instances, settings);
    this.feed({ kind: "link", link: { name: "eth0", index: 2, mac: MAC, isRunning: true } });
  }

  /** Feeds one event and carries out what follows; gives the effects. */
  feed(event: VipEvent): readonly VipEffect[] {
    this.keeper.handle(event, this.nowMs);
    return this.drain();
  }

  /** Carries out what the keeper asks for. */
  drain(): readonly VipEffect[] {
    const taken: VipEffect[] = [];
    for (let effect = this.keeper.poll(); effect !== undefined; effect = this.keeper.poll()) {
      taken.push(effect);
      this.#carryOut(effect);
    }
    this.effects.push(...taken);
    return taken;
  }

  /** Delivers the oldest notice. */
  deliver(): void {
    const notice = this.notices.shift();
    if (notice !== undefined) this.feed(notice);
  }

  /** Lets time pass, with notices at once and timers when they are due; gives the effects. */
  run(forMs: number): readonly VipEffect[] {
    const from = this.effects.length;
    const endMs = this.nowMs + forMs;
    for (;;) {
      while (this.notices.length > 0) this.deliver();
      const due = this.keeper.nextTimeout();
      if (due === undefined || due > endMs) break;
      this.nowMs = Math.max(this.nowMs, due);
      this.feed({ kind: "timeout" });
    }
    this.nowMs = endMs;
    return this.effects.slice(from);
  }

  /** Something else changes the kernel. */
  addByOther(text: string, device = "eth0"): void {
    this.#add(kernelAddress(text, device));
  }

  removeByOther(text: string, device = "eth0"): void {
    this.#remove(device, printIp(kernelAddress(text).address));
  }

  /** The addresses of the kernel, as text. */
  addresses(): readonly string[] {
    return [...this.kernel.values()].map((a) => `${printIp(a.address)}/${a.prefixLength}`).sort();
  }

  #carryOut(effect: VipEffect): void {
    if (effect.kind === "verify") {
      this.notices.push({ kind: "addresses", addresses: [...this.kernel.values()] });
      return;
    }
    if (effect.kind !== "add" && effect.kind !== "remove") return;
    const text = effect.words.join(" ");
    if ([...this.failing].some((part) => text.includes(part))) {
      this.notices.push({ kind: "command-failed", words: effect.words, message: "no luck" });
    } else if (effect.kind === "add") this.#add(effect.address);
    else this.#remove(effect.address.device, printIp(effect.address.address));
  }

  #add(address: KernelAddress): void {
    const key = placeKey(address.device, address.address);
    if (this.kernel.has(key)) return;
    this.kernel.set(key, address);
    this.notices.push({ kind: "address-added", address });
  }

  #remove(device: string, text: string): void {
    const address = this.kernel.get(`${device} ${text}`);
    if (address === undefined) return;
    this.kernel.delete(`${device} ${text}`);
    this.notices.push({ kind: "address-removed", address });
  }
}

/** How many effects of a kind there are. */
export function count(effects: readonly VipEffect[], kind: VipEffect["kind"]): number {
  return effects.filter((effect) => effect.kind === kind).length;
}

/** The texts of the log lines of a level. */
export function logged(
  effects: readonly VipEffect[],
  level: "info" | "warning" | "error",
): readonly string[] {
  return effects.flatMap((effect) =>
    effect.kind === "log" && effect.level === level ? [effect.text] : [],
  );
}
