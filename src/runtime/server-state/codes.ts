// Numbers that stand for states in server state files, as HAProxy numbers them.
import type { OperationalState } from "../../balance/server.ts";
import type { ProbeStatus } from "../../health/events.ts";
import type { CheckCode } from "../../health/result.ts";

/** `srv_op_state`. */
export const OPERATIONAL_NUMBERS: Readonly<Record<OperationalState, number>> = {
  stopped: 0,
  starting: 1,
  running: 2,
  stopping: 3,
};

/** `srv_check_status`; 2 is that of a check that runs for the first time. */
export const CHECK_NUMBERS: Readonly<Record<CheckCode, number>> = {
  UNK: 0,
  INI: 1,
  CHECKED: 3,
  HANA: 4,
  SOCKERR: 5,
  L4OK: 6,
  L4TOUT: 7,
  L4CON: 8,
  L6OK: 9,
  L6TOUT: 10,
  L6RSP: 11,
  L7TOUT: 12,
  L7RSP: 13,
  L7OK: 15,
  L7OKC: 16,
  L7STS: 17,
};

/** Bits of `srv_check_state` and `srv_agent_state`. */
const PROBE_BITS = { configured: 2, enabled: 4, paused: 8, agent: 16 } as const;

/** `srv_check_result`: 0 unknown, 1 neutral, 2 failed, 3 passed, 4 passed on condition. */
export function resultNumber(probe: ProbeStatus | undefined): number {
  const report = probe?.lastReport;
  if (report === undefined) return 0;
  if (report.code === "CHECKED") return 1;
  if (!report.ok) return 2;
  return report.code === "L7OKC" ? 4 : 3;
}

/** `srv_check_state`. */
export function checkStateNumber(probe: ProbeStatus | undefined, isPaused: boolean): number {
  return configuredBits(probe) | (isPaused ? PROBE_BITS.paused : 0);
}

/** `srv_agent_state`; agents are asked in maintenance, too. */
export function agentStateNumber(probe: ProbeStatus | undefined): number {
  return probe === undefined ? 0 : configuredBits(probe) | PROBE_BITS.agent;
}

function configuredBits(probe: ProbeStatus | undefined): number {
  if (probe === undefined) return 0;
  return PROBE_BITS.configured | (probe.enabled ? PROBE_BITS.enabled : 0);
}
