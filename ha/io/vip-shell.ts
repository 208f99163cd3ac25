// Carries out what a keeper of VIPs asks for, in its order.
//
// Theory of operation. `ip` commands go to the pre-spawned batch, which keeps them in order by
// itself. What must come after them (sysctls of a link that is being made, announcements of an
// address that is being added, the user's scripts) waits in one line of steps. While steps wait,
// `ip` commands wait with them.
import { setTimeout as delay } from "node:timers/promises";
import { ANNOUNCEMENT_SCRIPT_WAIT_MS, ANNOUNCEMENT_WAIT_MS, VIP_SCRIPT_MS } from "../limits.ts";
import { placeKey, scriptArguments } from "../vip/commands.ts";
import type { OutgoingFrame } from "../vip/frame.ts";
import type { KernelAddress, VipEffect, VipEvent } from "../vip/vip-events.ts";
import type { IpBatch } from "./ip-batch.ts";
import { runProgram } from "./run-program.ts";

/** What the shell carries out; the rest is for the agent. */
export type VipOrder = Exclude<VipEffect, { kind: "log" | "settled" }>;

/** The user's programs instead of `ip address`; `undefined`: the built-in way. */
export interface VipScripts {
  readonly vipUp: string | undefined;
  readonly vipDown: string | undefined;
}

/** What the shell works with. */
export interface VipShellOptions {
  readonly batch: IpBatch;
  readonly scripts: VipScripts;
  /** Sends a frame at once. */
  announce(frame: OutgoingFrame, address: KernelAddress): void;
  /** Gives what went wrong. */
  writeSysctl(path: string, value: string): string | undefined;
  /** Looks at the kernel's addresses and feeds them back (`KernelMonitor.verify`). */
  verify(): Promise<void>;
  /** Takes `command-failed`. */
  onEvent(event: Extract<VipEvent, { kind: "command-failed" }>): void;
}

interface Announcement {
  readonly frame: OutgoingFrame;
  readonly address: KernelAddress;
}

/** See the head of this file. */
export class VipShell {
  readonly #options: VipShellOptions;
  #scripts: VipScripts;
  /** The last of the steps that wait. */
  #tail: Promise<void> = Promise.resolve();
  #stepCount = 0;
  #runningScriptCount = 0;
  #announcements: Announcement[] = [];
  #isAnnouncing = false;

  constructor(options: VipShellOptions) {
    this.#options = options;
    this.#scripts = options.scripts;
  }

  /** A reload may bring other scripts. */
  set scripts(scripts: VipScripts) {
    this.#scripts = scripts;
  }

  carryOut(order: VipOrder): void {
    switch (order.kind) {
      case "ip":
        this.#ip(order.words);
        break;
      case "add":
        this.#change(this.#scripts.vipUp, order.words);
        break;
      case "remove":
        this.#forget(order.address);
        this.#change(this.#scripts.vipDown, order.words);
        break;
      case "announce":
        this.#announcements.push({ frame: order.frame, address: order.address });
        if (!this.#isAnnouncing) void this.#announce();
        break;
      case "sysctl":
        this.#step(async () => {
          await this.#options.batch.idle();
          const problem = this.#options.writeSysctl(order.path, order.value);
          if (problem !== undefined) this.#failed(["sysctl", order.path, order.value], problem);
        });
        break;
      case "verify":
        if (this.#stepCount === 0) void this.#options.verify();
        else this.#step(() => this.#options.verify());
        break;
    }
  }

  /** Resolves when everything so far is done. */
  async idle(): Promise<void> {
    while (this.#stepCount > 0 || this.#options.batch.pendingCount > 0) {
      await this.#tail;
      await this.#options.batch.idle();
    }
    // Promises of those who waited for the same run first.
    await Promise.resolve();
  }

  #change(program: string | undefined, words: readonly string[]): void {
    if (program === undefined) {
      this.#ip(words);
      return;
    }
    this.#runningScriptCount += 1;
    this.#step(async () => {
      await this.#options.batch.idle();
      const announces = { TANDEM_ANNOUNCES: "yes" };
      const problem = await runProgram(program, scriptArguments(words), VIP_SCRIPT_MS, announces);
      this.#runningScriptCount -= 1;
      if (problem !== undefined) this.#failed(words, problem);
    });
  }

  #ip(words: readonly string[]): void {
    const run = async (): Promise<void> => {
      const problem = await this.#options.batch.run(words);
      if (problem !== undefined) this.#failed(words, problem);
    };
    if (this.#stepCount === 0) void run();
    else {
      // Only its turn is waited for: the batch itself keeps the order of what follows.
      this.#step(() => {
        void run();
        return Promise.resolve();
      });
    }
  }

  #step(run: () => Promise<void>): void {
    this.#stepCount += 1;
    this.#tail = this.#tail.then(run).finally(() => (this.#stepCount -= 1));
  }

  #failed(words: readonly string[], message: string): void {
    this.#options.onEvent({ kind: "command-failed", words, message });
  }

  /** A VIP that goes is not announced any more. */
  #forget(address: KernelAddress): void {
    const key = placeKey(address.device, address.address);
    this.#announcements = this.#announcements.filter(
      (waiting) => placeKey(waiting.address.device, waiting.address.address) !== key,
    );
  }

  /** Neighbours are told when the address is there: what they send before would be lost. */
  async #announce(): Promise<void> {
    this.#isAnnouncing = true;
    const isByScript = this.#runningScriptCount > 0;
    const waitMs = isByScript ? ANNOUNCEMENT_SCRIPT_WAIT_MS : ANNOUNCEMENT_WAIT_MS;
    if (this.#stepCount > 0 || this.#options.batch.pendingCount > 0) {
      const ending = new AbortController();
      const limit = delay(waitMs, undefined, { signal: ending.signal }).catch(() => undefined);
      await Promise.race([this.idle(), limit]);
      ending.abort();
    }
    this.#isAnnouncing = false;
    for (const { frame, address } of this.#announcements.splice(0)) {
      this.#options.announce(frame, address);
    }
  }
}
