// What `show servers state` prints: one line for each server, which HAProxy and this program read
// back at their start.
import { ADMIN } from "../../balance/admin.ts";
import type { ServerState } from "../../balance/server.ts";
import type { Millis } from "../../base/units.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { HealthMonitor } from "../../health/monitor.ts";
import { serverKey } from "../../health/monitored.ts";
import type { BackendState } from "../../session/backend-state.ts";
import {
  agentStateNumber,
  CHECK_NUMBERS,
  checkStateNumber,
  OPERATIONAL_NUMBERS,
  resultNumber,
} from "./codes.ts";
import { STATE_COLUMNS, STATE_HEADER, STATE_VERSION, type StateColumn } from "./columns.ts";

/** `srv_check_health` of a server that has no check, as HAProxy starts it. */
const UNCHECKED_HEALTH = 2;

/** Where the figures come from. */
export interface StateSource {
  readonly configuration: Configuration;
  readonly monitor: HealthMonitor;
}

/** Both head lines and a line for each server of these backends, each with its line feed. */
export function* printServersState(
  backends: Iterable<BackendState>,
  source: StateSource,
  nowMs: Millis,
): Generator<string, void> {
  yield `${STATE_VERSION}\n${STATE_HEADER}\n`;
  for (const backend of backends) {
    const isForced = hasForcedId(backend, source.configuration);
    for (const server of backend.balancer.servers) {
      const fields = {
        ...backendFields(backend, isForced),
        ...serverFields(backend, server, nowMs),
        ...checkFields(backend, server, source.monitor),
      };
      yield `${STATE_COLUMNS.map((column) => fields[column]).join(" ")}\n`;
    }
  }
}

type Fields<Names extends StateColumn> = Readonly<Record<Names, string | number>>;
type BackendColumn = "be_id" | "be_name" | "bk_f_forced_id";
type CheckColumn = Extract<StateColumn, `srv_check_${string}` | `srv_agent_${string}`>;

function backendFields(backend: BackendState, isForced: boolean): Fields<BackendColumn> {
  return { be_id: backend.id, be_name: backend.name, bk_f_forced_id: isForced ? 1 : 0 };
}

function serverFields(
  backend: BackendState,
  server: ServerState,
  nowMs: Millis,
): Fields<Exclude<StateColumn, BackendColumn | CheckColumn>> {
  const endpoint = backend.facts.get(server.name)?.endpoint;
  const { address, tls } = server.spec;
  const port = endpoint?.kind === "ip" ? endpoint.port : 0;
  return {
    srv_id: server.id,
    srv_name: server.name,
    srv_addr: endpoint?.kind === "ip" ? endpoint.host : "-",
    srv_op_state: OPERATIONAL_NUMBERS[server.operational],
    srv_admin_state: server.admin,
    srv_uweight: server.userWeight,
    srv_iweight: server.spec.weight,
    srv_time_since_last_change: Math.max(0, Math.floor((nowMs - server.lastChangeMs) / 1000)),
    // An identifier beyond the number of servers can only have been given.
    srv_f_forced_id: server.id > backend.balancer.servers.length ? 1 : 0,
    srv_fqdn: address.kind === "name" ? address.host : "-",
    srv_port: address.kind === "name" && endpoint === undefined ? address.port : port,
    srvrecord: "-",
    srv_use_ssl: tls === undefined ? 0 : 1,
  };
}

function checkFields(
  backend: BackendState,
  server: ServerState,
  monitor: HealthMonitor,
): Fields<CheckColumn> {
  const status = monitor.statusOf(serverKey(backend.name, server.name));
  const { check, agent } = server.spec;
  return {
    srv_check_status: CHECK_NUMBERS[status?.check?.lastReport?.code ?? "INI"],
    srv_check_result: resultNumber(status?.check),
    srv_check_health: status?.check?.health ?? UNCHECKED_HEALTH,
    srv_check_state: checkStateNumber(status?.check, isPaused(server)),
    srv_agent_state: agentStateNumber(status?.agent),
    srv_check_port: check?.port ?? 0,
    srv_check_addr: check?.host ?? "-",
    srv_agent_addr: agent?.host ?? "-",
    srv_agent_port: agent?.port ?? 0,
  };
}

/** A check counts as paused in maintenance; where the configuration disables the server, also one that it has not. */
function isPaused(server: ServerState): boolean {
  if ((server.admin & ADMIN.configMaint) !== 0) return true;
  return server.isInMaintenance() && server.spec.check !== undefined;
}

/** Whether a proxy's identifier is another than its place in the files gives it. */
function hasForcedId(backend: BackendState, { global, proxies }: Configuration): boolean {
  const first = global.statsSockets.length > 0 ? 2 : 1;
  return proxies.findIndex((proxy) => proxy.id === backend.id) + first !== backend.id;
}
