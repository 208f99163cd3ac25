// Sends gratuitous ARPs and unsolicited NAs: whole frames through the native part, else with the
// program arping (ARP) and a raw ICMPv6 socket (NA).
import { spawn } from "node:child_process";
import { closeSync, readFileSync } from "node:fs";
import { printIp } from "../../src/base/ip.ts";
import { ARPING_RUNNING_MAX } from "../limits.ts";
import type { OutgoingFrame } from "../vip/frame.ts";
import { PROTOCOL_ICMPV6 } from "../vip/neighbour.ts";
import type { KernelAddress } from "../vip/vip-events.ts";
import { loadNative, type Native } from "./native.ts";
import { RawIpSocket } from "./raw-ip-socket.ts";

/** What to announce: the address, and the frame that does it. */
export interface Announcement {
  readonly address: KernelAddress;
  readonly frame: OutgoingFrame;
}

/** How an announcer is set up. */
export interface AnnouncerSettings {
  /** Something could not be sent. Whoever hears it limits how often it is logged. */
  readonly onProblem: (text: string) => void;
  /** `undefined`: do without. Default: the one that is built. */
  readonly native?: Native | undefined;
}

/** Ethernet and IPv6 headers before the ICMPv6 message. */
const ICMPV6_AT = 54;
const ALL_NODES = "ff02::1";
/** Linux: ipv6(7). */
const IPPROTO_IPV6 = 41;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_HOPS = 18;
/** RFC 4861 §7.1.2: receivers discard anything else. */
const HOP_LIMIT = 255;

/** Sends announcements at once; never waits, never throws. */
export class Announcer {
  readonly #settings: AnnouncerSettings;
  readonly #native: Native | undefined;
  readonly #icmpSockets = new Map<string, RawIpSocket>();
  #packetFd: number | undefined;
  #arpingCount = 0;

  constructor(settings: AnnouncerSettings) {
    this.#settings = settings;
    this.#native = "native" in settings ? settings.native : loadNative();
  }

  announce(announcement: Announcement): void {
    const { frame, address } = announcement;
    try {
      if (this.#native !== undefined) this.#sendFrame(this.#native, frame);
      else if (address.address.length === 4)
        this.#runArping(frame.device, printIp(address.address));
      else this.#sendNeighbourAdvertisement(frame);
    } catch (error) {
      const what = `${printIp(address.address)} was not announced on ${frame.device}`;
      this.#settings.onProblem(`${what}: ${(error as Error).message}`);
    }
  }

  close(): void {
    if (this.#packetFd !== undefined) closeSync(this.#packetFd);
    this.#packetFd = undefined;
    for (const socket of this.#icmpSockets.values()) socket.close();
    this.#icmpSockets.clear();
  }

  #sendFrame(native: Native, { device, bytes }: OutgoingFrame): void {
    this.#packetFd ??= native.openPacketSocket();
    // Asked for each time: an interface that was made anew has another number.
    const index = native.interfaceIndex(device);
    if (index === 0) throw new Error("no such interface");
    native.sendFrame(this.#packetFd, index, bytes);
  }

  /** iputils arping sends at once, then waits a second for answers: it is left to itself. */
  #runArping(device: string, address: string): void {
    if (this.#arpingCount >= ARPING_RUNNING_MAX) {
      throw new Error(`${this.#arpingCount} arping are running: run scripts/build-native instead`);
    }
    this.#arpingCount += 1;
    const child = spawn("arping", ["-q", "-U", "-c", "1", "-I", device, address], {
      stdio: "ignore",
    });
    child.unref();
    child.once("error", (error) => {
      this.#arpingCount -= 1;
      const remedy = "install iputils-arping, or run scripts/build-native";
      this.#settings.onProblem(`${address} was not announced: ${error.message}: ${remedy}`);
    });
    // Its exit code says whether somebody answered, which nobody should.
    child.once("exit", () => (this.#arpingCount -= 1));
  }

  #sendNeighbourAdvertisement({ device, bytes }: OutgoingFrame): void {
    const message = bytes.subarray(ICMPV6_AT);
    if (this.#icmpSocket(device).send(message, ALL_NODES) === undefined) return;
    // The interface may have been made anew.
    this.#closeIcmpSocket(device);
    const problem = this.#icmpSocket(device).send(message, ALL_NODES);
    if (problem !== undefined) throw new Error(problem);
  }

  #icmpSocket(device: string): RawIpSocket {
    const known = this.#icmpSockets.get(device);
    if (known !== undefined) return known;
    const socket = new RawIpSocket({
      family: 6,
      protocol: PROTOCOL_ICMPV6,
      interface: device,
      options: [
        [IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOP_LIMIT],
        [IPPROTO_IPV6, IPV6_MULTICAST_IF, indexOf(device)],
      ],
      onPacket: undefined,
      onError: () => this.#closeIcmpSocket(device),
    });
    this.#icmpSockets.set(device, socket);
    return socket;
  }

  #closeIcmpSocket(device: string): void {
    this.#icmpSockets.get(device)?.close();
    this.#icmpSockets.delete(device);
  }
}

function indexOf(device: string): number {
  return Number(readFileSync(`/sys/class/net/${device}/ifindex`, "utf8"));
}
