// What an agent does so that clients of a dead master come back at once: it says which VIPs it holds,
// and sends the ACKs that the balancer asks for. It alone may send raw packets, and the balancer reads
// what strangers send: an ACK has a VIP for its source that this node holds, and no second has too many.
import { Buffer } from "node:buffer";
import { CONNECTION_KEY_BYTES, readConnectionKey } from "../../src/base/connection-key.ts";
import { type IpBytes, printIp } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import { TickleBudget } from "../supervise/tickle-budget.ts";
import type { VipKeeper } from "../vip/keeper.ts";
import { ticklePacket } from "../vip/tickle-packet.ts";
import type { AgentEffect } from "./agent-events.ts";

/** Knuth's multiplier for hashing (The Art of Computer Programming, vol. 3, §6.4): spreads numbers over 32 bits. */
const SPREAD = 0x9e37_79b1;

/** See the head of this file. */
export class Tickles {
  readonly #push: (effect: AgentEffect) => void;
  readonly #budget = new TickleBudget();
  #configuration: AgentConfiguration | undefined;
  /** Instances whose VIPs are all in the kernel. */
  #holding: readonly string[] = [];
  #held: ReadonlySet<string> = new Set();
  #count = 0;

  constructor(push: (effect: AgentEffect) => void) {
    this.#push = push;
  }

  /** Tells which VIPs are held when that is news. */
  look(configuration: AgentConfiguration, vips: Pick<VipKeeper, "isHeld">): void {
    const { instances } = configuration;
    const isSame =
      configuration === this.#configuration &&
      instances.every(({ name }) => vips.isHeld(name) === this.#holding.includes(name));
    if (isSame) return;
    this.#configuration = configuration;
    const holding = instances.filter(({ name }) => vips.isHeld(name));
    this.#holding = holding.map(({ name }) => name);
    const addresses = holding.flatMap((instance) => [...instance.vips, ...instance.excludedVips]);
    const held = new Set(addresses.map(({ address }) => printIp(address)));
    const isNews = held.size !== this.#held.size || [...held].some((vip) => !this.#held.has(vip));
    this.#held = held;
    if (isNews) this.#push({ kind: "vips", held: [...held] });
  }

  /** Sends ACKs for these connections; too many are dropped together, wrong ones one by one. */
  send(connections: string, nowMs: Millis): void {
    const bytes = Buffer.from(connections, "base64");
    if (!this.#budget.take(Math.ceil(bytes.length / CONNECTION_KEY_BYTES), nowMs)) return;
    for (let at = 0; at < bytes.length; at += CONNECTION_KEY_BYTES) {
      this.#sendOne(bytes.subarray(at, at + CONNECTION_KEY_BYTES));
    }
  }

  #sendOne(key: Uint8Array): void {
    const connection = readConnectionKey(key);
    if (connection === undefined) return;
    const { client, local } = connection;
    if (!this.#held.has(printIp(local.address)) || !isHost(client.address)) return;
    this.#count += 1;
    // Should one number stand in the client's window by chance, the next one does not.
    const sequence = Math.imul(this.#count, SPREAD) >>> 0;
    const packet = ticklePacket(connection, sequence);
    this.#push({ kind: "tickle", destination: client.address, bytes: packet });
  }
}

/** Whether an address may be a client's: no multicast, broadcast, loopback, link-local or unspecified one. */
function isHost(address: IpBytes): boolean {
  if (address.length === 4) {
    const first = address[0]!;
    const isLinkLocal = first === 169 && address[1] === 254;
    return first !== 0 && first !== 127 && first < 224 && !isLinkLocal;
  }
  const isShort = address.subarray(0, 12).every((byte) => byte === 0);
  return !isShort && address[0] !== 0xff && !(address[0] === 0xfe && address[1]! >> 6 === 2);
}
