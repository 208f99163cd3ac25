// Which tracked objects bear on which instance, and how much: references of instances and of their
// sync groups with the objects' own weights filled in.
import type { AgentConfiguration } from "../config/model/configuration.ts";
import type {
  InstanceConfiguration,
  SyncGroupConfiguration,
  TrackReference,
} from "../config/model/instance.ts";

/** What can be tracked. */
export type TrackedKind = "interface" | "script" | "process" | "file";

/** One tracked object's bearing on one instance. */
export interface Binding {
  readonly kind: TrackedKind;
  readonly name: string;
  /** 0: a fault while down. */
  readonly weight: number;
  readonly isReversed: boolean;
}

/** An instance and all that it is bound to. */
export interface BoundInstance {
  readonly name: string;
  readonly basePriority: number;
  readonly bindings: readonly Binding[];
}

interface Own {
  readonly weight: number;
  readonly isReversed: boolean;
}

/** An address owner (priority 255) is bound to faults only: its priority is fixed (RFC 9568 §5.2.4). */
const OWNER_PRIORITY = 255;

/** Resolves a whole configuration. */
export function bindInstances(configuration: AgentConfiguration): readonly BoundInstance[] {
  const own = ownWeights(configuration);
  return configuration.instances.map((instance) => ({
    name: instance.name,
    basePriority: instance.priority,
    bindings: bindingsOf(instance, groupOf(configuration, instance), own),
  }));
}

function bindingsOf(
  instance: InstanceConfiguration,
  group: SyncGroupConfiguration | undefined,
  own: OwnWeights,
): readonly Binding[] {
  const bindings = new Map<string, Binding>();
  const add = (binding: Binding): void => {
    const key = `${binding.kind} ${binding.name}`;
    if (!bindings.has(key)) bindings.set(key, binding);
  };
  if (!instance.ignoresInterfaceState) {
    add({ kind: "interface", name: instance.interface, weight: 0, isReversed: false });
  }
  // What both an instance and its group track is taken as the group says, as Keepalived does.
  for (const holder of group === undefined ? [instance] : [group, instance]) {
    for (const [kind, references] of referencesOf(holder)) {
      for (const reference of references) {
        const binding = bind(kind, reference, own);
        if (binding !== undefined) add(binding);
      }
    }
  }
  const isFixed =
    instance.priority === OWNER_PRIORITY || (group !== undefined && !group.allowsWeights);
  return [...bindings.values()].filter(({ weight }) => weight === 0 || !isFixed);
}

function referencesOf(
  holder: InstanceConfiguration | SyncGroupConfiguration,
): readonly (readonly [TrackedKind, readonly TrackReference[]])[] {
  return [
    ["interface", holder.trackedInterfaces],
    ["script", holder.trackedScripts],
    ["process", holder.trackedProcesses],
    ["file", holder.trackedFiles],
  ];
}

/** `undefined` for an object that is not configured: the reader has told of it. */
function bind(kind: TrackedKind, reference: TrackReference, own: OwnWeights): Binding | undefined {
  const { name } = reference;
  const object = kind === "interface" ? { weight: 0, isReversed: false } : own[kind].get(name);
  if (object === undefined) return undefined;
  const { weight = object.weight, isReversed = object.isReversed } = reference;
  return { kind, name, weight, isReversed };
}

type OwnWeights = Readonly<Record<Exclude<TrackedKind, "interface">, ReadonlyMap<string, Own>>>;

function ownWeights({ scripts, processes, files }: AgentConfiguration): OwnWeights {
  return { script: byName(scripts), process: byName(processes), file: byName(files) };
}

function byName(objects: readonly (Own & { readonly name: string })[]): ReadonlyMap<string, Own> {
  return new Map(objects.map((object) => [object.name, object]));
}

function groupOf(
  { syncGroups }: AgentConfiguration,
  instance: InstanceConfiguration,
): SyncGroupConfiguration | undefined {
  return syncGroups.find(({ members }) => members.includes(instance.name));
}
