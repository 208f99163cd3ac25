// Descriptors as the seam's values ask for them.
import type { ConnectSpec, SocketOptions } from "../../../session/mover.ts";
import type { MoverAddon, MoverHandle } from "./addon.ts";
import { ipBytes, toNativeAddress } from "./addresses.ts";

/** Starts to connect; the descriptor, or a negative errno. Its generation, 0 if it is connected already, is the first scratch number. */
export function openConnection(addon: MoverAddon, handle: MoverHandle, spec: ConnectSpec): number {
  const { isUnix, bytes, port } = toNativeAddress(spec.endpoint);
  const { local } = spec;
  const localBytes = local === undefined ? undefined : ipBytes(local.host);
  const localPort = local?.port ?? 0;
  const fd = addon.openConnection(
    handle,
    isUnix,
    bytes,
    port,
    localBytes,
    localPort,
    spec.interface,
    spec.speaksFirst === true,
  );
  if (fd >= 0) applySocketOptions(addon, fd, spec.socket);
  return fd;
}

/** Sets the TCP options of a connection; what is not given stays as the system has it. */
export function applySocketOptions(addon: MoverAddon, fd: number, socket: SocketOptions): void {
  const { keepalive, userTimeoutMs } = socket;
  if (!keepalive && userTimeoutMs === undefined) return;
  const { keepaliveIdleMs: idleMs, keepaliveIntervalMs: intervalMs, keepaliveCount } = socket;
  const count = keepaliveCount ?? 0;
  addon.setOptions(fd, keepalive, idleMs ?? 0, intervalMs ?? 0, count, userTimeoutMs ?? 0);
}
