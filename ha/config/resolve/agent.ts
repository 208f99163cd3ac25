// From everything that was read to one AgentConfiguration.
import type { Context } from "../context.ts";
import type { AgentDraft } from "../draft.ts";
import type {
  AgentConfiguration,
  FifoConfiguration,
  GlobalConfiguration,
  TandemSettings,
} from "../model/configuration.ts";
import type { InstanceConfiguration, SyncGroupConfiguration } from "../model/instance.ts";
import { resolveInstance } from "./instance.ts";
import { resolveFiles, resolveProcess, resolveScript, settleScripts } from "./scripts.ts";
import { reportDuplicates, resolveGroups, settleTracks } from "./tracking.ts";

/** Settles defaults, references and contradictions; what is wrong goes to the report. */
export function resolveAgent(context: Context): AgentConfiguration {
  const { draft } = context;
  settleScripts(context);
  const plain = [...draft.instances.values()].flatMap((one) => resolveInstance(one, context) ?? []);
  reportDuplicates(plain, context);
  const byName = new Map(plain.map((instance) => [instance.name, instance]));
  const syncGroups = resolveGroups(draft.groups.values(), byName, context);
  const groupOf = (instance: InstanceConfiguration): SyncGroupConfiguration | undefined =>
    syncGroups.find((group) => group.members.includes(instance.name));
  return {
    global: resolveGlobal(context),
    instances: plain.map((instance) => settleTracks(instance, groupOf(instance), context)),
    syncGroups,
    scripts: [...draft.scripts.values()].map((script) => resolveScript(script, context)),
    processes: [...draft.processes.values()].map((process) => resolveProcess(process, context)),
    files: resolveFiles(draft),
    staticCommands: draft.staticCommands,
    tandem: resolveTandem(draft),
  };
}

function resolveGlobal(context: Context): GlobalConfiguration {
  const { global, tandem } = context.draft;
  return {
    routerId: global.routerId ?? context.options.hostName,
    scriptUser: global.scriptUser,
    isScriptSecure: global.isScriptSecure,
    startupDelayMs: global.startupDelayMs,
    fifos: resolveFifos(context),
    notifiesPriorityChanges: global.notifiesPriorityChanges ?? false,
    writesStatesOnReload: global.writesStatesOnReload,
    realtimePriority: tandem.isRealtime ? global.realtimePriority : 0,
    nice: global.nice,
    cpuAffinity: global.cpuAffinity,
    isLockedInMemory: global.isLockedInMemory,
    startupScript: global.startupScript,
    startupScriptTimeoutMs: global.startupScriptTimeoutMs,
    shutdownScript: global.shutdownScript,
    shutdownScriptTimeoutMs: global.shutdownScriptTimeoutMs,
    hasDynamicInterfaces: global.hasDynamicInterfaces,
    logsUnknownVrids: global.logsUnknownVrids,
    jsonVersion: global.jsonVersion,
    checksReload: global.checksReload,
  };
}

function resolveFifos(context: Context): readonly FifoConfiguration[] {
  const { fifo, fifoScript, vrrpFifo, vrrpFifoScript } = context.draft.global;
  const fifos: FifoConfiguration[] = [];
  if (fifo !== undefined) fifos.push({ path: fifo, script: fifoScript });
  if (vrrpFifo !== undefined && vrrpFifo === fifo) {
    const found = `notify FIFO ${fifo} has been specified for global and vrrp FIFO - ignoring vrrp FIFO`;
    context.error(found);
  } else if (vrrpFifo !== undefined) fifos.push({ path: vrrpFifo, script: vrrpFifoScript });
  return fifos;
}

function resolveTandem({ tandem }: AgentDraft): TandemSettings {
  const { isFitnessMinded, vipUp, vipDown, events, ...rest } = tandem;
  const { webhook, script, kinds } = events;
  const minds = { fitness: isFitnessMinded };
  return { ...rest, minds, vipUp, vipDown, events: { webhook, script, kinds } };
}
