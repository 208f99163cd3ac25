// Puts a guard together: what it reads, what it starts, where it logs.
import { unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Millis } from "../../src/base/units.ts";
import type { AgentOptions, RunOptions } from "../agent-options.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import { reloadObjection } from "../config/reload.ts";
import {
  AGENT_START_MS_MAX,
  CHILD_STOP_MS_MAX,
  REALTIME_PRIORITY_DEFAULT,
  SCRIPT_KILL_AFTER_MS,
} from "../limits.ts";
import type { Child, GuardSettings } from "../supervise/guard-events.ts";
import type { AgentChildOptions } from "./agent-process.ts";
import {
  type BalancerPrivileges,
  balancerPrivileges,
  type CapabilityName,
  missingCapabilities,
} from "./capabilities.ts";
import type { ChildCommand } from "./child-process.ts";
import { CONTROL_FILE_NAMES } from "./control-socket.ts";
import { EventSenderKeeper } from "./event-sender-keeper.ts";
import { type GuardOptions, runGuard } from "./guard-process.ts";
import { IpBatch } from "./ip-batch.ts";
import { loadAgentConfiguration, type LoadedConfiguration } from "./load-configuration.ts";
import { type Log, openLog } from "./log/log.ts";
import { logForm } from "./log-form.ts";
import { REALTIME_NODE_FLAGS } from "./realtime.ts";
import { VrrpSockets } from "./vrrp-socket.ts";
import { WillExecutor } from "./will-executor.ts";

/** Daemon exit codes of Keepalived (reference §2.3). */
const EXIT_CONFIG = 2;
const EXIT_PERMISSION = 4;

/** As in bin/tandem: less memory for young objects, and one thread that helps V8 (docs/performance.md). */
const BALANCER_FLAGS = ["--max-semi-space-size=4", "--v8-pool-size=1"];

/** Runs an agent under a guard of its own, as a Keepalived would run; resolves to the exit code. */
export function launchAgent(options: AgentOptions): Promise<number> {
  return launch(options, {}, balancerPrivileges());
}

/** Runs a whole node; resolves to the exit code. */
export function launchNode(options: RunOptions): Promise<number> {
  const { balancerFiles: files, localpeer, maxconn, controlPath } = options;
  const given = { files, localpeer, maxconn, controlPath };
  const privileges = balancerPrivileges();
  const balancer = (child: object): ChildCommand =>
    prefixed(privileges.prefix, entry("balancer-child.js", child, BALANCER_FLAGS));
  const commands = {
    balancerCommand: balancer(given),
    reserveCommand: balancer({ ...given, standby: true }),
  };
  return launch(options, commands, privileges);
}

async function launch(
  options: AgentOptions & Pick<RunOptions, "controlPath">,
  commands: Pick<GuardOptions, "balancerCommand" | "reserveCommand">,
  privileges: BalancerPrivileges,
): Promise<number> {
  if (options.umask !== undefined) process.umask(options.umask);
  const hasBalancer = commands.balancerCommand !== undefined;
  const log = openLog(logForm(options, "Keepalived"));
  const read = (): Promise<LoadedConfiguration> =>
    loadAgentConfiguration({ ...options, hasBalancer });
  const loaded = await read();
  report(loaded, log);
  if (!loaded.isUsable) {
    log.write("error", `"${options.file}" cannot be used: see above; "tandem check" says more`);
    log.close();
    return EXIT_CONFIG;
  }
  const { configuration } = loaded;
  let running = configuration;
  const missing = missingCapabilities(neededCapabilities(configuration));
  if (missing.length > 0) {
    log.write("error", describeMissing(missing));
    log.close();
    return EXIT_PERMISSION;
  }
  if (hasBalancer && privileges.problem !== undefined) {
    log.write(
      "warning",
      `The balancer inherits the capabilities of the agent (${privileges.problem}): install util-linux, or ` +
        `permit capset(2) and prctl(2)`,
    );
  }
  const children: Child[] = hasBalancer ? ["agent", "balancer"] : ["agent"];
  if (options.pidfile !== undefined) await writeFile(options.pidfile, `${process.pid}\n`);
  const realtimePriority = realtimeOf(configuration);
  const eventSender = eventSenderFor(options, privileges.prefix);
  eventSender.apply(configuration);
  try {
    return await runGuard({
      settings: guardSettings(configuration, children),
      agentCommand: entry(
        "agent-child.js",
        agentOptions(options, hasBalancer),
        REALTIME_NODE_FLAGS,
      ),
      ...commands,
      willExecutor: (prefix) => willExecutor(prefix, log),
      ...(options.controlFolder === undefined ? {} : { controlFolder: options.controlFolder }),
      eventSender,
      realtimePriority,
      log: (level, text, child, fields = {}) => {
        log.write(level, text, child === undefined ? fields : { child, ...fields });
      },
      reload: async () => {
        const again = await read();
        report(again, log);
        if (reloadObjection(running, again) !== undefined) return undefined;
        running = again.configuration;
        eventSender.apply(running);
        return guardSettings(running, children);
      },
      onReady: () => {
        options.onReady?.();
      },
    });
  } finally {
    if (options.pidfile !== undefined) await unlink(options.pidfile).catch(() => undefined);
    log.close();
  }
}

function report(loaded: LoadedConfiguration, log: Log): void {
  for (const { severity, message, position, hint } of [...loaded.diagnostics, ...loaded.lints]) {
    const place = position === undefined ? "" : `(${position.file}: Line ${position.line}) `;
    const level = severity === "alert" ? "error" : severity === "warning" ? "warning" : "info";
    log.write(level, `${place}${message}${hint === undefined ? "" : `; ${hint}`}`);
  }
}

/** Adverts need raw sockets; who adds and removes VIPs by programs of his own may do without the other. */
function neededCapabilities({ tandem }: AgentConfiguration): readonly CapabilityName[] {
  const hasOwnPrograms = tandem.vipUp !== undefined && tandem.vipDown !== undefined;
  return hasOwnPrograms ? ["CAP_NET_RAW"] : ["CAP_NET_RAW", "CAP_NET_ADMIN"];
}

function describeMissing(missing: readonly CapabilityName[]): string {
  return (
    `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing: raw sockets send and hear ` +
    `adverts, and addresses are added and removed. Run as root, or grant them: AmbientCapabilities=` +
    `${missing.join(" ")} in the systemd unit, or setpriv --inh-caps and --ambient-caps`
  );
}

function guardSettings(
  { global, tandem }: AgentConfiguration,
  children: readonly Child[],
): GuardSettings {
  return {
    children,
    balancerTimeoutMs: tandem.balancerTimeoutMs,
    agentTimeoutMs: tandem.agentTimeoutMs,
    balancerStartTimeoutMs: tandem.balancerStartTimeoutMs,
    agentStartTimeoutMs: AGENT_START_MS_MAX + global.startupScriptTimeoutMs,
    stopTimeoutMs: CHILD_STOP_MS_MAX,
    agentStopTimeoutMs: agentStopTimeoutMs(global),
    restartBudget: tandem.restartBudget,
    hasReserve: tandem.hasReserve,
  };
}

/** The shutdown script comes last, with a time of its own. */
function agentStopTimeoutMs(global: AgentConfiguration["global"]): Millis {
  if (global.shutdownScript === undefined) return CHILD_STOP_MS_MAX;
  return CHILD_STOP_MS_MAX + global.shutdownScriptTimeoutMs + SCRIPT_KILL_AFTER_MS;
}

/** Real-time scheduling is on unless switched off by our directive. */
function realtimeOf({ global, tandem }: AgentConfiguration): number | undefined {
  if (!tandem.isRealtime || global.realtimePriority === 0) return undefined;
  return global.realtimePriority ?? REALTIME_PRIORITY_DEFAULT;
}

/** The guard acts for a dead agent: `ip` stands ready, sockets are opened within a fraction of a millisecond. */
function willExecutor(prefix: readonly string[], log: Log): WillExecutor {
  const batch = new IpBatch({ prefix, onProblem: (problem) => log.write("warning", problem) });
  const sockets = new VrrpSockets({
    onPacket: () => undefined,
    onError: ({ interface: name, text }) => log.write("warning", `${name}: ${text}`),
  });
  return new WillExecutor(batch, sockets);
}

function agentOptions(options: AgentOptions, hasBalancer: boolean): AgentChildOptions {
  const { file, configId, logs, logFile, syslogFacility, vrrpPidfile, keepsVips, dumps } = options;
  const { controlFolder } = options;
  return {
    ...{ file, logs, hasBalancer, keepsVips, logsAddresses: options.logsAddresses },
    ...(configId === undefined ? {} : { configId }),
    ...(logFile === undefined ? {} : { logFile }),
    ...(syslogFacility === undefined ? {} : { syslogFacility }),
    ...(vrrpPidfile === undefined ? {} : { vrrpPidfile }),
    ...(dumps === undefined ? {} : { dumps }),
    ...(controlFolder === undefined ? {} : { controlFolder }),
  };
}

/** Sends the events of the node's processes away; none of a process without a socket. */
function eventSenderFor(
  { controlFolder, controlPath }: Pick<RunOptions, "controlFolder" | "controlPath">,
  prefix: readonly string[],
): EventSenderKeeper {
  const own =
    controlFolder === undefined
      ? {}
      : {
          guard: path.join(controlFolder, CONTROL_FILE_NAMES.guard),
          agent: path.join(controlFolder, CONTROL_FILE_NAMES.agent),
        };
  return new EventSenderKeeper({
    sockets: { ...own, ...(controlPath === undefined ? {} : { balancer: controlPath }) },
    command: (certificates) => ({
      ...prefixed(prefix, entry("event-sender.js")),
      env: certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates },
    }),
  });
}

function prefixed(
  [first, ...rest]: readonly string[],
  { command, args }: ChildCommand,
): ChildCommand {
  return first === undefined
    ? { command, args }
    : { command: first, args: [...rest, command, ...args] };
}

/** A child of ours: a file of bin/ and its options. Works from the sources' build only. */
function entry(name: string, options?: object, flags: readonly string[] = []): ChildCommand {
  const file = fileURLToPath(new URL(`../../../bin/${name}`, import.meta.url));
  const given = options === undefined ? [] : [JSON.stringify(options)];
  return { command: process.execPath, args: [...flags, file, ...given] };
}
