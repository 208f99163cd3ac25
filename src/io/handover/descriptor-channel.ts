// One end of a channel that carries relays to another process of this machine: each message is a
// description and the two sockets it speaks of. Nobody waits here: who receives is told by other
// means that something was sent, and a message is there as soon as it was.
import { Buffer } from "node:buffer";
import { FROZEN_BYTES_MAX } from "../../limits.ts";
import type { MoverAddon } from "../mover/native/addon.ts";
import { systemError } from "../mover/native/system-error.ts";
import { decodeFrozen, encodeFrozen, type FrozenRelay } from "./frozen-relay.ts";

/** Room for the header of a description as well. */
const MESSAGE_BYTES_MAX = FROZEN_BYTES_MAX + 64;

/** How sending or receiving ended; a code is a name such as `EAGAIN`. */
export type PassOutcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: string };

/** Opens a channel: one end is for this process, one for a child. Both are closed by the caller. */
export function openChannel(addon: MoverAddon): PassOutcome<readonly [own: number, other: number]> {
  const ends = new Int32Array(2);
  const errno = addon.openChannel(ends);
  return errno < 0 ? failed(-errno) : { ok: true, value: [ends[0]!, ends[1]!] };
}

/**
 * Sends a relay, whose descriptors stay open here and are the caller's to close once the other side has
 * it. `EAGAIN`: the channel is full; again once the other side has read. `EMSGSIZE`: it holds too many
 * bytes to be passed.
 */
export function sendRelay(
  addon: MoverAddon,
  channel: number,
  relay: FrozenRelay,
): PassOutcome<undefined> {
  const description = encodeFrozen(relay);
  if (description === undefined) return { ok: false, code: "EMSGSIZE" };
  const fds = Int32Array.of(relay.clientFd, relay.serverFd);
  const count = addon.sendDescriptors(channel, description, fds);
  return count < 0 ? failed(-count) : { ok: true, value: undefined };
}

/** Takes one relay; `EPROTO` for a message that is not one, whose descriptors are closed. */
export function receiveRelay(addon: MoverAddon, channel: number): PassOutcome<FrozenRelay> {
  const bytes = Buffer.allocUnsafe(MESSAGE_BYTES_MAX);
  const fds = new Int32Array(2);
  const count = addon.receiveDescriptors(channel, bytes, fds);
  if (count < 0) return failed(-count);
  if (count === 0) return { ok: false, code: "EPIPE" };
  const [clientFd, serverFd] = [fds[0]!, fds[1]!];
  const relay = decodeFrozen(bytes.subarray(0, count));
  if (relay !== undefined && clientFd >= 0 && serverFd >= 0)
    return { ok: true, value: { ...relay, clientFd, serverFd } };
  for (const fd of fds) if (fd >= 0) addon.closeDescriptor(fd, false);
  return { ok: false, code: "EPROTO" };
}

function failed(errno: number): { readonly ok: false; readonly code: string } {
  return { ok: false, code: systemError(errno, "pass").code };
}
