// The reference page of all keywords, made from the tables that the reader itself uses.
import type { Keyword, SectionKind } from "./keyword.ts";
import { BIND_WORDS } from "./keywords/bind-words.ts";
import { SERVER_WORDS } from "./keywords/server-words.ts";
import {
  GLOBAL_TABLE,
  PEERS_TABLE,
  PROXY_TABLE,
  RESOLVERS_TABLE,
  USERLIST_TABLE,
} from "./tables.ts";

/** What the page needs of a keyword, whatever its section. */
type Documented = Pick<
  Keyword<never>,
  "name" | "grammar" | "summary" | "default" | "ours" | "status" | "sections" | "family"
>;

interface Word {
  readonly grammar: string;
  readonly summary: string;
  readonly default?: string;
  readonly status?: "ignored" | "refused";
}

const PROXY_SECTIONS: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];

const INTRODUCTION = `# Configuration reference

This page is made from the parser's own tables by \`scripts/docs\`; do not edit it.

Tandem reads the language of HAProxy 2.6: sections, quoting, escapes, environment variables, time
and size units, conditional blocks. Keywords marked **ours** are Tandem's own. Written behind \`#tandem\`
they are read here and skipped by HAProxy, so that one file serves both:

\`\`\`
backend brokers
  #tandem no option pin-stick-entries
  server b1 192.0.2.1:1883 check
\`\`\`

Sections \`mailers\` and \`traces\` are skipped with a warning. \`cache\`, \`crt-store\`, \`fcgi-app\`,
\`http-errors\`, \`log-forward\`, \`program\` and \`ring\` are refused. \`mode http\` is served for pure
statistics pages only: a \`frontend\` or \`listen\` section with \`stats enable\` and without servers.
`;

/** The whole page, in Markdown. */
export function documentConfiguration(): string {
  return [
    INTRODUCTION,
    section("global", [...GLOBAL_TABLE.values()]),
    proxySection([...PROXY_TABLE.values()]),
    words("The words of bind lines", BIND_WORDS),
    words("The words of server lines", SERVER_WORDS),
    section("peers", [...PEERS_TABLE.values()]),
    section("userlist", [...USERLIST_TABLE.values()]),
    section("resolvers", [...RESOLVERS_TABLE.values()]),
  ].join("\n");
}

function section(name: string, keywords: readonly Documented[]): string {
  const served = pick(keywords, "served").map(
    (keyword) => `| ${syntax(keyword.name, keyword.grammar)} | ${describe(keyword)} |\n`,
  );
  return [`## ${name}\n\n| keyword | meaning |\n|---|---|\n`, ...served, others(keywords)].join("");
}

function proxySection(keywords: readonly Documented[]): string {
  const served = pick(keywords, "served").map((keyword) => {
    const marks = PROXY_SECTIONS.map((kind) => (keyword.sections.includes(kind) ? "x" : "-"));
    return `| ${syntax(keyword.name, keyword.grammar)} | ${marks.join(" | ")} | ${describe(keyword)} |\n`;
  });
  return [
    `## Proxies\n\n| keyword | ${PROXY_SECTIONS.join(" | ")} | meaning |\n|---|---|---|---|---|---|\n`,
    ...served,
    others(keywords),
  ].join("");
}

function words(title: string, table: ReadonlyMap<string, Word>): string {
  const entries: readonly Documented[] = [...table].map(([name, word]) => ({
    ...word,
    name,
    sections: [],
    status: word.status ?? "served",
  }));
  const served = pick(entries, "served").map(
    (word) => `| ${syntax(word.name, word.grammar)} | ${describe(word)} |\n`,
  );
  return [`## ${title}\n\n| word | meaning |\n|---|---|\n`, ...served, others(entries)].join("");
}

function pick(
  keywords: readonly Documented[],
  status: Documented["status"],
): readonly Documented[] {
  return keywords
    .filter((keyword) => keyword.status === status && keyword.family === undefined)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function syntax(name: string, grammar: string): string {
  const text = grammar === "" ? name : `${name} ${grammar}`;
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function describe(keyword: Documented): string {
  const fallback = keyword.default === undefined ? "" : ` Default: ${keyword.default}.`;
  return `${keyword.ours === true ? "**ours** " : ""}${keyword.summary}${fallback}`;
}

/** The lists of what is accepted without effect and of what is refused. */
function others(keywords: readonly Documented[]): string {
  const list = (status: "ignored" | "refused"): string =>
    pick(keywords, status)
      .map((keyword) => `\`${keyword.name}\``)
      .join(", ");
  const ignored = list("ignored");
  const refused = list("refused");
  return [
    ignored === "" ? "" : `\nAccepted without effect: ${ignored}.\n`,
    refused === "" ? "" : `\nNot served: ${refused}.\n`,
  ].join("");
}
