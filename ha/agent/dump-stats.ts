// The statistics dump of SIGUSR2, line for line as Keepalived writes keepalived.stats.
import type { AgentStatus, InstanceReport } from "./status.ts";

/** The text of the dump. */
export function dumpStats(status: AgentStatus): string {
  return status.instances.map(statsText).join("");
}

function statsText({ configuration, election, received, sentCount }: InstanceReport): string {
  return `VRRP Instance: ${configuration.name}
  Advertisements:
    Received: ${received.received}
    Sent: ${sentCount}
  Became master: ${election.becameMasterCount}
  Released master: ${election.releasedMasterCount}
  Packet Errors:
    Length: ${received.lengthErrors}
    TTL: ${received.ttlErrors}
    Invalid Type: ${received.typeErrors}
    Advertisement Interval: ${received.intervalErrors}
    Address List: ${received.addressListErrors}
  Authentication Errors:
    Invalid Type: ${received.invalidAuthTypes}
    Type Mismatch: ${received.authTypeMismatches}
    Failure: ${received.authFailures}
  Priority Zero:
    Received: ${election.priorityZeroReceivedCount}
    Sent: ${election.priorityZeroSentCount}
`;
}
