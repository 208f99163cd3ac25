// The blocks of an instance or a group whose lines are items: track_*, unicast_peer, addresses,
// routes, rules.
import { parseIp } from "../../../src/base/ip.ts";
import { readAddressLine } from "../address-line.ts";
import type { Statement } from "../blocks.ts";
import type { Context } from "../context.ts";
import type { InstanceDraft, TrackDraft } from "../draft.ts";
import { served, type Keyword } from "../keyword.ts";
import type { TrackReference, VipConfiguration } from "../model/instance.ts";
import { shown } from "../report.ts";
import { readInteger } from "../values.ts";

const TRACK_WEIGHT_MAX = 254;

/** The items of a block; a word behind the keyword belongs into the braces. */
function itemsOf(statement: Statement, context: Context): readonly Statement[] {
  const [name, first] = statement.words;
  if (first !== undefined) {
    const found = `Block ${name!} has extra parameters ${shown(first)} ...`;
    context.error(found, statement.position, `Write it inside '{' and '}'.`);
  }
  return statement.block ?? [];
}

interface TrackKind {
  /** `script` in the messages. */
  readonly word: string;
  readonly field: keyof TrackDraft;
  readonly weightMax: number;
}

const TRACK_KINDS: readonly TrackKind[] = [
  { word: "interface", field: "trackedInterfaces", weightMax: 253 },
  { word: "script", field: "trackedScripts", weightMax: 253 },
  { word: "process", field: "trackedProcesses", weightMax: TRACK_WEIGHT_MAX },
  { word: "file", field: "trackedFiles", weightMax: TRACK_WEIGHT_MAX },
];

/** `track_interface`, `track_script`, `track_process`, `track_file`. */
export function trackKeywords<
  Draft extends TrackDraft & { readonly name: string },
>(): readonly Keyword<Draft>[] {
  return TRACK_KINDS.map((kind) =>
    served<Draft>({
      name: `track_${kind.word}`,
      form: "{ NAME [weight N [reverse|noreverse]]... }",
      summary: `Tracked ${kind.word}s; without weight a lost one is a fault.`,
      block: "required",
      read: (statement, draft, context) => {
        for (const item of itemsOf(statement, context)) {
          const reference = readReference(item, kind, draft, context);
          if (reference !== undefined) draft[kind.field].push(reference);
        }
      },
    }),
  );
}

function isDefined(kind: TrackKind, name: string, context: Context): boolean {
  const { draft } = context;
  if (kind.word === "script") return draft.scripts.has(name);
  if (kind.word === "process") return draft.processes.has(name);
  return kind.word !== "file" || draft.files.has(name);
}

function readReference(
  { words, position }: Statement,
  kind: TrackKind,
  draft: TrackDraft & { readonly name: string },
  context: Context,
): TrackReference | undefined {
  const name = words[0]!;
  const of = `(${draft.name})`;
  if (kind.word === "interface") {
    const missing = `${of} tracked interface ${shown(name)} doesn't exist`;
    context.checkInterface(name, missing, position);
  } else if (!isDefined(kind, name, context)) {
    const found = `${of} track ${kind.word} ${shown(name)} not found, ignoring...`;
    const block =
      kind.word === "file"
        ? "track_file"
        : kind.word === "script"
          ? "vrrp_script"
          : "vrrp_track_process";
    context.error(found, position, `Define ${block} ${shown(name)} above this block.`);
    return undefined;
  }
  if (draft[kind.field].some((one) => one.name === name)) {
    context.error(`${of} duplicate track_${kind.word} ${shown(name)} - ignoring`, position);
    return undefined;
  }
  if (words.length === 1) return { name, weight: undefined, isReversed: undefined, position };
  if (words[1] !== "weight") {
    const found = `${of} unknown track_${kind.word} ${shown(name)} option ${shown(words[1]!)} - ignoring`;
    context.error(found, position);
    return { name, weight: undefined, isReversed: undefined, position };
  }
  return readWeight(name, words, position, kind, of, context);
}

function readWeight(
  name: string,
  words: readonly string[],
  position: Statement["position"],
  kind: TrackKind,
  of: string,
  context: Context,
): TrackReference | undefined {
  const limit = kind.weightMax;
  const message = `${of} track ${kind.word} ${shown(name)}: weight must be between [-${limit}..${limit}] inclusive, ignoring...`;
  const text = words[2] ?? "";
  let weight = readInteger(text, -TRACK_WEIGHT_MAX, TRACK_WEIGHT_MAX, message, position, context);
  if (weight === undefined) return { name, weight: undefined, isReversed: undefined, position };
  if (Math.abs(weight) > limit) {
    context.error(`${of} weight for ${shown(name)} cannot be +/-254. Setting to +/-253`, position);
    weight = Math.sign(weight) * limit;
  }
  const option = words[3];
  if (option !== undefined && option !== "reverse" && option !== "noreverse") {
    const found = `${of} unknown track_${kind.word} ${shown(name)} weight option ${shown(option)} - ignoring`;
    context.error(found, position);
  }
  const isReversed = option === "reverse" ? true : option === "noreverse" ? false : undefined;
  return { name, weight, isReversed, position };
}

function readPeers(statement: Statement, draft: InstanceDraft, context: Context): void {
  draft.hasUnicastWord = true;
  for (const { words, position } of itemsOf(statement, context)) {
    const address = parseIp(words[0]!);
    if (address === undefined) {
      const found = `Configuration error: VRRP instance[${draft.name}] malformed unicast peer address[${shown(words[0]!)}]. Skipping...`;
      context.error(found, position);
      continue;
    }
    const ttl: { min_ttl?: number; max_ttl?: number } = {};
    for (let i = 1; i < words.length; i++) {
      const word = words[i]!;
      if (word !== "min_ttl" && word !== "max_ttl") {
        context.error(`(${draft.name}) unknown unicast_peer option ${shown(word)}`, position);
        continue;
      }
      const text = words[++i] ?? "";
      const message = `(${draft.name}) ${word} '${shown(text)}' is invalid - ignoring`;
      const value = readInteger(text, 0, 255, message, position, context);
      if (value !== undefined) ttl[word] = value;
    }
    if (ttl.min_ttl !== undefined && ttl.max_ttl !== undefined && ttl.min_ttl > ttl.max_ttl) {
      const found = `(${draft.name}) min_ttl ${ttl.min_ttl} > max_ttl ${ttl.max_ttl} - all packets will be discarded`;
      context.error(found, position);
    }
    draft.peers.push({ address, minTtl: ttl.min_ttl, maxTtl: ttl.max_ttl });
  }
}

function addressList(
  name: string,
  summary: string,
  listOf: (draft: InstanceDraft) => VipConfiguration[],
): Keyword<InstanceDraft> {
  return served({
    name,
    form: "{ ADDRESS[/LENGTH] [dev IF] [label L] [brd A|+|-] [scope S] [peer A] [FLAG...] [no_track] [preferred_lft N|forever]... }",
    summary,
    block: "required",
    read: (statement, draft, context) => {
      for (const item of itemsOf(statement, context)) {
        const vip = readAddressLine(item, context);
        if (vip !== undefined) listOf(draft).push(vip);
      }
    },
  });
}

/** Words for `ip`: `no_track` and `track_group NAME` are Keepalived's own. */
export function ipWords(words: readonly string[]): readonly string[] {
  return words.filter(
    (word, i) => word !== "no_track" && word !== "track_group" && words[i - 1] !== "track_group",
  );
}

/** Says what Keepalived complains about in a rule. */
export function checkRule({ words, position }: Statement, context: Context): void {
  if (words.some((word) => /^(?:preference|pref|priority|order)$/.test(word))) return;
  const found =
    "Rule has no preference specified - setting to 16384. This is probably not what you want.";
  context.error(found, position);
}

/** Says what Keepalived complains about in a route. */
export function checkRoute({ words, position }: Statement, context: Context): void {
  const isTracked = !words.includes("no_track");
  const hasDevice = words.some((word) => /^(?:dev|oif|via|gw|nexthop)$/.test(word));
  if (!isTracked || hasDevice) return;
  const name = shown(words.find((word) => /[/.:]/.test(word)) ?? words[0]!);
  const found = `Warning - cannot track route ${name} with no interface specified, not tracking`;
  context.error(found, position);
}

/** The item blocks of an instance. */
export const INSTANCE_LIST_KEYWORDS: readonly Keyword<InstanceDraft>[] = [
  addressList(
    "virtual_ipaddress",
    "The virtual addresses, named in adverts.",
    (draft) => draft.vips,
  ),
  addressList(
    "virtual_ipaddress_excluded",
    "More addresses, not named in adverts, of either family.",
    (draft) => draft.excludedVips,
  ),
  served({
    name: "unicast_peer",
    form: "{ ADDRESS [min_ttl N] [max_ttl N]... }",
    summary: "Adverts go to these addresses instead of a multicast group.",
    block: "required",
    read: readPeers,
  }),
  served({
    name: "virtual_routes",
    form: "{ ROUTE... }",
    summary: "Routes that the master has, in the words of ip route.",
    block: "required",
    read: (statement, draft, context) => {
      for (const item of itemsOf(statement, context)) {
        checkRoute(item, context);
        draft.virtualRoutes.push(ipWords(item.words));
      }
    },
  }),
  served({
    name: "virtual_rules",
    form: "{ RULE... }",
    summary: "Rules that the master has, in the words of ip rule.",
    block: "required",
    read: (statement, draft, context) => {
      for (const item of itemsOf(statement, context)) {
        checkRule(item, context);
        draft.virtualRules.push(ipWords(item.words));
      }
    },
  }),
];
