// Keeps the sockets open that an agent hears adverts with, and tells it where that fails: a node that
// is deaf would take the VIPs from a master that it does not hear.
import type { InstanceConfiguration } from "../config/model/instance.ts";
import type { AgentEvent } from "../agent/agent-events.ts";
import { SOCKET_RETRY_MS } from "../limits.ts";
import type { KernelLink } from "../vip/vip-events.ts";
import type { VrrpPlace } from "./vrrp-socket.ts";

/** What is needed of `VrrpSockets`. */
export interface Receivers {
  open(place: VrrpPlace): boolean;
  closeInterface(name: string): void;
}

/** See the head of this file. */
export class ReceptionShell {
  readonly #sockets: Receivers;
  readonly #feed: (event: AgentEvent) => void;
  readonly #links = new Map<string, KernelLink>();
  /** Instances that are deaf, and the agent knows it. */
  readonly #deaf = new Set<string>();
  #instances: readonly InstanceConfiguration[];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    sockets: Receivers,
    instances: readonly InstanceConfiguration[],
    feed: (event: AgentEvent) => void,
  ) {
    this.#sockets = sockets;
    this.#instances = instances;
    this.#feed = feed;
  }

  /** A link is there, perhaps under another number than before. */
  linkIs(link: KernelLink): void {
    this.#links.set(link.name, link);
    this.#open(link);
  }

  linkGone(name: string): void {
    this.#links.delete(name);
    this.#sockets.closeInterface(name);
  }

  /** Opens what another configuration needs, before the agent is told of it. */
  reconfigure(instances: readonly InstanceConfiguration[]): void {
    this.#instances = instances;
    for (const name of this.#deaf) {
      if (!instances.some((instance) => instance.name === name)) this.#deaf.delete(name);
    }
    this.#openAll();
  }

  /** A socket broke: it is opened again shortly. */
  broke(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#openAll();
    }, SOCKET_RETRY_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #openAll(): void {
    for (const link of this.#links.values()) this.#open(link);
  }

  /** Adverts come in on the interface itself, with `use_vmac`, too. */
  #open({ name, index }: KernelLink): void {
    for (const instance of this.#instances) {
      if (instance.interface !== name) continue;
      const isOpen = this.#sockets.open({
        interface: name,
        ifindex: index,
        family: instance.family,
        multicastGroup: instance.unicast === undefined ? instance.multicastGroup : undefined,
      });
      if (!isOpen) this.broke();
      this.#tell(instance.name, name, isOpen);
    }
  }

  #tell(instance: string, device: string, isOpen: boolean): void {
    if (isOpen !== this.#deaf.has(instance)) return;
    if (isOpen) this.#deaf.delete(instance);
    else this.#deaf.add(instance);
    const problem = isOpen ? undefined : `adverts cannot be received on ${device}`;
    this.#feed({ kind: "reception", instance, problem });
  }
}
