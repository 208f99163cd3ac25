// The sockets of VRRP: one per interface and family that receives, one that sends. They are apart so
// that a flood of packets, of which raw-socket reads one per turn of the event loop, never stands
// before a packet of ours.
import { parseIpv6, printIp, type IpBytes } from "../../src/base/ip.ts";
import { PROTOCOL_VRRP } from "../vrrp/checksum.ts";
import { readIpv4Packet } from "../vrrp/ip-header.ts";
import type { OutgoingPacket, ReceivedPacket } from "../vrrp/packet.ts";
import { loadNative } from "./native.ts";
import { RawIpSocket, type SocketOption } from "./raw-ip-socket.ts";

/** Something that a socket could not do. Whoever hears it limits how often it is logged. */
export interface SocketProblem {
  readonly interface: string;
  readonly family: 4 | 6;
  /** `filter`: the socket works, but IPv6 hop limits go unchecked. */
  readonly operation: "open" | "receive" | "send" | "filter";
  /** For people: what is wrong, and what to do. */
  readonly text: string;
}

/** Who is told. */
export interface VrrpSocketListener {
  onPacket(packet: ReceivedPacket): void;
  onError(problem: SocketProblem): void;
}

/** Where to receive. */
export interface VrrpPlace {
  readonly interface: string;
  /** Its number: another one means that the interface was made anew. */
  readonly ifindex: number;
  readonly family: 4 | 6;
  /** The group to join; `undefined` for unicast. */
  readonly multicastGroup: IpBytes | undefined;
}

interface Receiver {
  readonly ifindex: number;
  readonly socket: RawIpSocket;
  /** Joined groups, as text. */
  readonly groups: Set<string>;
}

/** Sends with the IP header of the caller: IPPROTO_RAW of raw(7). */
const PROTOCOL_RAW = 255;
/** A flood may fill this; then packets are lost rather than late. */
const RECEIVE_BUFFER_BYTES = 131_072;
/** Linux: socket(7), ip(7), ipv6(7). */
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const IPPROTO_IP = 0;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const IP_MULTICAST_ALL = 49;
const IPPROTO_IPV6 = 41;
const IPV6_CHECKSUM = 7;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_JOIN_GROUP = 20;
const IPV6_MULTICAST_ALL = 29;
/** Where the checksum stands in a VRRP message. */
const CHECKSUM_OFFSET = 6;

const RECEIVE_OPTIONS: Readonly<Record<4 | 6, readonly SocketOption[]>> = {
  4: [
    [SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES],
    // Groups that other programs of this machine joined are none of ours.
    [IPPROTO_IP, IP_MULTICAST_ALL, 0],
  ],
  6: [
    [SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES],
    [IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0],
    // The kernel verifies: the destination, which the sum covers, is not shown to us.
    [IPPROTO_IPV6, IPV6_CHECKSUM, CHECKSUM_OFFSET],
  ],
};
const SEND_OPTIONS: Readonly<Record<4 | 6, readonly SocketOption[]>> = {
  4: [[IPPROTO_IP, IP_MULTICAST_LOOP, 0]],
  6: [[IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0]],
};

/** All VRRP sockets of a process. */
export class VrrpSockets {
  readonly #listener: VrrpSocketListener;
  readonly #receivers = new Map<string, Receiver>();
  readonly #senders = new Map<string, RawIpSocket>();
  #isHopLimitTold = false;
  #malformedCount = 0;

  constructor(listener: VrrpSocketListener) {
    this.#listener = listener;
  }

  /** Packets that were no IP packets at all, or longer than any advert. */
  get malformedCount(): number {
    return this.#malformedCount;
  }

  /**
   * Receives in this place and prepares to send there. Harmless when it is open already. False when
   * it cannot be opened; the listener knows why.
   */
  open(place: VrrpPlace): boolean {
    const key = keyOf(place.interface, place.family);
    try {
      const receiver = this.#receiverFor(key, place);
      join(receiver, place);
      this.#senderFor(place.interface, place.family);
      return true;
    } catch (error) {
      this.#closePlace(key);
      this.#report(place, "open", (error as Error).message);
      return false;
    }
  }

  /** Sends at once. What goes wrong is told to the listener. The interface need not have been opened. */
  send(packet: OutgoingPacket): void {
    const problem = this.#trySend(packet);
    if (problem === undefined) return;
    // An interface that was made anew has another number: the old socket does not find it.
    this.#closeSender(keyOf(packet.interface, packet.family));
    const again = this.#trySend(packet);
    if (again !== undefined) this.#report(packet, "send", again);
  }

  /** Closes the sockets of an interface that is gone. */
  closeInterface(name: string): void {
    this.#closePlace(keyOf(name, 4));
    this.#closePlace(keyOf(name, 6));
  }

  close(): void {
    for (const key of new Set([...this.#receivers.keys(), ...this.#senders.keys()])) {
      this.#closePlace(key);
    }
  }

  #receiverFor(key: string, place: VrrpPlace): Receiver {
    const known = this.#receivers.get(key);
    if (known?.ifindex === place.ifindex) return known;
    this.#closePlace(key);
    const { family, interface: name } = place;
    const socket = new RawIpSocket({
      family,
      protocol: PROTOCOL_VRRP,
      interface: name,
      options: RECEIVE_OPTIONS[family],
      onPacket: (bytes, source) => {
        const packet = family === 4 ? readV4(name, bytes) : readV6(name, bytes, source);
        if (packet !== undefined) this.#listener.onPacket(packet);
        else this.#malformedCount += 1;
      },
      onError: (text) => {
        if (this.#receivers.get(key)?.socket === socket) this.#receivers.delete(key);
        this.#report(place, "receive", text);
      },
    });
    const receiver = { ifindex: place.ifindex, socket, groups: new Set<string>() };
    this.#receivers.set(key, receiver);
    if (family === 6) this.#filterHopLimit(socket, place);
    return receiver;
  }

  #filterHopLimit({ fd }: RawIpSocket, place: VrrpPlace): void {
    const native = loadNative();
    try {
      if (native === undefined || fd === undefined) throw new Error("the native part is not built");
      native.filterHopLimit(fd);
    } catch (error) {
      if (this.#isHopLimitTold) return;
      this.#isHopLimitTold = true;
      const text = `adverts over IPv6 are taken with any hop limit (${(error as Error).message}): run scripts/build-native, or drop them with nftables: ip6 nexthdr 112 ip6 hoplimit != 255 drop`;
      this.#report(place, "filter", text);
    }
  }

  #trySend(packet: OutgoingPacket): string | undefined {
    try {
      const sender = this.#senderFor(packet.interface, packet.family);
      return sender.send(packet.bytes, printIp(packet.destination));
    } catch (error) {
      return (error as Error).message;
    }
  }

  #senderFor(name: string, family: 4 | 6): RawIpSocket {
    const key = keyOf(name, family);
    const known = this.#senders.get(key);
    if (known !== undefined) return known;
    const sender = new RawIpSocket({
      family,
      protocol: PROTOCOL_RAW,
      interface: name,
      options: SEND_OPTIONS[family],
      onPacket: undefined,
      onError: () => this.#closeSender(key),
    });
    this.#senders.set(key, sender);
    return sender;
  }

  #closePlace(key: string): void {
    this.#receivers.get(key)?.socket.close();
    this.#receivers.delete(key);
    this.#closeSender(key);
  }

  #closeSender(key: string): void {
    this.#senders.get(key)?.close();
    this.#senders.delete(key);
  }

  #report(
    where: { readonly interface: string; readonly family: 4 | 6 },
    operation: SocketProblem["operation"],
    text: string,
  ): void {
    const { interface: name, family } = where;
    this.#listener.onError({ interface: name, family, operation, text });
  }
}

function keyOf(name: string, family: 4 | 6): string {
  return `${family} ${name}`;
}

function join(receiver: Receiver, { family, ifindex, multicastGroup }: VrrpPlace): void {
  if (multicastGroup === undefined) return;
  const name = printIp(multicastGroup);
  if (receiver.groups.has(name)) return;
  try {
    receiver.socket.setOption(membership(family, multicastGroup, ifindex));
  } catch (error) {
    throw new Error(`cannot join ${name}: ${(error as Error).message}`, { cause: error });
  }
  receiver.groups.add(name);
}

function membership(family: 4 | 6, group: IpBytes, ifindex: number): SocketOption {
  if (family === 4) {
    // struct ip_mreqn: group, address of the interface (unused), number.
    const request = Buffer.alloc(12);
    request.set(group, 0);
    request.writeInt32LE(ifindex, 8);
    return [IPPROTO_IP, IP_ADD_MEMBERSHIP, nativeOrder(request, 8)];
  }
  // struct ipv6_mreq: group, number.
  const request = Buffer.alloc(20);
  request.set(group, 0);
  request.writeInt32LE(ifindex, 16);
  return [IPPROTO_IPV6, IPV6_JOIN_GROUP, nativeOrder(request, 16)];
}

function nativeOrder(request: Buffer, at: number): Buffer {
  const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
  if (isBigEndian) request.subarray(at, at + 4).swap32();
  return request;
}

function readV4(name: string, bytes: Uint8Array): ReceivedPacket | undefined {
  const packet = readIpv4Packet(bytes);
  if (packet === undefined) return undefined;
  const { source, destination, ttl, payload } = packet;
  return { family: 4, interface: name, source, destination, ttl, payload };
}

function readV6(name: string, payload: Uint8Array, from: string): ReceivedPacket | undefined {
  const source = parseIpv6(from.split("%")[0]!);
  if (source === undefined) return undefined;
  return { family: 6, interface: name, source, destination: undefined, ttl: undefined, payload };
}
