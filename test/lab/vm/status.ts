// How the machines of a lab stand, as they say over ssh.
import { MQTT_PORT, NODE_NAMES, VIP } from "../configuration.ts";
import type { LabState } from "../state.ts";
import type { LabStatus } from "../status.ts";
import { machinePid, runIn, type MachinePlan } from "./machine.ts";

const ASKED = [
  `ss -Hltn "sport = :${MQTT_PORT}" | wc -l`,
  `ip -o -4 address show to ${VIP} | wc -l`,
  "systemctl is-active tandem.service",
].join("; ");

type NodeStatus = LabStatus["nodes"][number];

/** A node that is a virtual machine; one that is off holds nothing. */
export async function machineStatus(state: LabState, machine: MachinePlan): Promise<NodeStatus> {
  const head = { host: machine.name, kind: state.kinds[machine.name] };
  const off = { isListening: false, holdsVip: false, processes: [] };
  if ((await machinePid(machine)) === undefined) return { ...head, ...off, processes: ["off"] };
  const { code, stdout } = await runIn(machine, ASKED);
  const [listening, held, unit] = stdout.split("\n");
  // The last of them tells by its exit code whether the unit is active.
  if (code === null || unit === undefined) return { ...head, ...off, processes: ["on, silent"] };
  return {
    ...head,
    isListening: listening !== "0",
    holdsVip: held !== "0",
    processes: [`machine is on, tandem.service ${unit}`],
  };
}

/** All nodes of a lab of machines. */
export function machineStatuses(
  state: LabState,
  machines: Readonly<Record<string, MachinePlan>>,
): Promise<readonly NodeStatus[]> {
  return Promise.all(NODE_NAMES.map((name) => machineStatus(state, machines[name]!)));
}
