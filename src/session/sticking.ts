// Sticking rules (haproxy configuration §4.2 `stick match|on|store-request|store-response`): which
// server a key is bound to, and what is to be stored once a server has taken the connection.
import type { ServerState } from "../balance/server.ts";
import type { Millis } from "../base/units.ts";
import { withOneMore } from "../base/lists.ts";
import type { CompiledSample, Verdict } from "../rules/compile.ts";
import type { RuleContext } from "../rules/context.ts";
import type { StickEntry } from "../stick/entry.ts";
import { keyFromSample, type StickKey } from "../stick/key.ts";
import type { StickTable } from "../stick/table.ts";
import type { BackendState } from "./backend-state.ts";
import { NONE_PINNED, type PinnedEntry } from "./pins.ts";

/** A sticking rule ready to run. */
export interface RunnableStickRule {
  readonly kind: "on" | "match" | "store-request" | "store-response";
  readonly key: CompiledSample;
  readonly table: StickTable;
  readonly condition?: (context: RuleContext) => Verdict;
}

/** A key to be stored when a server has accepted the connection. */
export interface PendingStore {
  readonly table: StickTable;
  readonly key: StickKey;
  /** What the key named when it was looked up. */
  readonly entry: StickEntry | undefined;
}

/** Nothing to be stored. */
export const NO_STORES: readonly PendingStore[] = [];

/** What the request-side rules found. */
export interface StickOutcome {
  readonly server: ServerState | undefined;
  readonly stores: readonly PendingStore[];
  /** Entries that matched, to be kept alive with the connection. */
  readonly matched: readonly PinnedEntry[];
}

const NOTHING: StickOutcome = { server: undefined, stores: NO_STORES, matched: NONE_PINNED };

/** Tables whose entries are not to be changed. */
const NONE_SETTLED: readonly StickTable[] = [];

/** Runs the rules that look at the request; `wait` while one of them needs more bytes. */
export function matchRequest(
  rules: readonly RunnableStickRule[],
  context: RuleContext,
  backend: BackendState,
): StickOutcome | "wait" {
  if (rules.length === 0) return NOTHING;
  let server: ServerState | undefined;
  let stores = NO_STORES;
  let matched = NONE_PINNED;
  let settled = NONE_SETTLED;
  for (const rule of rules) {
    if (rule.kind === "store-response" || hasStore(stores, rule.table)) continue;
    const found = evaluateKey(rule, context);
    if (found.kind === "wait") return "wait";
    if (found.kind === "none") continue;
    const { key } = found;
    const isLookedUp = rule.kind !== "store-request";
    const entry = isLookedUp ? rule.table.lookup(key, context.nowMs) : undefined;
    if (rule.kind !== "match") stores = withOneMore(stores, { table: rule.table, key, entry });
    if (entry === undefined) continue;
    const bound = backend.serverOf(rule.table, entry, context.nowMs);
    const isUsable = bound !== undefined && backend.mayPersist(bound) && !backend.isEmptying(bound);
    if (isUsable) server ??= bound;
    // Whichever server takes the device meanwhile, the entry goes on to name this one.
    if (bound !== undefined && backend.side.stickPolicy === "return") {
      settled = withOneMore(settled, rule.table);
    }
    rule.table.touch(entry, context.nowMs, "local");
    matched = withOneMore(matched, { table: rule.table, entry });
  }
  if (settled.length === 0) return { server, stores, matched };
  return { server, stores: stores.filter(({ table }) => !settled.includes(table)), matched };
}

/** Runs the `store-response` rules; `wait` while one of them needs more bytes. */
export function matchResponse(
  rules: readonly RunnableStickRule[],
  context: RuleContext,
): readonly PendingStore[] | "wait" {
  let stores = NO_STORES;
  for (const rule of rules) {
    if (rule.kind !== "store-response" || hasStore(stores, rule.table)) continue;
    const found = evaluateKey(rule, context);
    if (found.kind === "wait") return "wait";
    if (found.kind === "key")
      stores = withOneMore(stores, { table: rule.table, key: found.key, entry: undefined });
  }
  return stores;
}

/** Binds the keys to the server; the entries touched. A `non-stick` server leaves no trace. */
export function storeServer(
  stores: readonly PendingStore[],
  server: ServerState,
  backend: BackendState,
  nowMs: Millis,
): readonly PinnedEntry[] {
  if (server.spec.nonStick) return NONE_PINNED;
  let stored = NONE_PINNED;
  for (const { table, key, entry: known } of stores) {
    const isKnown = known !== undefined && table.has(known, nowMs);
    const entry = isKnown ? known : table.getOrCreate(key, nowMs);
    if (entry === undefined) continue;
    table.write(entry, "server_id", 0, server.id, nowMs);
    table.setServerKey(entry, backend.serverKey(table, server));
    table.touch(entry, nowMs, "local");
    stored = withOneMore(stored, { table, entry });
  }
  return stored;
}

/** What a rule says of this connection. */
type RuleKey =
  | { readonly kind: "wait" }
  | { readonly kind: "none" }
  | { readonly kind: "key"; readonly key: StickKey };

function evaluateKey(rule: RunnableStickRule, context: RuleContext): RuleKey {
  const applies = rule.condition === undefined ? true : rule.condition(context);
  if (applies === "wait") return { kind: "wait" };
  if (!applies) return { kind: "none" };
  const sample = rule.key(context);
  if (sample === "wait" || sample === "none") return { kind: sample };
  const key = keyFromSample(rule.table.spec, sample);
  return key === undefined ? { kind: "none" } : { kind: "key", key };
}

/** Whether a rule before has a key for this table: as in HAProxy the others have no say then. */
function hasStore(stores: readonly PendingStore[], table: StickTable): boolean {
  return stores.some((store) => store.table === table);
}
