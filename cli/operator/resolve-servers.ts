// Which servers the words of `tandem drain` mean.
import { suggest } from "../../src/base/suggest.ts";
import { globMatcher, isGlob } from "../../src/operator/glob.ts";
import type { BalancerStatus, ServerReport } from "../../src/stats/balancer-status.ts";
import { listWords, printable } from "../status/words.ts";
import { CommandFailure } from "./command-failure.ts";

/** A server with its full name. */
export interface NamedServer {
  /** `backend/server`. */
  readonly name: string;
  readonly report: ServerReport;
}

/** All servers of a balancer, in file order. */
export function namedServers({ backends }: Pick<BalancerStatus, "backends">): NamedServer[] {
  return backends.flatMap(({ name, servers }) =>
    servers.map((report) => ({ name: `${name}/${report.name}`, report })),
  );
}

/** The servers that words name, each once; a word may be a pattern. Throws a CommandFailure. */
export function resolveServers(
  words: readonly string[],
  known: readonly NamedServer[],
): NamedServer[] {
  const found = new Map<string, NamedServer>();
  const problems: string[] = [];
  for (const word of words) {
    const isMeant = globMatcher(word);
    const meant = known.filter(({ name }) => isMeant(name));
    for (const server of meant) found.set(server.name, server);
    if (meant.length === 0) problems.push(unknownServer(word, known));
  }
  if (problems.length > 0) throw new CommandFailure(problems.join("; "));
  return [...found.values()];
}

function unknownServer(word: string, known: readonly NamedServer[]): string {
  const names = known.map(({ name }) => name);
  const shown = printable(word);
  if (isGlob(word)) return `no server matches "${shown}": there are ${namesOf(names)}`;
  const bare = names.filter((name) => name.endsWith(`/${word}`));
  const near = bare[0] ?? (word.length > 64 ? undefined : suggest(word, names));
  const hint = near === undefined ? `there are ${namesOf(names)}` : `did you mean "${near}"?`;
  return word.includes("/")
    ? `no server is named "${shown}": ${hint}`
    : `found "${shown}", expected backend/server: ${hint}`;
}

function namesOf(names: readonly string[]): string {
  return names.length === 0 ? "none" : listWords(names.map(printable), 8);
}
