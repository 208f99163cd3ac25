// What the keeper of VIPs hears and asks for. One keeper holds the VIPs of all instances of a node.
import type { EventMark } from "../../src/base/event.ts";
import type { IpBytes } from "../../src/base/ip.ts";
import type { OutgoingFrame } from "./frame.ts";

/** An address in the kernel. */
export interface KernelAddress {
  readonly device: string;
  readonly address: IpBytes;
  readonly prefixLength: number;
}

/** A link in the kernel. */
export interface KernelLink {
  readonly name: string;
  readonly index: number;
  /** 6 bytes; `undefined` for links without Ethernet addresses. */
  readonly mac: Uint8Array | undefined;
  /** Administratively up, and has carrier. */
  readonly isRunning: boolean;
}

/** What a keeper of VIPs hears. */
export type VipEvent =
  /** Remove what an earlier run may have left (unless `-V`), prepare macvlans. */
  | { readonly kind: "start"; readonly removesLeftovers: boolean }
  /** Release what is held, remove macvlans. */
  | { readonly kind: "stop" }
  | { readonly kind: "claim"; readonly instance: string }
  | { readonly kind: "release"; readonly instance: string }
  | { readonly kind: "reannounce"; readonly instance: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "address-added"; readonly address: KernelAddress }
  | { readonly kind: "address-removed"; readonly address: KernelAddress }
  | { readonly kind: "link"; readonly link: KernelLink }
  | { readonly kind: "link-removed"; readonly name: string }
  /** All addresses of the kernel, as an answer to `verify` or after a loss of notices. */
  | { readonly kind: "addresses"; readonly addresses: readonly KernelAddress[] }
  /** A command ended badly. `words` are those of the effect. */
  | {
      readonly kind: "command-failed";
      readonly words: readonly string[];
      readonly message: string;
    };

/** What a keeper of VIPs asks for, in this order. */
export type VipEffect =
  /** Run `ip` with these words (`["address", "add", ...]`). Idempotent: "exists" and "gone" are no failures. */
  | { readonly kind: "ip"; readonly words: readonly string[] }
  /** Add or remove one VIP: by `ip` with these words, or by the user's script. */
  | {
      readonly kind: "add" | "remove";
      readonly instance: string;
      readonly address: KernelAddress;
      readonly words: readonly string[];
    }
  /** Send a gratuitous ARP or an unsolicited NA. `address` is for fallbacks that cannot send frames. */
  | { readonly kind: "announce"; readonly address: KernelAddress; readonly frame: OutgoingFrame }
  /** Write a value below /proc/sys, e.g. `net/ipv4/conf/eth0/arp_ignore`. */
  | { readonly kind: "sysctl"; readonly path: string; readonly value: string }
  /** Read all addresses of the kernel and answer with `addresses`. */
  | { readonly kind: "verify" }
  /** All VIPs of the instance are in the kernel (`isHeld`), or none is any more. */
  | { readonly kind: "settled"; readonly instance: string; readonly isHeld: boolean }
  | {
      readonly kind: "log";
      readonly level: "info" | "warning" | "error";
      readonly instance: string | undefined;
      readonly text: string;
      /** The line is an event. */
      readonly event?: EventMark;
    };
