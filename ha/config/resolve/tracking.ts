// What instances and groups track: sync groups, weights where none may be, own interfaces.
import type { Context } from "../context.ts";
import type { GroupDraft, TrackDraft } from "../draft.ts";
import type {
  InstanceConfiguration,
  SyncGroupConfiguration,
  TrackReference,
} from "../model/instance.ts";
import { shown } from "../report.ts";
import { settleNotify } from "./instance.ts";

const PRIORITY_OWNER = 255;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Kind = "script" | "process" | "file" | "interface";

/** The groups with members that exist; each instance is in at most one. */
export function resolveGroups(
  groups: Iterable<GroupDraft>,
  instances: ReadonlyMap<string, InstanceConfiguration>,
  context: Context,
): readonly SyncGroupConfiguration[] {
  const taken = new Set<string>();
  return [...groups].flatMap((group) => {
    const members = membersOf(group, instances, taken, context);
    if (members.length === 0) return [];
    return [
      {
        name: group.name,
        position: group.position,
        members,
        ...settleGroupTracks(group, members, instances, context),
        allowsWeights: group.allowsWeights,
        notify: settleNotify(group.notify),
      },
    ];
  });
}

function membersOf(
  group: GroupDraft,
  instances: ReadonlyMap<string, InstanceConfiguration>,
  taken: Set<string>,
  context: Context,
): readonly string[] {
  const { position } = group;
  const name = shown(group.name);
  if (group.members.length === 0) {
    context.error(`Sync group ${name} has no virtual router(s). removing`, position);
    return [];
  }
  const members: string[] = [];
  for (const member of new Set(group.members)) {
    if (!context.draft.instances.has(member)) {
      const found = `Virtual router ${shown(member)} specified in sync group ${name} doesn't exist - ignoring`;
      context.error(found, position);
    } else if (taken.has(member)) {
      const found = `Virtual router ${shown(member)} cannot exist in more than one sync group; ignoring ${name}`;
      context.error(found, position);
    } else if (instances.has(member)) {
      taken.add(member);
      members.push(member);
    }
  }
  if (members.length === 0) {
    const found = `Sync group ${name}, no matching virtual router found in group declaration - removing`;
    context.error(found, position);
  } else if (members.length === 1) {
    const found = `Sync group ${name} has only 1 virtual router(s) - this probably isn't what you want`;
    context.error(found, position);
  }
  return members;
}

function settleGroupTracks(
  group: GroupDraft,
  members: readonly string[],
  instances: ReadonlyMap<string, InstanceConfiguration>,
  context: Context,
): TrackDraft {
  const hasOwner = members.some((member) => instances.get(member)?.priority === PRIORITY_OWNER);
  const clear = (list: readonly TrackReference[], kind: Kind): TrackReference[] =>
    list.map((one) => {
      if (!hasOwner || weightOf(one, kind, context) === 0) return one;
      const found = `(${group.name}) Cannot have weighted track ${kind} '${shown(one.name)}' with member having priority ${PRIORITY_OWNER} - clearing weight`;
      context.error(found, one.position);
      return { ...one, weight: 0 };
    });
  return {
    trackedInterfaces: clear(group.trackedInterfaces, "interface"),
    trackedScripts: clear(group.trackedScripts, "script"),
    trackedProcesses: clear(group.trackedProcesses, "process"),
    trackedFiles: clear(group.trackedFiles, "file"),
  };
}

/** The weight that counts: the entry's own, else that of what it names. */
function weightOf(reference: TrackReference, kind: Kind, { draft }: Context): number {
  if (reference.weight !== undefined) return reference.weight;
  const { name } = reference;
  if (kind === "script") return draft.scripts.get(name)?.weight ?? 0;
  if (kind === "process") return draft.processes.get(name)?.weight ?? 0;
  return kind === "file" ? (draft.files.get(name)?.weight ?? 1) : 0;
}

/** An instance without its own interface as tracked, and without weights where priorities are fixed. */
export function settleTracks(
  instance: InstanceConfiguration,
  group: SyncGroupConfiguration | undefined,
  context: Context,
): InstanceConfiguration {
  const of = `(${instance.name})`;
  const inGroup = group !== undefined && !group.allowsWeights;
  const cause =
    instance.priority === PRIORITY_OWNER ? "address_owner" : inGroup ? "SYNC group" : undefined;
  const keep = (list: readonly TrackReference[], kind: Kind): readonly TrackReference[] => {
    if (cause === undefined) return list;
    return list.flatMap((one) => {
      const weight = weightOf(one, kind, context);
      if (weight === 0) return [one];
      if (kind === "file") {
        const found = `${of} ignoring weight from tracked file ${shown(one.name)} due to ${cause}. specify weight 0`;
        context.error(found, one.position);
        return [{ ...one, weight: 0 }];
      }
      const found =
        kind === "script"
          ? `${of} ignoring tracked script ${shown(one.name)} with weights due to ${cause}`
          : `${of} ignoring tracked ${kind} ${shown(one.name)} with weight ${weight} due to ${cause}`;
      context.error(found, one.position);
      return [];
    });
  };
  const others = instance.trackedInterfaces.filter((one) => {
    if (one.name !== instance.interface) return true;
    context.error(
      `${of} Ignoring track_interface ${shown(one.name)} since own interface`,
      one.position,
    );
    return false;
  });
  const result: Mutable<InstanceConfiguration> = { ...instance };
  result.trackedInterfaces = keep(others, "interface");
  result.trackedScripts = keep(instance.trackedScripts, "script");
  result.trackedProcesses = keep(instance.trackedProcesses, "process");
  result.trackedFiles = keep(instance.trackedFiles, "file");
  return result;
}

/** Two virtual routers with one VRID on one interface would hear each other's adverts. */
export function reportDuplicates(
  instances: readonly InstanceConfiguration[],
  context: Context,
): void {
  const seen = new Map<string, InstanceConfiguration[]>();
  for (const instance of instances) {
    const key = `${instance.family} ${instance.vrid} ${instance.interface}`;
    const others = seen.get(key) ?? [];
    const rival = others.find((other) => areInTheWay(other, instance));
    if (rival !== undefined) {
      const found = `${rival.name} and ${instance.name} both use VRID ${instance.vrid} with IPv${instance.family} on interface ${instance.interface}`;
      const hint = "Give each virtual router of an interface a virtual_router_id of its own.";
      context.report.add("refused", found, instance.position, hint);
    }
    seen.set(key, [...others, instance]);
  }
}

function areInTheWay(a: InstanceConfiguration, b: InstanceConfiguration): boolean {
  if ((a.unicast === undefined) !== (b.unicast === undefined)) return false;
  if (a.unicast === undefined || b.unicast === undefined) {
    return String(a.multicastGroup) === String(b.multicastGroup);
  }
  const peers = new Set(a.unicast.peers.map((peer) => String(peer.address)));
  return b.unicast.peers.some((peer) => peers.has(String(peer.address)));
}
