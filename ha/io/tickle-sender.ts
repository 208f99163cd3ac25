// Sends tickles: raw packets that bring their IP header and take the routes of the kernel. Clients on
// this machine itself are left out: their connections end with the address that moved.
import { networkInterfaces } from "node:os";
import { type IpBytes, printIp } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import { LOCAL_ADDRESSES_MS } from "../limits.ts";
import { monotonicMs } from "./clock.ts";
import { RawIpSocket } from "./raw-ip-socket.ts";

/** Sends with the IP header of the caller: IPPROTO_RAW of raw(7). */
const PROTOCOL_RAW = 255;

/** One raw socket for each family, opened when it is needed. */
export class TickleSender {
  readonly #onProblem: (text: string) => void;
  readonly #sockets = new Map<4 | 6, RawIpSocket>();
  #local: ReadonlySet<string> = new Set();
  #localReadMs: Millis = -Infinity;

  /** Whoever hears of problems limits how often they are logged. */
  constructor(onProblem: (text: string) => void) {
    this.#onProblem = onProblem;
  }

  /** Sends at once; never throws. */
  send(destination: IpBytes, bytes: Uint8Array): void {
    const to = printIp(destination);
    if (this.#localAddresses().has(to)) return;
    try {
      const problem = this.#socket(destination.length === 4 ? 4 : 6).send(bytes, to);
      if (problem !== undefined) throw new Error(problem);
    } catch (error) {
      // Not the client's address: each problem is told of once, not for each client.
      this.#onProblem(`Clients are not told of the takeover: ${(error as Error).message}`);
    }
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #socket(family: 4 | 6): RawIpSocket {
    const known = this.#sockets.get(family);
    if (known !== undefined) return known;
    const socket = new RawIpSocket({
      family,
      protocol: PROTOCOL_RAW,
      interface: undefined,
      options: [],
      onPacket: undefined,
      onError: () => this.#sockets.delete(family),
    });
    this.#sockets.set(family, socket);
    return socket;
  }

  #localAddresses(): ReadonlySet<string> {
    const nowMs = monotonicMs();
    if (nowMs - this.#localReadMs > LOCAL_ADDRESSES_MS) {
      this.#localReadMs = nowMs;
      const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
      this.#local = new Set(all.map(({ address }) => address));
    }
    return this.#local;
  }
}
