// `tandem complete -- WORDS`: what completion scripts ask; it stands in no help.
import type { BalancerStatus } from "../src/stats/balancer-status.ts";
import type { CommandEntry } from "./command-entry.ts";
import { askProcess } from "./io/balancer-asker.ts";
import { controlPlaces } from "./io/status-asker.ts";
import { complete, fitting } from "./manual/complete.ts";
import { namedServers } from "./operator/resolve-servers.ts";
import type { Output } from "./output.ts";

/** Prints one candidate a line; none when the balancer does not answer. */
export async function completeCommand(
  words: readonly string[],
  entries: readonly CommandEntry[],
  output: Output,
): Promise<void> {
  const found = complete(words, entries);
  const answer =
    found.kind === "ask" ? fitting(words.at(-1) ?? "", await names(found.what, words)) : found;
  if (answer.kind !== "words") return;
  output.out(answer.words.map((word) => `${word}\n`).join(""));
}

async function names(what: "servers" | "tables", words: readonly string[]): Promise<string[]> {
  const valueOf = (flag: string): string | undefined => {
    const at = words.indexOf(flag);
    return at < 0 ? undefined : words[at + 1];
  };
  const places = controlPlaces({
    control: valueOf("--control"),
    controlDir: valueOf("--control-dir"),
  });
  try {
    const status = await askProcess<BalancerStatus>("balancer", places.balancer, "status");
    return what === "servers"
      ? namedServers(status).map(({ name }) => name)
      : status.tables.map(({ name }) => name);
  } catch {
    // A shell has no place for a reason.
    return [];
  }
}
