// The reference page of keepalived.conf, made from the tables that the reader itself uses.
import type { Keyword, KeywordTable } from "./keyword.ts";
import { GLOBAL_TABLE } from "./keywords/global.ts";
import { AUTHENTICATION_TABLE, INSTANCE_TABLE } from "./keywords/instance.ts";
import { ROOT_TABLE } from "./keywords/root.ts";
import { GROUP_TABLE } from "./keywords/sync-group.ts";
import { FILE_TABLE, PROCESS_TABLE, SCRIPT_TABLE } from "./keywords/tracked.ts";

/** What the page needs of a keyword, whatever its block. */
type Documented = Omit<Keyword<never>, "read">;

const INTRODUCTION = `# keepalived.conf reference

This page is made from the parser's own tables by \`scripts/docs\`; do not edit it.

The agent reads the language of Keepalived: includes and their strict forms, \`@id\` conditions,
\`$NAME=value\` definitions, \`~SEQ\` and \`~LST\`, quotes. Keywords marked **ours** are Tandem's own.
Written behind \`#tandem\` they are comments to Keepalived, so that one file serves both:

\`\`\`
global_defs {
  router_id lb1
  #tandem heartbeat 10.0.0.1 10.0.0.2 key a-long-secret
}
\`\`\`

BOOL is on, off, true, false, yes or no. SECONDS may have a fraction where the table says so.
DURATION has a unit: \`300ms\`, \`2s\`, \`1m\`; a bare number counts ms. Files of up to 4 MiB, lines of up
to 65,536 characters, 200,000 lines after all definitions and sequences.

Differences from Keepalived 2.2.7: \`higher_prio_send_advert\` is on by default; fractions of a script's
interval are taken; \`\${_RANDOM}\` gives the same numbers at every start and reload; a definition that
contains itself is an error.
`;

/** The tables by the block they belong to, for the page and for tests. */
export const DOCUMENTED_TABLES: ReadonlyMap<string, KeywordTable<never>> = new Map<
  string,
  KeywordTable<never>
>([
  ["Outside of blocks", ROOT_TABLE],
  ["global_defs", GLOBAL_TABLE],
  ["vrrp_instance", INSTANCE_TABLE],
  ["authentication", AUTHENTICATION_TABLE],
  ["vrrp_sync_group", GROUP_TABLE],
  ["vrrp_script", SCRIPT_TABLE],
  ["vrrp_track_process", PROCESS_TABLE],
  ["track_file", FILE_TABLE],
]);

/** The whole page, in Markdown. */
export function documentKeepalived(): string {
  const sections = [...DOCUMENTED_TABLES].map(([title, table]) => section(title, table));
  return [INTRODUCTION, ...sections].join("\n");
}

function section(title: string, table: KeywordTable<never>): string {
  const keywords: readonly Documented[] = [...table.values()].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const rows = keywords
    .filter((keyword) => keyword.support === "served")
    .map((keyword) => `| ${syntax(keyword)} | ${describe(keyword)} |\n`);
  const lists = (["recognised", "skipped"] as const).map((support) => list(keywords, support));
  return [`## ${title}\n\n| keyword | meaning |\n|---|---|\n`, ...rows, ...lists].join("");
}

function syntax({ name, form }: Documented): string {
  return `\`${`${name} ${form}`.trim().replaceAll("|", "\\|")}\``;
}

function describe(keyword: Documented): string {
  const fallback = keyword.default === undefined ? "" : ` Default: ${keyword.default}.`;
  return `${keyword.isOurs === true ? "**ours** " : ""}${keyword.summary}${fallback}`;
}

/** Keywords without effect, by reason. */
function list(keywords: readonly Documented[], support: "recognised" | "skipped"): string {
  const byReason = new Map<string, string[]>();
  for (const keyword of keywords.filter((one) => one.support === support)) {
    byReason.set(keyword.summary, [...(byReason.get(keyword.summary) ?? []), keyword.name]);
  }
  const lead = support === "skipped" ? "Blocks skipped with one warning" : "Without effect";
  return [...byReason]
    .map(([reason, names]) => {
      const code = names.map((name) => `\`${name}\``).join(", ");
      return `\n${lead}: ${code}: ${reason}\n`;
    })
    .join("");
}
