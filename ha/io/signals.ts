// Signals that Node has no name for. Keepalived takes 36 (SIGRTMIN+2) as the request for a JSON dump,
// and the default action of that signal is to end the process.
import { Socket } from "node:net";
import { loadNative } from "./native.ts";

/** Who is told, by signal. A signal that was taken once stays taken: then it ends nobody who stops. */
const taken = new Map<number, Set<() => void>>();

/**
 * Calls back on a signal given by its number (1..64); several in a moment may be one call. Gives a
 * function that ends that, or `undefined` where it is not possible.
 */
export function onSignalNumber(signal: number, callback: () => void): (() => void) | undefined {
  const callbacks = taken.get(signal) ?? take(signal);
  callbacks?.add(callback);
  return callbacks && (() => void callbacks.delete(callback));
}

function take(signal: number): Set<() => void> | undefined {
  let fd: number | undefined;
  try {
    fd = loadNative()?.openSignal(signal);
  } catch {
    // Not one that can be taken.
  }
  if (fd === undefined) return undefined;
  const callbacks = new Set<() => void>();
  taken.set(signal, callbacks);
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.unref();
  socket.on("data", () => {
    for (const callback of callbacks) callback();
  });
  return callbacks;
}
