// A whole keepalived.conf, resolved.
import type { IpEndpoint } from "../../../src/base/address.ts";
import type { Millis } from "../../../src/base/units.ts";
import type { InstanceConfiguration, NotifyCommand, SyncGroupConfiguration } from "./instance.ts";
import type { FileConfiguration, ProcessConfiguration, ScriptConfiguration } from "./tracking.ts";

/** What a keepalived.conf says, our own directives included. */
export interface AgentConfiguration {
  readonly global: GlobalConfiguration;
  /** In file order. */
  readonly instances: readonly InstanceConfiguration[];
  readonly syncGroups: readonly SyncGroupConfiguration[];
  readonly scripts: readonly ScriptConfiguration[];
  readonly processes: readonly ProcessConfiguration[];
  readonly files: readonly FileConfiguration[];
  /** `static_ipaddress`, `static_routes`, `static_rules`: words for `ip`, kept while the agent runs and after. */
  readonly staticCommands: readonly (readonly string[])[];
  readonly tandem: TandemSettings;
}

/** `global_defs`, as far as it is not folded into the instances. */
export interface GlobalConfiguration {
  /** `router_id`; default: the host's name. */
  readonly routerId: string;
  readonly scriptUser: { readonly user: string; readonly group: string | undefined } | undefined;
  /** `enable_script_security`: no root scripts from paths that others may write to. */
  readonly isScriptSecure: boolean;
  /** `vrrp_startup_delay`: adverts are neither sent nor heeded before. */
  readonly startupDelayMs: Millis;
  /** `notify_fifo`, `vrrp_notify_fifo`: both get the same lines. */
  readonly fifos: readonly FifoConfiguration[];
  readonly notifiesPriorityChanges: boolean;
  /** `fifo_write_vrrp_states_on_reload`. */
  readonly writesStatesOnReload: boolean;
  /** `vrrp_rt_priority` 1..99; `undefined`: Tandem's own choice, 50; 0: `#tandem realtime off`. */
  readonly realtimePriority: number | undefined;
  /** `vrrp_priority`: nice value -20..19. */
  readonly nice: number | undefined;
  /** `vrrp_cpu_affinity`: CPU numbers. */
  readonly cpuAffinity: readonly number[];
  /** `vrrp_no_swap`. */
  readonly isLockedInMemory: boolean;
  readonly startupScript: NotifyCommand | undefined;
  readonly startupScriptTimeoutMs: Millis;
  readonly shutdownScript: NotifyCommand | undefined;
  readonly shutdownScriptTimeoutMs: Millis;
  /** `dynamic_interfaces`: interfaces may appear later. */
  readonly hasDynamicInterfaces: boolean;
  /** `log_unknown_vrids`. */
  readonly logsUnknownVrids: boolean;
  /** `json_version`. */
  readonly jsonVersion: 1 | 2;
  /** `reload_check_config`: a reload with errors is refused. Tandem always refuses. */
  readonly checksReload: boolean;
}

/** A named pipe and the program that reads it. */
export interface FifoConfiguration {
  readonly path: string;
  readonly script: NotifyCommand | undefined;
}

/** Our own directives in `global_defs`, also behind `#tandem`. */
export interface TandemSettings {
  /** `heartbeat LOCAL PEER key SECRET [port N] [interface IF]`: a second path for adverts. */
  readonly heartbeats: readonly HeartbeatConfiguration[];
  /** `balancer-timeout`: silence of the balancer that is a hang. Default 300 ms. */
  readonly balancerTimeoutMs: Millis;
  /** `agent-timeout`: silence of the agent that is a hang. Default 300 ms. */
  readonly agentTimeoutMs: Millis;
  /** `balancer-start-timeout`: from the start to "ready". Default 10 s. */
  readonly balancerStartTimeoutMs: Millis;
  /** `on-balancer-failure failover|restart`: hand the VIP over at once (default), or restart in place first. */
  readonly onBalancerFailure: "failover" | "restart";
  /** `restart-in-place-timeout`: with `restart`, the time the new balancer has before the VIP goes. Default 1 s. */
  readonly restartInPlaceMs: Millis;
  /** `restart-budget COUNT PERIOD`: restarts of one child before it is given up. Default 10 in 60 s. */
  readonly restartBudget: { readonly count: number; readonly periodMs: Millis };
  /** `fit-to-serve on|off`. Default on: an unfit node stands with priority 1 and hands the VIP over. */
  readonly minds: { readonly fitness: boolean };
  /** `vip-up PROGRAM`, `vip-down PROGRAM`: used instead of the built-in `ip -batch`. */
  readonly vipUp: string | undefined;
  readonly vipDown: string | undefined;
  /** `map-haproxy-checks`: the usual "is haproxy there" recipes are answered by the built-in watch. */
  readonly mapsHaproxyChecks: boolean;
  /** `realtime on|off`: real-time scheduling of guard and agent. Default on. */
  readonly isRealtime: boolean;
  /** `balancer-reserve on|off`: a loaded balancer waits for the end of the one that serves. Default on. */
  readonly hasReserve: boolean;
  /** `event-webhook`, `event-script`, `event-kinds`: where events go besides the log. */
  readonly events: EventOutlets;
}

/** A web server that events are posted to. */
export interface WebhookConfiguration {
  /** Never printed: it may be a secret. */
  readonly url: string;
  /** Authorities (PEM) that are trusted beside the usual ones. */
  readonly caFile: string | undefined;
}

/** Who is told of the events of a node. */
export interface EventOutlets {
  readonly webhook: WebhookConfiguration | undefined;
  readonly script: NotifyCommand | undefined;
  /** Whole kinds (`server.down`) or their first words (`server`); empty: all. */
  readonly kinds: readonly string[];
}

/** One second path. Both nodes need the same key. */
export interface HeartbeatConfiguration {
  readonly local: IpEndpoint;
  readonly peer: IpEndpoint;
  /** UTF-8 bytes of the secret, at least 8. Never printed. */
  readonly key: Uint8Array;
  /** Binds the socket to this interface. */
  readonly interface: string | undefined;
}
