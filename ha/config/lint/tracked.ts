// What an instance tracks, by itself and through its sync groups, with the weight that counts.
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration, TrackReference } from "../model/instance.ts";
import type { ScriptConfiguration } from "../model/tracking.ts";

/** One tracked thing. */
export interface Tracked {
  readonly kind: "interface" | "script" | "process" | "file";
  readonly name: string;
  /** 0: FAULT while it is down. A file's weight is multiplied with the number in the file. */
  readonly weight: number;
  readonly isReversed: boolean;
  readonly reference: TrackReference;
}

interface Tracker {
  readonly name: string;
  readonly weight: number;
  readonly isReversed: boolean;
}

/** Everything that an instance tracks; what its sync groups track comes last. */
export function trackedBy(
  instance: InstanceConfiguration,
  configuration: AgentConfiguration,
): readonly Tracked[] {
  const groups = configuration.syncGroups.filter(({ members }) => members.includes(instance.name));
  return [instance, ...groups].flatMap((tracker) => [
    ...tracker.trackedInterfaces.map((reference) => resolve("interface", reference, [])),
    ...tracker.trackedScripts.map((reference) =>
      resolve("script", reference, configuration.scripts),
    ),
    ...tracker.trackedProcesses.map((reference) =>
      resolve("process", reference, configuration.processes),
    ),
    ...tracker.trackedFiles.map((reference) => resolve("file", reference, configuration.files)),
  ]);
}

/** The scripts that any instance or group tracks; others never run. */
export function usedScripts(configuration: AgentConfiguration): readonly ScriptConfiguration[] {
  const used = new Set(
    [...configuration.instances, ...configuration.syncGroups].flatMap((tracker) =>
      tracker.trackedScripts.map(({ name }) => name),
    ),
  );
  return configuration.scripts.filter(({ name }) => used.has(name));
}

/** Whether its failure is a FAULT for some instance, rather than a change of priority. */
export function isFaultOnFailure(
  script: ScriptConfiguration,
  configuration: AgentConfiguration,
): boolean {
  return configuration.instances.some((instance) =>
    trackedBy(instance, configuration).some(
      ({ kind, name, weight }) => kind === "script" && name === script.name && weight === 0,
    ),
  );
}

function resolve(
  kind: Tracked["kind"],
  reference: TrackReference,
  trackers: readonly Tracker[],
): Tracked {
  const tracker = trackers.find(({ name }) => name === reference.name);
  return {
    kind,
    name: reference.name,
    weight: reference.weight ?? tracker?.weight ?? 0,
    isReversed: reference.isReversed ?? tracker?.isReversed ?? false,
    reference,
  };
}
