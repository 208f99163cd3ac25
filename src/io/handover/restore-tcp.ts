// Makes a socket of a connection that another kernel has held until now. It stays under repair, so that nothing
// is sent and nobody is answered, until its address is here.
import { ipBytes } from "../mover/native/addresses.ts";
import type { MoverAddon } from "../mover/native/addon.ts";
import type { PassOutcome } from "./descriptor-channel.ts";
import { attempt, granted, QUEUE, setNumbers, TCP, type TcpState } from "./tcp-state.ts";

/** Kinds of options (RFC 9293, 3.2; RFC 7323; RFC 2018), as TCP_REPAIR_OPTIONS takes them in pairs with a value. */
const OPTION = { maxSegment: 2, scales: 3, sack: 4, timestamps: 8 } as const;

/** The kernel wants one piece of memory for each piece that it is given to have been received. */
const PIECE_BYTES = 16 * 1024;
/** Queues up to this have room in any socket. */
const SMALL_QUEUE_BYTES = 16 * 1024;
const RESERVED_BYTES_MIN = 256 * 1024;

/**
 * A descriptor under repair with everything but `state.unsent`, which `startTcp` sends; or why there is none.
 * `EPERM`: CAP_NET_ADMIN is missing. `EADDRINUSE`, `EADDRNOTAVAIL`: this machine has that connection already.
 */
export function restoreTcp(addon: MoverAddon, state: TcpState): PassOutcome<number> {
  const { local, peer } = state;
  const opened = attempt(() =>
    granted(
      addon.openRepaired(
        ipBytes(peer.host),
        peer.port,
        ipBytes(local.host),
        local.port,
        state.receiveSequence,
        state.sendSequence,
      ),
    ),
  );
  if (!opened.ok) return opened;
  const fd = opened.value;
  const filled = attempt(() => {
    fill(addon, fd, state);
    return fd;
  });
  if (!filled.ok) addon.closeDescriptor(fd, false);
  return filled;
}

function fill(addon: MoverAddon, fd: number, state: TcpState): void {
  const { scales, timestamp, received, unacknowledged } = state;
  const options = [OPTION.maxSegment, state.maxSegment];
  if (scales !== undefined) options.push(OPTION.scales, scales[0] | (scales[1] << 16));
  if (state.hasSack) options.push(OPTION.sack, 0);
  if (timestamp !== undefined) options.push(OPTION.timestamps, 0);
  setNumbers(addon, fd, TCP.repairOptions, options);
  if (timestamp !== undefined) setNumbers(addon, fd, TCP.timestamp, [timestamp]);
  granted(addon.reserveQueues(fd, roomFor(received), roomFor(unacknowledged)));
  fillQueue(addon, fd, QUEUE.receive, received);
  fillQueue(addon, fd, QUEUE.send, unacknowledged);
  setNumbers(addon, fd, TCP.repairWindow, [...state.window]);
}

/** 0 for what needs no reservation. */
function roomFor(bytes: Uint8Array): number {
  if (bytes.length <= SMALL_QUEUE_BYTES) return 0;
  return Math.max(RESERVED_BYTES_MIN, 2 * bytes.length);
}

function fillQueue(addon: MoverAddon, fd: number, queue: number, bytes: Uint8Array): void {
  setNumbers(addon, fd, TCP.repairQueue, [queue]);
  for (let at = 0; at < bytes.length;) {
    at += granted(addon.send(fd, bytes.subarray(at, at + PIECE_BYTES)));
  }
}

/**
 * Lets a restored socket run, whose address must be here by now: the kernel asks the peer where it stands. Gives
 * those of `unsent` that the kernel does not take; they go before anything else. The descriptor stays the caller's.
 */
export function startTcp(
  addon: MoverAddon,
  fd: number,
  unsent: Uint8Array,
): PassOutcome<Uint8Array> {
  return attempt(() => {
    granted(addon.endRepair(fd));
    let rest = unsent;
    while (rest.length > 0) {
      const count = addon.send(fd, rest);
      // A full socket takes more once it has room; a failed one tells that to whoever reads it.
      if (count < 0) break;
      rest = rest.subarray(count);
    }
    return rest;
  });
}
