// What a keyword is: an entry of a table that the reader, the reference page and "did you mean"
// all use.
import { suggest } from "../../src/base/suggest.ts";
import type { Statement } from "./blocks.ts";
import type { Context } from "./context.ts";
import { shown } from "./report.ts";

/** How a keyword counts: it takes effect, it is known and ignored, or its whole block is skipped. */
export type Support = "served" | "recognised" | "skipped";

/** One keyword of a block. */
export interface Keyword<Draft> {
  readonly name: string;
  /** Its arguments, in the manual's notation. */
  readonly form: string;
  /** One sentence. For keywords without effect, why. */
  readonly summary: string;
  readonly default?: string;
  readonly support: Support;
  /** A directive of Tandem, to stand behind `#tandem` in a file that Keepalived reads, too. */
  readonly isOurs?: true;
  /** Arguments without which Keepalived ends reading. */
  readonly needs?: number;
  /** Whether braces follow, must or may. */
  readonly block?: "required" | "optional";
  readonly read: (statement: Statement, draft: Draft, context: Context) => void;
}

/** The keywords of one block by name. */
export type KeywordTable<Draft> = ReadonlyMap<string, Keyword<Draft>>;

/** Puts keywords into a table. */
export function tableOf<Draft>(...lists: (readonly Keyword<Draft>[])[]): KeywordTable<Draft> {
  return new Map(lists.flat().map((keyword) => [keyword.name, keyword]));
}

/** A keyword that takes effect. */
export function served<Draft>(spec: Omit<Keyword<Draft>, "support">): Keyword<Draft> {
  return { ...spec, support: "served" };
}

/** A directive of Tandem. */
export function ours<Draft>(spec: Omit<Keyword<Draft>, "support" | "isOurs">): Keyword<Draft> {
  return { ...spec, support: "served", isOurs: true };
}

/** Keywords that Keepalived has and that change nothing here; `reason` says why, once for all of them. */
export function recognised<Draft>(
  reason: string,
  names: readonly string[],
  extra: Partial<Pick<Keyword<Draft>, "block">> = {},
): readonly Keyword<Draft>[] {
  return names.map((name) => ({
    name,
    form: "...",
    summary: reason,
    support: "recognised",
    ...extra,
    read: (statement, _draft, context): void => {
      context.sayOnce(reason, `'${name}' has no effect in Tandem: ${reason}`, statement.position);
    },
  }));
}

/** Blocks that Keepalived has and Tandem does not serve. */
export function skipped<Draft>(
  reason: string,
  names: readonly string[],
): readonly Keyword<Draft>[] {
  return names.map((name) => ({
    name,
    form: "... { ... }",
    summary: reason,
    support: "skipped",
    block: "optional",
    read: (statement, _draft, context): void => {
      context.sayOnce(
        reason,
        `'${name}' blocks are skipped by Tandem: ${reason}`,
        statement.position,
      );
    },
  }));
}

/** Reads the statements of a block by its table. */
export function readStatements<Draft>(
  statements: readonly Statement[],
  table: KeywordTable<Draft>,
  draft: Draft,
  context: Context,
): void {
  for (const statement of statements) {
    if (context.report.isFatal) return;
    const name = statement.words[0]!;
    const keyword = table.get(name);
    if (keyword === undefined || (statement.isOurs && keyword.isOurs !== true)) {
      reportUnknown(statement, table, context);
    } else readOne(statement, keyword, draft, context);
  }
}

function readOne<Draft>(
  statement: Statement,
  keyword: Keyword<Draft>,
  draft: Draft,
  context: Context,
): void {
  const { position, words, block } = statement;
  const { report } = context;
  if (keyword.block === undefined && block !== undefined) {
    report.add("error", "Unexpected '{' - ignoring", position, `'${keyword.name}' has no block.`);
  } else if (keyword.block === "required" && block === undefined) {
    const hint = `'${keyword.name}' needs '{' and '}'.`;
    report.add("error", "Missing '{' at beginning of configuration block", position, hint);
  }
  const needs = keyword.needs ?? 0;
  if (words.length > needs) keyword.read(statement, draft, context);
  else if (keyword.isOurs === true) {
    const form = `${keyword.name} ${keyword.form}`;
    context.refuseOurs(`expected '${form}'`, position);
  } else {
    report.add(
      "fatal",
      `*** Configuration line starting \`${keyword.name}\` is missing a parameter after keyword \`${words.at(-1)!}\` at word position ${words.length + 1}`,
      position,
      `Expected: ${keyword.name} ${keyword.form}. Keepalived reads no further.`,
    );
  }
}

function reportUnknown<Draft>(
  statement: Statement,
  table: KeywordTable<Draft>,
  context: Context,
): void {
  const name = statement.words[0]!;
  const text = statement.isSecret ? secretSafe(name) : shown(name);
  const known = [...table.values()]
    .filter((keyword) => !statement.isOurs || keyword.isOurs === true)
    .map((keyword) => keyword.name);
  const best = name.length < 3 || name.length > 64 ? undefined : suggest(name, known);
  const hint = best === undefined ? undefined : `did you mean '${best}'?`;
  if (statement.isOurs) {
    const where = table.get(name);
    const found =
      where === undefined
        ? `Unknown directive '${text}' after #tandem`
        : `'${text}' is Keepalived's own keyword and not read after #tandem`;
    context.report.add("ours", found, statement.position, hint);
  } else {
    context.report.add("error", `Unknown keyword '${text}'`, statement.position, hint);
  }
}

/** The names of keywords that take a secret may be shown, what else stands on their line may not. */
function secretSafe(name: string): string {
  return ["auth_pass", "heartbeat", "event-webhook"].includes(name) ? name : "...";
}
