// What the election needs of a configuration.
import type { AgentConfiguration } from "../config/model/configuration.ts";
import type { ElectionSettings } from "../vrrp/election.ts";

/** The settings of the election that a configuration asks for. */
export function electionSettings(configuration: AgentConfiguration): ElectionSettings {
  const hasHeartbeat = configuration.tandem.heartbeats.length > 0;
  return {
    instances: configuration.instances,
    syncGroups: configuration.syncGroups,
    startupDelayMs: configuration.global.startupDelayMs,
    // A second path is between two nodes; unicast to one peer is, too.
    isPair: (name) => {
      const instance = configuration.instances.find((candidate) => candidate.name === name);
      return hasHeartbeat || instance?.unicast?.peers.length === 1;
    },
  };
}
