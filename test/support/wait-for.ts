import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How long and how often to look. */
export interface WaitOptions {
  /** Default 10,000 ms. */
  readonly timeoutMs?: number;
  /** Default 10 ms. */
  readonly intervalMs?: number;
  /** What is waited for, or a function that says what was found instead; part of the error. */
  readonly what?: string | (() => string);
}

/**
 * Looks until `probe` gives something other than `undefined` and `false`, and returns that. Rejects
 * when the time is up, naming what was waited for. What `probe` throws ends the wait.
 */
export async function waitFor<T>(
  probe: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const { timeoutMs = 10_000, intervalMs = 10, what = "a condition" } = options;
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (performance.now() >= deadlineMs) {
      const wanted = typeof what === "string" ? what : what();
      throw new Error(`Waited ${timeoutMs} ms in vain for ${wanted}`);
    }
    await sleep(intervalMs);
  }
}

/** Whether something accepts TCP connections there. */
export async function canConnect(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Waits until something accepts TCP connections on `port`. */
export async function waitForPort(port: number, options: WaitOptions = {}): Promise<void> {
  await waitFor(() => canConnect(port), { what: `a listener on port ${port}`, ...options });
}
