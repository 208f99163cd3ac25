// What the kernel knows of a connection, read from a socket under repair (tcp(7), TCP_REPAIR; the structures
// are those of linux/tcp.h), so that another kernel can go on with it.
import type { IpEndpoint } from "../../base/address.ts";
import { MOVED_QUEUE_BYTES_MAX } from "../../limits.ts";
import type { MoverAddon } from "../mover/native/addon.ts";
import { addressOf } from "../mover/native/addresses.ts";
import { systemError } from "../mover/native/system-error.ts";
import type { PassOutcome } from "./descriptor-channel.ts";

/** One connection in both directions, between two packets. Sequence numbers are 0 to 2^32 - 1. */
export interface TcpState {
  readonly local: IpEndpoint;
  readonly peer: IpEndpoint;
  /** Of the first byte of `received`, or of the next one to come. */
  readonly receiveSequence: number;
  /** Of the first byte of `unacknowledged`, or of the next one to send. */
  readonly sendSequence: number;
  /** Acknowledged to the peer and not read yet. */
  readonly received: Uint8Array;
  /** Sent, and perhaps lost. */
  readonly unacknowledged: Uint8Array;
  /** Taken by the kernel and not sent. */
  readonly unsent: Uint8Array;
  /** The peer's limit of a segment (RFC 9293, 3.7.1), bytes. */
  readonly maxSegment: number;
  /** Shifts of the peer's window and of ours (RFC 7323, 2); `undefined` when not agreed on. */
  readonly scales: readonly [peer: number, own: number] | undefined;
  /** Selective acknowledgement is agreed on (RFC 2018). */
  readonly hasSack: boolean;
  /** The clock of our timestamps (RFC 7323, 3); `undefined` when they are not agreed on. */
  readonly timestamp: number | undefined;
  /** snd_wl1, snd_wnd, max_window, rcv_wnd and rcv_wup of `struct tcp_repair_window`. */
  readonly window: readonly number[];
}

/** Options of TCP and their values, as linux/tcp.h numbers them. */
export const TCP = {
  maxSegment: 2,
  info: 11,
  repair: 19,
  repairQueue: 20,
  queueSequence: 21,
  repairOptions: 22,
  timestamp: 24,
  repairWindow: 29,
} as const;

/** Values of `TCP.repairQueue`. */
export const QUEUE = { none: 0, receive: 1, send: 2 } as const;

/** Numbers of `struct tcp_repair_window`. */
export const WINDOW_NUMBERS = 5;

const ESTABLISHED = 1;
/** Of `struct tcp_info`: where a field lies, and bits of `tcpi_options`. */
const INFO = { bytes: 256, state: 0, options: 5, scales: 6, notSent: 144 } as const;
const AGREED = { timestamps: 1, sack: 2, scales: 4 } as const;

/** A call that the kernel refused. */
class Refused extends Error {
  readonly code: string;

  constructor(errno: number) {
    super("refused");
    this.code = systemError(errno, "repair").code;
  }
}

/** The result of a call of the native part, which is not negative; throws what `attempt` catches. */
export function granted(result: number): number {
  if (result < 0) throw new Refused(-result);
  return result;
}

/** Runs calls in a row up to the first that the kernel refuses, which is the outcome then. */
export function attempt<T>(calls: () => T): PassOutcome<T> {
  try {
    return { ok: true, value: calls() };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, code: error.code };
    throw error;
  }
}

/** Sets an option that consists of 32-bit numbers. */
export function setNumbers(addon: MoverAddon, fd: number, name: number, numbers: number[]): void {
  granted(addon.setTcpOption(fd, name, new Uint8Array(Uint32Array.from(numbers).buffer)));
}

function getNumbers(addon: MoverAddon, fd: number, name: number, count: number): Uint32Array {
  const numbers = new Uint32Array(count);
  granted(addon.getTcpOption(fd, name, new Uint8Array(numbers.buffer)));
  return numbers;
}

/**
 * Takes a socket out of its kernel's hands: from here on closing it tells nobody, and `addon.endRepair`
 * undoes this. No packet may reach it any more, so its address must be gone from this machine before.
 *
 * `ESHUTDOWN`: one side has ended, which cannot be moved; the socket goes on. `EMSGSIZE`: a queue holds
 * more than MOVED_QUEUE_BYTES_MAX; it goes on. `EPERM`: CAP_NET_ADMIN is missing.
 */
export function holdTcp(addon: MoverAddon, fd: number): PassOutcome<TcpState> {
  const held = attempt(() => {
    setNumbers(addon, fd, TCP.repair, [1]);
    return readState(addon, fd);
  });
  const found = held.ok ? held.value : held.code;
  if (typeof found !== "string") return { ok: true, value: found };
  addon.endRepair(fd);
  return { ok: false, code: found };
}

/** The state of a socket under repair, or the code of why it cannot be moved. */
function readState(addon: MoverAddon, fd: number): TcpState | string {
  const info = new Uint8Array(INFO.bytes);
  granted(addon.getTcpOption(fd, TCP.info, info));
  if (info[INFO.state] !== ESTABLISHED) return "ESHUTDOWN";
  const options = info[INFO.options]!;
  const [local, peer] = [addressOf(addon, fd, false), addressOf(addon, fd, true)];
  if (local.kind !== "ip" || peer.kind !== "ip") return "EAFNOSUPPORT";
  const send = readQueue(addon, fd, QUEUE.send);
  const receive = readQueue(addon, fd, QUEUE.receive);
  if (send === undefined || receive === undefined) return "EMSGSIZE";
  const notSent = new Uint32Array(info.buffer, INFO.notSent, 1)[0]!;
  const sentLength = send.bytes.length - notSent;
  const hasTimestamps = (options & AGREED.timestamps) !== 0;
  return {
    local,
    peer,
    receiveSequence: receive.sequence,
    sendSequence: send.sequence,
    received: receive.bytes,
    unacknowledged: send.bytes.subarray(0, sentLength),
    unsent: send.bytes.subarray(sentLength),
    maxSegment: getNumbers(addon, fd, TCP.maxSegment, 1)[0]!,
    scales: (options & AGREED.scales) === 0 ? undefined : readScales(info[INFO.scales]!),
    hasSack: (options & AGREED.sack) !== 0,
    timestamp: hasTimestamps ? getNumbers(addon, fd, TCP.timestamp, 1)[0]! : undefined,
    window: [...getNumbers(addon, fd, TCP.repairWindow, WINDOW_NUMBERS)],
  };
}

/** Two bit fields of four bits, of which compilers put the first into the low bits where bytes begin there, too. */
function readScales(both: number): readonly [peer: number, own: number] {
  const [low, high] = [both & 15, both >> 4];
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? [low, high] : [high, low];
}

/** Copies a queue, and says where it begins; `undefined` when it is too long. */
function readQueue(
  addon: MoverAddon,
  fd: number,
  queue: number,
): { readonly sequence: number; readonly bytes: Uint8Array } | undefined {
  setNumbers(addon, fd, TCP.repairQueue, [queue]);
  const end = getNumbers(addon, fd, TCP.queueSequence, 1)[0]!;
  for (let size = 64 * 1024; size <= MOVED_QUEUE_BYTES_MAX; size *= 2) {
    const bytes = new Uint8Array(size);
    const count = addon.peekBytes(fd, bytes);
    const code = count < 0 ? systemError(-count, "peek").code : undefined;
    // Of bytes to be sent the kernel counts all, also those that it had no room to copy.
    if (count >= size) continue;
    // An empty queue of received bytes has "nothing yet".
    const length = code === "EAGAIN" ? 0 : granted(count);
    return { sequence: (end - length) >>> 0, bytes: bytes.slice(0, length) };
  }
  return undefined;
}
