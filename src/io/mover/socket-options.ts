import type { Socket } from "node:net";
import type { SocketOptions } from "../../session/mover.ts";

/** The system's own idle time before the first keep-alive probe holds. */
const SYSTEM_DEFAULT_MS = 0;

/**
 * Sets the TCP options that Node can set. Its keep-alive has an idle time only: interval, count and
 * user timeout are reported at start as not served (see `findMoverGaps`).
 */
export function applySocketOptions(socket: Socket, options: SocketOptions): void {
  if (options.keepalive) {
    socket.setKeepAlive(true, options.keepaliveIdleMs ?? SYSTEM_DEFAULT_MS);
  }
}
