// The addresses of one node, as commands change them and as others hear of it.
import { printIp } from "../../../src/base/ip.ts";
import type { KernelAddress } from "../../../ha/vip/vip-events.ts";
import type { SimNode } from "./sim-node.ts";

/** A notice of a change. */
export interface KernelNotice {
  readonly kind: "address-added" | "address-removed";
  readonly address: KernelAddress;
}

/** Commands of one process, in order, each of which takes its time. */
export class CommandQueue {
  readonly #node: SimNode;
  #doneAtMs = 0;

  constructor(node: SimNode) {
    this.#node = node;
  }

  /** Runs something after all that was asked for before it. */
  run(act: () => void): void {
    const { world } = this.#node;
    const takesMs = world.commandMs();
    this.#doneAtMs = Math.max(this.#doneAtMs, world.clock.nowMs) + takesMs;
    this.#node.after(this.#doneAtMs - world.clock.nowMs, act);
  }
}

/** See the head of this file. */
export class SimKernel {
  readonly #addresses = new Map<string, KernelAddress>();
  readonly #onChange: (notice: KernelNotice) => void;

  constructor(own: KernelAddress, onChange: (notice: KernelNotice) => void) {
    this.#onChange = onChange;
    this.#addresses.set(printIp(own.address), own);
  }

  get addresses(): readonly KernelAddress[] {
    return [...this.#addresses.values()];
  }

  has(address: string): boolean {
    return this.#addresses.has(address);
  }

  add(address: KernelAddress): void {
    const key = printIp(address.address);
    if (this.#addresses.has(key)) return;
    this.#addresses.set(key, address);
    this.#onChange({ kind: "address-added", address });
  }

  remove(key: string): void {
    const address = this.#addresses.get(key);
    if (address === undefined) return;
    this.#addresses.delete(key);
    this.#onChange({ kind: "address-removed", address });
  }
}
