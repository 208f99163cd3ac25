// What a whole agent hears and asks for: election, VIPs, tracking, heartbeats and notices as one machine.
import type { EventMark } from "../../src/base/event.ts";
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import type { NotifyCommand } from "../config/model/instance.ts";
import type { BalancerReport, LastWill } from "../supervise/messages.ts";
import type { TrackEffect, TrackEvent } from "../track/track-events.ts";
import type { KernelLink, VipEffect, VipEvent } from "../vip/vip-events.ts";
import type { OutgoingPacket, ReceivedPacket } from "../vrrp/packet.ts";

/** What an agent hears. Kernel facts known at the start are fed before `start`. */
export type AgentEvent =
  | { readonly kind: "start" }
  | { readonly kind: "timeout" }
  | { readonly kind: "packet"; readonly packet: ReceivedPacket }
  /** A datagram on heartbeat path `index` of the configuration. */
  | { readonly kind: "heartbeat"; readonly index: number; readonly bytes: Uint8Array }
  | { readonly kind: "balancer"; readonly report: BalancerReport }
  /** The balancer asks to wake these clients: keys of connections (connection-key.ts) in base64. */
  | { readonly kind: "tickle"; readonly connections: string }
  | { readonly kind: "link"; readonly link: KernelLink }
  | { readonly kind: "link-removed"; readonly name: string }
  /** Why an instance's adverts cannot be received; `undefined`: they can, which is assumed at first. */
  | {
      readonly kind: "reception";
      readonly instance: string;
      readonly problem: string | undefined;
    }
  | Extract<
      VipEvent,
      { kind: "address-added" | "address-removed" | "addresses" | "command-failed" }
    >
  | Extract<TrackEvent, { kind: "script-ended" | "processes" | "file" }>
  /** A notify command ended, well or badly. */
  | { readonly kind: "notified"; readonly id: number; readonly problem: string | undefined }
  /** The clock that counts sleep ran ahead of ours by so much since the last event. */
  | { readonly kind: "slept"; readonly sleptMs: Millis }
  | { readonly kind: "reload"; readonly configuration: AgentConfiguration }
  /** Resign as master of all (`undefined`) or one instance, and stay away for `holdMs`. */
  | {
      readonly kind: "resign";
      readonly instance: string | undefined;
      readonly reason: string;
      readonly holdMs: Millis;
    }
  | { readonly kind: "stop" };

/** What an agent asks for, in this order. */
export type AgentEffect =
  | { readonly kind: "send"; readonly packet: OutgoingPacket }
  | { readonly kind: "heartbeat"; readonly index: number; readonly bytes: Uint8Array }
  | Exclude<VipEffect, { kind: "log" | "settled" }>
  | Extract<TrackEffect, { kind: "run-script" }>
  /** Tell the guard what to undo should we die. Comes before the effects that it would undo. */
  | { readonly kind: "will"; readonly will: LastWill }
  /** Tell the guard which VIPs the kernel has because this node is master, numeric; all of them. */
  | { readonly kind: "vips"; readonly held: readonly string[] }
  /** Send a packet that brings its IP header, by the routes of the kernel. */
  | { readonly kind: "tickle"; readonly destination: IpBytes; readonly bytes: Uint8Array }
  /** Run this; the answer is `notified`. They are asked for one at a time. */
  | {
      readonly kind: "notify";
      readonly id: number;
      readonly command: NotifyCommand;
      readonly arguments: readonly string[];
    }
  /** One line, newline included, to every FIFO. */
  | { readonly kind: "fifo"; readonly line: string }
  | {
      readonly kind: "log";
      readonly level: "info" | "warning" | "error";
      readonly text: string;
      /** The line is an event. */
      readonly event?: EventMark;
    }
  /** Everything is released and told: the process may end. */
  | { readonly kind: "stopped" };
