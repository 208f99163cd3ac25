// Whether a configuration may take the place of the one that runs.
import type { AgentConfiguration } from "./model/configuration.ts";

/** What of a file's reading is asked about. */
export interface Candidate {
  readonly configuration: AgentConfiguration;
  readonly isUsable: boolean;
}

/**
 * Why a reload is refused; `undefined` when it is not. A file without any instance would give up every
 * VIP, and is what an editor leaves for a moment while it writes.
 */
export function reloadObjection(running: AgentConfiguration, next: Candidate): string | undefined {
  if (!next.isUsable) return "the file has errors";
  if (running.instances.length > 0 && next.configuration.instances.length === 0) {
    return "the file holds no vrrp_instance; to give up all addresses, stop the agent";
  }
  return undefined;
}
