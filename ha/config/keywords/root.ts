// The top level of keepalived.conf.
import type { Statement } from "../blocks.ts";
import type { Context } from "../context.ts";
import {
  emptyTracks,
  type FileDraft,
  type GlobalDraft,
  type GroupDraft,
  type InstanceDraft,
  type ProcessDraft,
  type ScriptDraft,
} from "../draft.ts";
import { readStatements, recognised, served, skipped, tableOf, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { GLOBAL_TABLE } from "./global.ts";
import { INSTANCE_TABLE } from "./instance.ts";
import { checkRule, ipWords } from "./lists.ts";
import { GROUP_TABLE } from "./sync-group.ts";
import { TANDEM_KEYWORDS } from "./tandem.ts";
import { FILE_TABLE, PROCESS_TABLE, SCRIPT_TABLE } from "./tracked.ts";

function readGlobal({ block }: Statement, draft: GlobalDraft, context: Context): void {
  readStatements(block ?? [], GLOBAL_TABLE, draft, context);
}

function readInstance(
  { words, position, block }: Statement,
  _draft: GlobalDraft,
  context: Context,
): void {
  const name = words[1];
  const { instances } = context.draft;
  if (name === undefined || words.length > 2) {
    const hint = name === undefined ? undefined : "Put a name with blanks into quotes.";
    context.error("vrrp_instance must have a name", position, hint);
    return;
  }
  if (instances.has(name)) {
    context.error(`vrrp instance ${shown(name)} already defined`, position);
    return;
  }
  const draft: InstanceDraft = {
    name,
    position,
    hasUnicastWord: false,
    peers: [],
    vips: [],
    excludedVips: [],
    virtualRoutes: [],
    virtualRules: [],
    isNopreempt: false,
    announcements: {},
    sendsOnParent: false,
    ignoresInterfaceState: false,
    promotesSecondaries: false,
    notify: {},
    ...emptyTracks(),
  };
  instances.set(name, draft);
  readStatements(block ?? [], INSTANCE_TABLE, draft, context);
}

function readGroup(
  { words, position, block }: Statement,
  _draft: GlobalDraft,
  context: Context,
): void {
  const name = words[1];
  const { groups } = context.draft;
  if (name === undefined || words.length > 2) {
    context.error("vrrp_sync_group must have a name - skipping", position);
  } else if (groups.has(name)) {
    context.error(`vrrp sync group ${shown(name)} already defined`, position);
  } else {
    const draft: GroupDraft = {
      name,
      position,
      members: [],
      allowsWeights: false,
      notify: {},
      ...emptyTracks(),
    };
    groups.set(name, draft);
    readStatements(block ?? [], GROUP_TABLE, draft, context);
  }
}

function readScript(
  { words, position, block }: Statement,
  _draft: GlobalDraft,
  context: Context,
): void {
  const name = words[1]!;
  const draft: ScriptDraft = {
    name,
    position,
    isUserUnknown: false,
    intervalMs: 1_000,
    weight: 0,
    isReversed: false,
    fall: 1,
    rise: 1,
    startsFailed: false,
    isBalancerWatch: false,
  };
  readStatements(block ?? [], SCRIPT_TABLE, draft, context);
  if (draft.command === undefined) {
    context.error(`No script set for vrrp_script ${shown(name)} - removing`, position);
  } else if (!draft.isUserUnknown && hasUser(draft, context)) {
    if (context.draft.scripts.has(name)) {
      context.note(`vrrp_script ${shown(name)} is defined again; the first one counts`, position);
    } else context.draft.scripts.set(name, draft);
  }
}

/** With script security on and nobody named, Keepalived wants a user keepalived_script. */
function hasUser(draft: ScriptDraft, context: Context): boolean {
  const { global } = context.draft;
  if (draft.user !== undefined || global.scriptUser !== undefined || !global.isScriptSecure)
    return true;
  if (context.options.userExists?.("keepalived_script") !== false) return true;
  const hint = "Add `script_user root` to global_defs, or `user` to the block.";
  const { position, name } = draft;
  context.error("Unable to set default user keepalived_script for script", position);
  context.error(
    `Unable to set default user for vrrp script ${shown(name)} - removing`,
    position,
    hint,
  );
  return false;
}

function readProcess(
  { words, position, block }: Statement,
  _draft: GlobalDraft,
  context: Context,
): void {
  const name = words[1]!;
  const draft: ProcessDraft = {
    name,
    position,
    words: [],
    isFullCommand: false,
    weight: 0,
    isReversed: false,
    quorum: 1,
    forkDelayMs: 0,
    terminateDelayMs: 0,
    isBalancerWatch: false,
  };
  readStatements(block ?? [], PROCESS_TABLE, draft, context);
  if (draft.words.length === 0) {
    context.error(`track process '${shown(name)}' process name not specified`, position);
  } else if (context.draft.processes.has(name)) {
    context.error(`Track process ${shown(name)} already defined`, position);
  } else context.draft.processes.set(name, draft);
}

function readFile(
  { words, position, block }: Statement,
  _draft: GlobalDraft,
  context: Context,
): void {
  const name = words[1]!;
  const draft: FileDraft = { name, position, weight: 1, isReversed: false };
  readStatements(block ?? [], FILE_TABLE, draft, context);
  if (draft.file === undefined) {
    context.error(`No file set for track_file ${shown(name)} - ignoring`, position);
  } else if (context.draft.files.has(name)) {
    context.error(`Track file ${shown(name)} already defined`, position);
  } else context.draft.files.set(name, draft);
}

/** A block whose lines are what `ip` takes. */
function staticList(
  name: string,
  object: string,
  summary: string,
  completes?: (words: readonly string[], draft: GlobalDraft) => readonly string[],
): Keyword<GlobalDraft> {
  return served({
    name,
    form: "{ WORDS... }",
    summary,
    block: "required",
    read: ({ block }, draft, context) => {
      for (const item of block ?? []) {
        if (object === "rule") checkRule(item, context);
        const words = ipWords(item.words);
        context.draft.staticCommands.push([object, "add", ...(completes?.(words, draft) ?? words)]);
      }
    },
  });
}

function withDevice(words: readonly string[], draft: GlobalDraft): readonly string[] {
  return words.includes("dev") ? words : [...words, "dev", draft.defaultInterface];
}

const ROOT_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  served({
    name: "global_defs",
    form: "{ ... }",
    summary: "What concerns the whole node.",
    block: "required",
    read: readGlobal,
  }),
  served({
    name: "vrrp_instance",
    form: "NAME { ... }",
    summary: "A virtual router.",
    block: "required",
    read: readInstance,
  }),
  served({
    name: "vrrp_sync_group",
    form: "NAME { ... }",
    summary: "Instances that change together.",
    block: "required",
    read: readGroup,
  }),
  served({
    name: "vrrp_script",
    form: "NAME { ... }",
    summary: "A check that instances track.",
    needs: 1,
    block: "required",
    read: readScript,
  }),
  served({
    name: "vrrp_track_process",
    form: "NAME { ... }",
    summary: "A process that instances track.",
    needs: 1,
    block: "required",
    read: readProcess,
  }),
  served({
    name: "track_file",
    form: "NAME { ... }",
    summary: "A file with a number that instances track.",
    needs: 1,
    block: "required",
    read: readFile,
  }),
  served({
    name: "vrrp_track_file",
    form: "NAME { ... }",
    summary: "The old name of track_file.",
    needs: 1,
    block: "required",
    read: readFile,
  }),
  staticList("static_ipaddress", "address", "Addresses that the node always has.", withDevice),
  staticList("static_routes", "route", "Routes that the node always has."),
  staticList("static_rules", "rule", "Rules that the node always has."),
];

const FOREIGN_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  ...skipped<GlobalDraft>("LVS is not part of Tandem; the balancer serves haproxy.cfg.", [
    "virtual_server",
    "virtual_server_group",
    "SSL",
  ]),
  ...skipped<GlobalDraft>("there is no BFD.", ["bfd_instance"]),
  ...skipped<GlobalDraft>("static addresses are kept, not tracked.", ["track_group"]),
  ...skipped<GlobalDraft>("use vrrp_garp_interval and vrrp_gna_interval.", ["garp_group"]),
  ...skipped<GlobalDraft>("the kernel tells of link changes.", [
    "linkbeat_interfaces",
    "interface_up_down_delays",
  ]),
  ...recognised<GlobalDraft>("start Tandem inside the namespace instead.", [
    "net_namespace_ipvs",
    "namespace_with_ipsets",
  ]),
  ...recognised<GlobalDraft>("it is not served.", [
    "instance",
    "use_pid_dir",
    "linkbeat_use_polling",
    "child_wait_time",
  ]),
  {
    name: "net_namespace",
    form: "NAME",
    summary: "Start Tandem inside the namespace instead.",
    support: "recognised",
    read: ({ words, position }, _draft, context) => {
      if (words[1] === undefined) context.error("net_namespace name missing - ignoring", position);
      else {
        const found = "'net_namespace' is not served: start Tandem inside the namespace";
        context.report.add(
          "refused",
          found,
          position,
          `ip netns exec ${shown(words[1])} tandem ...`,
        );
      }
    },
  },
];

/** Everything that may stand outside of blocks; our own directives may, too. */
export const ROOT_TABLE = tableOf<GlobalDraft>(ROOT_KEYWORDS, TANDEM_KEYWORDS, FOREIGN_KEYWORDS);
