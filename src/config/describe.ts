// Says in words what a configuration will do.
import type { Configuration } from "./model/configuration.ts";

/** What `tandem check` prints on success. */
export function describeConfiguration(configuration: Configuration): string {
  return String(configuration.proxies.length);
}

/** Whether anything would listen; HAProxy exits with 2 when nothing does. */
export function hasListeners(configuration: Configuration): boolean {
  return configuration.proxies.some((p) => !p.disabled && (p.frontend?.binds.length ?? 0) > 0);
}
